package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// makeOffers writes the messages that offer the segments of a content, in the order in
// which a client sends them.
func (m *contentMaker) makeOffers(ctx context.Context, content io.Reader, to io.Writer) error {
	if m.version == 1 {
		_, err := m.maker.EachV1(ctx, m.algorithm, content, func(s pccrc.Segment) error {
			err := m.writeMessage(to, codec.NewInitialOfferMessage(m.port, s.AppendHoHoDk(nil)))
			if err != nil {
				return err
			}
			info := pccrc.NewV1(m.algorithm)
			info.DwReadBytesInLastSegment = s.Length
			if start := m.maker.Range.Start; s.Start < start { // the first one
				info.DwOffsetInFirstSegment = uint32(start - s.Start)
			}
			if err := info.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: s.Start, CbSegment: s.Length, CbBlockSize: s.BlockSize,
				SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret(), BlockHashes: s.Blocks().BlockHashes()}); err != nil {
				return err
			}
			return m.writeMessage(to, codec.NewSegmentInfoMessage(m.port, m.contentTag, info))
		})
		return err
	}
	var batch codec.SegmentDescriptors
	flush := func() error {
		for offer := range codec.SplitDescriptors(m.port, batch) {
			if err := m.writeMessage(to, offer); err != nil {
				return err
			}
		}
		batch = codec.SegmentDescriptors{}
		return nil
	}
	// Neither AppendSegments nor Segment.AppendHoHoDk, whose garbage would need more memory
	// than all else.
	deriver := m.algorithm.NewDeriver()
	hash, _ := codec.HashAlgorithmOf(m.algorithm) // that of version 2.0 has a value
	_, err := m.maker.EachV2(ctx, content, func(s pccrc.Segment) error {
		d := codec.SegmentDescriptorFields{BlockSize: s.BlockSize, SegmentSize: s.Length, ContentTag: m.contentTag, HashAlgorithm: hash}
		_, err := deriver.AppendHoHoDk(d.SegmentHoHoDk[:0], s.SegmentSecret(), s.SegmentHashOfData())
		if err == nil {
			batch, err = batch.Append(d)
		}
		if err == nil && batch.Len() == codec.MaxDescriptors {
			err = flush()
		}
		return err
	})
	if err != nil {
		return err
	}
	return flush()
}

// writeMessage writes a message in the format.
func (m *contentMaker) writeMessage(to io.Writer, body codec.Body) error {
	b, err := body.AppendBinary(m.message[:0])
	if err != nil {
		return fmt.Errorf("cannot encode an offer: %w", err)
	}
	m.message = b
	m.count++
	switch m.format {
	case "raw":
	case "hex":
		b = append(hex.AppendEncode(nil, b), '\n')
	default:
		p := message.Printer{Form: message.FormJSON}
		p.ShowSecrets = m.showSecrets
		b, _ = p.Message(nil, &message.Item{Kind: spec.Request, Body: b})
	}
	_, err = to.Write(b)
	return err
}

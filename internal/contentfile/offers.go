package contentfile

import (
	"context"
	"io"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Offers makes the messages that offer the segments of a content to a hosted cache
// (MS-PCHC 2.2.1).
type Offers struct {
	Maker      *pccrc.Maker
	Port       uint16 // where the client serves the segments
	ContentTag codec.ContentTag
}

// Make hands the messages for a content to f, in the order in which a client sends them:
// for an algorithm of version 1.0 an INITIAL_OFFER_MESSAGE and a SEGMENT_INFO_MESSAGE for
// each segment, for that of version 2.0 as few BATCHED_OFFER_MESSAGEs as possible. A
// message is valid until f returns. Errors are those of the Maker's EachV1 and EachV2,
// and what f returns.
func (o *Offers) Make(ctx context.Context, algorithm pccrc.HashAlgorithm, content io.Reader, f func(codec.Body) error) error {
	if algorithm == pccrc.TruncatedSHA512 {
		return o.batches(ctx, content, f)
	}
	_, err := o.Maker.EachV1(ctx, algorithm, content, func(s pccrc.Segment) error {
		if err := f(codec.NewInitialOfferMessage(o.Port, s.AppendHoHoDk(nil))); err != nil {
			return err
		}
		info := pccrc.NewV1(algorithm)
		info.DwReadBytesInLastSegment = s.Length
		if start := o.Maker.Range.Start; s.Start < start { // the first one
			info.DwOffsetInFirstSegment = uint32(start - s.Start)
		}
		if err := info.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: s.Start, CbSegment: s.Length, CbBlockSize: s.BlockSize,
			SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret(), BlockHashes: s.Blocks().BlockHashes()}); err != nil {
			return err
		}
		return f(codec.NewSegmentInfoMessage(o.Port, o.ContentTag, info))
	})
	return err
}

// batches is Make for version 2.0.
func (o *Offers) batches(ctx context.Context, content io.Reader, f func(codec.Body) error) error {
	var batch codec.SegmentDescriptors
	flush := func() error {
		for offer := range codec.SplitDescriptors(o.Port, batch) {
			if err := f(offer); err != nil {
				return err
			}
		}
		batch = codec.SegmentDescriptors{}
		return nil
	}
	// Neither AppendSegments nor Segment.AppendHoHoDk, whose garbage would need more memory
	// than all else.
	deriver := pccrc.TruncatedSHA512.NewDeriver()
	hash, _ := codec.HashAlgorithmOf(pccrc.TruncatedSHA512) // it has a value
	_, err := o.Maker.EachV2(ctx, content, func(s pccrc.Segment) error {
		d := codec.SegmentDescriptorFields{BlockSize: s.BlockSize, SegmentSize: s.Length, ContentTag: o.ContentTag, HashAlgorithm: hash}
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

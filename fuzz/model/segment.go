package model

import (
	crand "crypto/rand"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// content is a segment with its bytes.
type content struct {
	Segment
	id      string // HoHoDk
	segment func() pccrc.Segment
	bytes   []byte
	offer   func() spec.Offer // as a client makes it; not a value, whose key fmt would print
	part    func(first, n int) spec.Offer
}

// newContent makes up bytes for a segment, which nobody has seen.
func newContent(s Segment) (*content, error) {
	c := &content{Segment: s, bytes: make([]byte, s.Length)}
	key := make([]byte, s.Algorithm.Size())
	_, _ = crand.Read(c.bytes) // never fails
	_, _ = crand.Read(key)
	secret := pccrc.NewSecret(key)
	if s.Algorithm == pccrc.TruncatedSHA512 {
		return c, c.second(secret)
	}
	return c, c.first(secret)
}

// second describes the segment by version 2.0.
func (c *content) second(secret pccrc.Secret) error {
	hod, err := c.Algorithm.AppendHash(nil, c.bytes)
	if err != nil {
		return err
	}
	var v pccrc.ContentInformationV2
	if err := v.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: uint32(c.Length), SegmentHashOfData: hod, SegmentSecret: secret}); err != nil {
		return err
	}
	c.describe(v)
	c.offer = func() spec.Offer {
		return spec.Offer{HoHoDk: c.id, ContentTag: codec.TagBITS, BlockSize: uint32(c.Length), SegmentSize: uint32(c.Length), HashAlgorithm: 4}
	}
	return nil
}

// first describes the segment by version 1.0.
func (c *content) first(secret pccrc.Secret) (err error) {
	var hashes, hod []byte
	for i := range c.blocks() {
		if hashes, err = c.Algorithm.AppendHash(hashes, c.block(i)); err != nil {
			return err
		}
	}
	if hod, err = c.Algorithm.AppendHash(nil, hashes); err != nil {
		return err
	}
	size := c.Algorithm.Size()
	information := func(first, n int) pccrc.ContentInformationV1 {
		v := pccrc.NewV1(c.Algorithm)
		v.DwOffsetInFirstSegment = uint32(first * pccrc.BlockSizeV1)
		if first+n < c.blocks() {
			v.DwReadBytesInLastSegment = uint32(n * pccrc.BlockSizeV1)
		}
		err = v.Append(pccrc.SegmentFieldsV1{CbSegment: uint32(c.Length), CbBlockSize: pccrc.BlockSizeV1,
			SegmentHashOfData: hod, SegmentSecret: secret, BlockHashes: hashes[first*size : (first+n)*size]})
		return v
	}
	c.describe(information(0, c.blocks()))
	c.part = func(first, n int) spec.Offer {
		b, _ := information(first, n).AppendBinary(nil) // what describe had
		return spec.Offer{HoHoDk: c.id, ContentTag: codec.TagBITS, SegmentInformation: spec.NewSecret(string(b)),
			BlockSize: pccrc.BlockSizeV1, SegmentSize: uint32(c.Length), HashAlgorithm: 1}
	}
	c.offer = func() spec.Offer { return c.part(0, c.blocks()) }
	return err
}

func (c *content) describe(info pccrc.ContentInformation) {
	for _, s := range info.Segments() {
		c.id, c.segment = string(s.AppendHoHoDk(nil)), func() pccrc.Segment { return s }
	}
}

// block returns the bytes of a block.
func (c *content) block(i int) []byte {
	if c.Algorithm == pccrc.TruncatedSHA512 {
		return c.bytes
	}
	return c.bytes[i*pccrc.BlockSizeV1 : min((i+1)*pccrc.BlockSizeV1, len(c.bytes))]
}

// served returns a block as a client sends it, encrypted.
func (c *content) served(i int, damaged bool) (b spec.ServedBlock, err error) {
	plain := c.block(i)
	if damaged {
		plain = append([]byte{^plain[0]}, plain[1:]...)
	}
	m := pccrr.NewMsgBlk([]byte(c.id), uint32(i))
	if err := m.Encrypt(nil, plain, pccrr.CryptoAES128, c.segment().SegmentSecret()); err != nil {
		return b, err
	}
	return spec.ServedBlock{CryptoAlgoId: uint32(m.CryptoAlgoId), IV: string(m.IVBlock), Block: string(m.Block)}, nil
}

// verify reports what is wrong with a block that was retrieved.
func (c *content) verify(taken *spec.TakeBlock) error {
	m := pccrr.NewMsgBlk([]byte(c.id), taken.Index)
	m.CryptoAlgoId, m.Block, m.IVBlock = pccrr.CryptoAlgoId(taken.CryptoAlgoId), []byte(taken.Block), []byte(taken.IV)
	info, _ := pccrr.InfoOf(c.segment(), taken.Index)
	_, err := m.AppendVerified(nil, info)
	return err
}

package pccrc

import "hash"

// A Deriver derives the keys and identifiers of many segments, one after the other,
// and allocates nothing once it is made. Make one with [HashAlgorithm.NewDeriver].
type Deriver struct {
	algorithm HashAlgorithm
	h         hash.Hash
	pad       [128]byte // one block of the hash function
	sum       [MaxHashLen]byte
}

// NewDeriver returns a Deriver, which one goroutine at a time may use. It panics if
// a is unknown.
func (a HashAlgorithm) NewDeriver() *Deriver {
	h := a.New()
	if h == nil {
		panic(ErrHashAlgorithm)
	}
	return &Deriver{algorithm: a, h: h}
}

// AppendSegmentSecret appends Kp = HMAC(Ks, HoD) to dst, see
// [HashAlgorithm.SegmentSecret].
func (d *Deriver) AppendSegmentSecret(dst []byte, serverSecret Secret, segmentHashOfData []byte) ([]byte, error) {
	return d.appendHMAC(dst, serverSecret, segmentHashOfData, nil)
}

// AppendHoHoDk is [HashAlgorithm.AppendHoHoDk].
func (d *Deriver) AppendHoHoDk(dst []byte, segmentSecret Secret, segmentHashOfData []byte) ([]byte, error) {
	if segmentSecret.Len() != d.algorithm.Size() {
		return dst, ErrHashLength
	}
	return d.appendHMAC(dst, segmentSecret, segmentHashOfData, segmentIdentifierSuffix)
}

var segmentIdentifierSuffix = []byte(segmentIdentifierConstant)

// appendHMAC is HMAC of RFC 2104. That of crypto/hmac has to be made anew for each
// key.
func (d *Deriver) appendHMAC(dst []byte, key Secret, message, suffix []byte) ([]byte, error) {
	size := d.algorithm.Size()
	if len(message) != size {
		return dst, ErrHashLength
	}
	block := d.h.BlockSize()
	k := key.Bytes()
	if len(k) > block {
		d.h.Reset()
		d.h.Write(k)
		k = d.h.Sum(d.sum[:0])
	}
	pad := d.pad[:block]
	clear(pad)
	copy(pad, k)
	const inner, outer = 0x36, 0x5C
	for i := range pad {
		pad[i] ^= inner
	}
	d.h.Reset()
	d.h.Write(pad)
	d.h.Write(message)
	d.h.Write(suffix)
	sum := d.h.Sum(d.sum[:0])
	for i := range pad {
		pad[i] ^= inner ^ outer
	}
	d.h.Reset()
	d.h.Write(pad)
	d.h.Write(sum)
	sum = d.h.Sum(d.sum[:0])
	clear(pad)
	return append(dst, sum[:size]...), nil
}

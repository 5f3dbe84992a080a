package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math"
)

// derived writes what follows from Content Information: the content range and
// the segments with their public identifiers.
func (d *decoder) derived(w *writer) {
	switch d.name {
	case "SEGMENT_INFO_MESSAGE", "CONTENT_INFORMATION_V1":
		if len(d.v1.segments) > 0 {
			d.derivedV1(w)
		}
	case "CONTENT_INFORMATION_V2":
		d.derivedV2(w)
	}
}

func (d *decoder) derivedV1(w *writer) {
	v := &d.v1
	d.beginDerived(w, v.segments[0].offset, v.offset, d.rangeLengthV1())
	for i := range v.segments {
		s := &v.segments[i]
		d.segment(w, i, s.offset, s.size, s.blockSize, d.identifier(s.secret, s.hashOfData, v.algorithm))
	}
	w.end(']')
	w.end('}')
}

// rangeLengthV1 returns how long the content range is, which ends with the last
// segment at the latest.
func (d *decoder) rangeLengthV1() (length uint64) {
	v := &d.v1
	for i, s := range v.segments {
		from := uint64(0)
		if i == 0 && !d.has("range-ignores-offset") {
			from = min(v.offset, s.size)
		}
		part := s.size - from
		if i == len(v.segments)-1 && (v.read != 0 || d.has("range-0-is-nothing")) {
			if d.has("range-not-clamped") {
				part = v.read
			} else if d.has("range-read-from-start") {
				part = max(min(v.read, s.size), from) - from
			}
			part = min(part, v.read)
		}
		if d.has("range-last-segment-only") {
			length = 0
		}
		length += part
	}
	return length
}

func (d *decoder) derivedV2(w *writer) {
	v := &d.v2
	total := uint64(0)
	for _, k := range v.chunks {
		for _, s := range k.segments {
			total += s.size
		}
	}
	length := v.length
	switch {
	case d.has("v2-length-as-end"):
		length -= min(length, v.start+v.offset)
	case d.has("v2-length-0-is-nothing"):
		total = v.offset
	case d.has("range-ignores-offset") && length == 0:
		length = total
	}
	if length == 0 {
		length = total - min(total, v.offset)
	}
	d.beginDerived(w, v.start, v.offset, length)
	start, i := v.start, 0
	for _, k := range v.chunks {
		if d.has("v2-start-of-chunk") {
			start = v.start
		}
		for _, s := range k.segments {
			d.segment(w, i, start, s.size, s.size, d.identifierV2(s.secret, s.hashOfData))
			i++
			if !d.has("v2-start-stays") {
				start += s.size
			}
		}
	}
	w.end(']')
	w.end('}')
}

// beginDerived begins the object, and its list of segments.
func (d *decoder) beginDerived(w *writer, start, offset, length uint64) {
	sum := start + offset
	if sum < start && !d.has("range-start-wraps") {
		sum = math.MaxUint64
	}
	if d.has("range-start-ignores-offset") {
		sum = start
	}
	w.begin("derived", '{')
	w.begin("range", '{')
	w.integer("start", sum)
	w.integer("length", length)
	w.end('}')
	w.begin("segments", '[')
}

func (d *decoder) segment(w *writer, i int, start, length, blockSize uint64, id []byte) {
	w.begin("", '{')
	w.integer("index", uint64(i))
	w.integer("start", start)
	w.integer("length", length)
	w.integer("blockSize", blockSize)
	w.bytes("HoHoDk", d.reused(i, id))
	w.end('}')
}

// c2 is MS_P2P_CACHING in UTF-16LE, with its terminator.
var c2 = []byte("M\x00S\x00_\x00P\x002\x00P\x00_\x00C\x00A\x00C\x00H\x00I\x00N\x00G\x00\x00\x00")

// identifier returns the HoHoDk of a segment of version 1.0, MS-PCCRC 2.2.
func (d *decoder) identifier(secret, hashOfData []byte, algorithm uint64) []byte {
	if d.has("hohodk-sha256-always") {
		return d.hmac(sha256.New, secret, hashOfData)
	}
	return d.hmac(functionV1(algorithm), secret, hashOfData)
}

// functionV1 is the hash function of a dwHashAlgo.
func functionV1(algorithm uint64) func() hash.Hash {
	switch algorithm {
	case 0x800D:
		return sha512.New384
	case 0x800E:
		return sha512.New
	}
	return sha256.New
}

// proven reports whether the HoD of the only segment is the hash of its list.
func (v *contentV1) proven() bool {
	h := functionV1(v.algorithm)()
	h.Write(v.blocks[0].hashes)
	return string(h.Sum(nil)) == string(v.segments[0].hashOfData)
}

// identifierV2 is the same for version 2.0.
func (d *decoder) identifierV2(secret, hashOfData []byte) []byte {
	switch {
	case d.has("v2-hohodk-fips"):
		return d.hmac(sha512.New512_256, secret, hashOfData)
	case d.has("v2-hohodk-sha256"):
		return d.hmac(sha256.New, secret, hashOfData)
	case d.has("v2-hohodk-whole"):
		return d.hmac(sha512.New, secret, hashOfData)
	}
	return d.hmac(sha512.New, secret, hashOfData)[:32]
}

func (d *decoder) hmac(make func() hash.Hash, secret, hashOfData []byte) []byte {
	constant := c2
	switch {
	case d.has("hohodk-ascii"):
		constant = []byte("MS_P2P_CACHING\x00")
	case d.has("hohodk-unterminated"):
		constant = c2[:len(c2)-2]
	case d.has("hohodk-without-c2"):
		constant = nil
	case d.has("hohodk-swapped"):
		m := hmac.New(make, append(append([]byte(nil), hashOfData...), c2...))
		m.Write(secret)
		return m.Sum(nil)
	case d.has("hohodk-hashed"):
		h := make()
		h.Write(hashOfData)
		h.Write(c2)
		return h.Sum(nil)
	}
	m := hmac.New(make, secret)
	m.Write(hashOfData)
	m.Write(constant)
	return m.Sum(nil)
}

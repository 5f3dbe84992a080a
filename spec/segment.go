package spec

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	stdhash "hash"
	"maps"
	"slices"
	"strings"
)

// A Segment is what a hosted cache knows about a segment (MS-PCHC 3.1.1): the
// content information from clients, and the retrieved blocks.
type Segment struct {
	HoD           string // "" if the segment came in batched offers only; likewise SegmentSecret
	SegmentSecret Secret
	BlockHashes   []BlockHash  // by block
	Complete      bool         // BlockHashes contains all blocks of the segment
	Held          []BlockRange // the data blocks in the cache
}

// A BlockHash is the hash of one block of a segment.
type BlockHash struct {
	Block uint32
	Hash  string
}

// cached is a Segment in the cache.
type cached struct {
	hod      string
	secret   Secret
	size     uint64            // in blocks, from the latest SEGMENT_INFO_MESSAGE; 0: there was none
	hashes   map[uint32]string // exactly those of the blocks in known
	known    blockSet
	held     blockSet
	complete bool // hashes has all blocks, which the HoD proves
}

// learn adds the content information of a client. Until the list of block hashes
// is complete, it replaces those of other clients, except for blocks already
// retrieved; then nothing can change it. A list is complete if it has as many hashes
// as the segment has blocks, and the HoD is the hash of them: a client may list a part
// of the blocks, or be wrong about the size of the segment.
func (c *cached) learn(s *offeredSegment) {
	if c.complete {
		return
	}
	c.hod, c.secret, c.size = s.hod, NewSecret(s.secret), s.size
	all := s.first == 0 && uint64(len(s.hashes)) == s.size && s.proven(strings.Join(s.hashes, ""))
	if all {
		clear(c.hashes)
		c.known = nil
	}
	for i := range s.hashes {
		block := s.first + uint32(i)
		if c.hashes[block] == "" || len(blockSet{{block, block}}.without(c.held)) > 0 {
			c.hashes[block] = s.hashes[i]
		}
	}
	if n := uint32(len(s.hashes)); n > 0 {
		c.known = c.known.with(BlockRange{s.first, s.first + n - 1})
	}
	if c.size > 0 && len(firstBlocks(c.size).without(c.known)) == 0 {
		var list strings.Builder
		for i := range uint32(c.size) {
			list.WriteString(c.hashes[i])
		}
		c.complete = s.proven(list.String())
	}
	if c.complete { // what others have listed beyond the segment's end is wrong
		c.known = firstBlocks(c.size)
		maps.DeleteFunc(c.hashes, func(block uint32, _ string) bool { return uint64(block) >= c.size })
	}
}

// proven reports whether the HoD is the hash of these block hashes.
func (s *offeredSegment) proven(list string) bool {
	h := s.function()
	h.Write([]byte(list))
	return string(h.Sum(nil)) == s.hod
}

func (c *cached) segment() Segment {
	s := Segment{HoD: c.hod, SegmentSecret: c.secret, Complete: c.complete, Held: slices.Clone(c.held)}
	for _, r := range c.known {
		for block := uint64(r.First); block <= uint64(r.Last); block++ {
			s.BlockHashes = append(s.BlockHashes, BlockHash{uint32(block), c.hashes[uint32(block)]})
		}
	}
	return s
}

// offeredSegment is the SegmentInformation of a SEGMENT_INFO_MESSAGE.
type offeredSegment struct {
	hoHoDk, hod, secret string
	function            func() stdhash.Hash
	size                uint64   // in blocks
	first               uint32   // the block that the first of the hashes is of
	hashes              []string // of blocks within the segment
}

// segmentOffered reads the SegmentInformation of a valid message. Of a malformed
// one it reads as much as the HoHoDk depends on.
func segmentOffered(d *Dissection) (s offeredSegment, ok bool) {
	info := d.Root.find("SegmentInformation")
	var description *Node
	if segments := info.find("segments"); segments != nil {
		description = segments.element(0)
	}
	hod, secret := description.find("SegmentHashOfData"), description.find("SegmentSecret")
	if hod == nil || secret == nil || secret.Truncated() {
		return s, false
	}
	s.hod, s.secret = string(hod.Raw()), string(secret.Raw())
	if s.function = hashFunction(info.find("dwHashAlgo").Value); s.function == nil {
		return s, false
	}
	s.hoHoDk = hoHoDk(s.function, s.hod, s.secret)
	if !d.Valid() {
		return s, true
	}
	// The blocks listed are those from the segment's start to the end of the
	// content range, or only those that the range meets (see blockCount).
	size := description.find("cbSegment").Value
	start, end := min(info.find("dwOffsetInFirstSegment").Value, size), size
	if read := info.find("dwReadBytesInLastSegment").Value; read != 0 {
		end = min(start+read, size)
	}
	blocks := func(bytes uint64) uint64 { return (bytes + blockSizeV1 - 1) / blockSizeV1 }
	s.size = blocks(size)
	listed := info.find("blocks").element(0).find("BlockHashes").Children
	if first := start / blockSizeV1; uint64(len(listed)) == blocks(end)-first {
		s.first = uint32(first)
	}
	listed = listed[:min(uint64(len(listed)), s.size-uint64(s.first))]
	for i := range listed {
		s.hashes = append(s.hashes, string(listed[i].Raw()))
	}
	return s, true
}

// c2 follows the HoD in the input of every HoHoDk: "MS_P2P_CACHING" in UTF-16,
// little-endian, with its terminator (MS-PCCRC 2.2; the text says ASCII, which no
// implementation uses).
const c2 = "M\x00S\x00_\x00P\x002\x00P\x00_\x00C\x00A\x00C\x00H\x00I\x00N\x00G\x00\x00\x00"

// hashFunction returns the hash function of a dwHashAlgo, nil for an unknown one.
func hashFunction(dwHashAlgo uint64) func() stdhash.Hash {
	switch dwHashAlgo {
	case 0x800C:
		return sha256.New
	case 0x800D:
		return sha512.New384
	case 0x800E:
		return sha512.New
	}
	return nil
}

// hoHoDk derives the public identifier of a segment of version 1.0.
func hoHoDk(function func() stdhash.Hash, hod, secret string) string {
	mac := hmac.New(function, []byte(secret))
	mac.Write([]byte(hod + c2))
	return string(mac.Sum(nil))
}

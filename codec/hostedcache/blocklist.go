package hostedcache

import (
	"bytes"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// blockList is what SEGMENT_INFO_MESSAGEs have told of a segment. Its block hashes
// are complete if there are as many as its length needs, and HoD is the hash of
// them: a client may send a part of them, of which not even the place is sure, or be
// wrong about the length.
type blockList struct {
	algorithm pccrc.HashAlgorithm
	secret    func() pccrc.Secret // Kp; not a value, which fmt would print
	size      uint32              // of the segment in bytes, as the last client says that was not refuted
	blocks    uint64              // how many it has
	hashes    map[uint32]string
	complete  bool // and then nothing changes any more but the size
	bytes     int  // of memory, roughly
}

// Complete reports whether all block hashes of a segment are known.
func (c *Cache) Complete(hoHoDk []byte) bool {
	return c.list(string(hoHoDk)) != nil
}

// list returns a copy of the block list of a segment, if it is complete, nil otherwise.
func (c *Cache) list(id string) *blockList {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lists[id]
	if l == nil || !l.complete {
		return nil
	}
	complete := *l // nobody writes to its map any more
	return &complete
}

// info returns what is known of a block, which the list has.
func (l *blockList) info(index uint32) pccrr.BlockInfo {
	start := uint64(index) * pccrc.BlockSizeV1
	return pccrr.BlockInfo{SegmentSecret: l.secret(), HashAlgorithm: l.algorithm, Hash: []byte(l.hashes[index]),
		Length: int(min(uint64(l.size)-start, pccrc.BlockSizeV1))}
}

// learn takes in the block hashes of the one segment in v, and returns its
// HoHoDk.
func (c *Cache) learn(v *pccrc.ContentInformationV1) (hoHoDk []byte) {
	hoHoDk = v.AppendHoHoDk(nil, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lists[string(hoHoDk)]
	if l == nil {
		if c.lists == nil {
			c.lists = map[string]*blockList{}
		}
		secret := pccrc.NewSecret(bytes.Clone(v.At(0).SegmentSecret().Bytes()))
		l = &blockList{algorithm: v.DwHashAlgo(), secret: func() pccrc.Secret { return secret }}
		c.lists[string(hoHoDk)] = l
		c.oldest = append(c.oldest, string(hoHoDk))
	}
	c.bytes -= l.bytes
	l.learn(v)
	const entry = 64 // what a map has beside the hash, roughly
	l.bytes = 2*entry + 2*len(hoHoDk) + len(l.hashes)*(entry+v.DwHashAlgo().Size())
	c.bytes += l.bytes
	c.forget()
	return hoHoDk
}

// learn takes in the block hashes of v, and finds out whether the list is complete.
func (l *blockList) learn(v *pccrc.ContentInformationV1) {
	first, blocks := listed(v)
	if l.complete {
		if blocks == l.blocks { // the hashes do not prove how long the last block is
			l.size = v.At(0).CbSegment()
		}
		return
	}
	kept := l.hashes
	l.size, l.blocks, l.hashes = v.At(0).CbSegment(), blocks, map[uint32]string{}
	for _, described := range v.All() {
		for i, hash := range described.Blocks.All() {
			if block := first + uint64(i); block < blocks {
				l.hashes[uint32(block)] = string(hash)
			}
		}
	}
	if l.complete = l.proven(v); l.complete {
		return // whatever others have said
	}
	for block, hash := range kept { // who came last is believed
		if _, ok := l.hashes[block]; !ok {
			l.hashes[block] = hash // perhaps it is the length that is wrong
		}
	}
	l.complete = l.proven(v)
}

// proven reports whether all hashes are there, and are those of which HoD is the hash.
func (l *blockList) proven(v *pccrc.ContentInformationV1) bool {
	if l.blocks == 0 || uint64(len(l.hashes)) < l.blocks {
		return false
	}
	var list []byte
	for block := range uint32(l.blocks) {
		hash, ok := l.hashes[block]
		if !ok {
			return false
		}
		list = append(list, hash...)
	}
	hod, err := v.DwHashAlgo().AppendHash(nil, list)
	return err == nil && bytes.Equal(hod, v.At(0).SegmentHashOfData())
}

// listed tells which block the first hash of v's block list is of, and how many
// blocks the segment has. A list has the blocks from the segment's first to the
// last one of the content range, or only those of the range (MS-PCCRC 2.3).
func listed(v *pccrc.ContentInformationV1) (first, blocks uint64) {
	count := func(bytes uint64) uint64 { return (bytes + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1 }
	size := uint64(v.At(0).CbSegment())
	start, end := min(uint64(v.DwOffsetInFirstSegment), size), size
	if n := uint64(v.DwReadBytesInLastSegment); n > 0 {
		end = min(start+n, size)
	}
	for _, s := range v.All() {
		if skipped := start / pccrc.BlockSizeV1; uint64(s.Blocks.Len()) == count(end)-skipped {
			first = skipped
		}
	}
	return first, count(size)
}

// forget drops what came first until the rest is within the limit.
func (c *Cache) forget() {
	most := c.MaxBytes
	if most <= 0 {
		most = 64 << 20
	}
	for c.bytes > most && len(c.oldest) > 1 {
		c.bytes -= c.lists[c.oldest[0]].bytes
		delete(c.lists, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
}

package blocklist

import (
	"bytes"
	"errors"
	"sync"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// ErrBlock is the error for a block that is not the one of which there is a hash.
var ErrBlock = errors.New("pchc: a block is not the one that was offered: its hash or its length is wrong")

// Lists has what is known of segments, in memory. The zero value is ready for use, by any
// number of goroutines.
type Lists struct {
	mu     sync.Mutex
	lists  map[string]*List // by HoHoDk
	oldest []string         // their keys, in the order in which they came
	bytes  int              // of memory for them, roughly
}

// List is what SEGMENT_INFO_MESSAGEs have told of a segment.
type List struct {
	algorithm pccrc.HashAlgorithm
	secret    func() pccrc.Secret // Kp; not a value, which fmt would print
	size      uint32              // as the last client says that was not refuted
	blocks    uint64              // how many it has
	hashes    map[uint32]string
	complete  bool // and then nothing changes any more but the size
	bytes     int  // of memory, roughly
}

// Get returns the list of the segment with this HoHoDk if it is complete, nil otherwise.
func (l *Lists) Get(hoHoDk string) *List {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.lists[hoHoDk]
	if list == nil || !list.complete {
		return nil
	}
	complete := *list // nobody writes to its map any more
	return &complete
}

// Size returns the length of the segment in bytes. The hashes do not prove that of its
// last block, which is as the last client says.
func (l *List) Size() uint32 { return l.size }

// Verify compares a block with its hash, and returns it as it is to be stored:
// encrypted. It tries the whole secret as a key, too, whatever CryptoAlgoId says, as
// Microsoft's test suite has it; and the length that the padding tells, since that of
// the last block is not proven.
func (l *List) Verify(m pccrr.MsgBlk, index uint32) (pccrr.MsgBlk, error) {
	info := l.info(index)
	var plain, hash []byte
	for _, m.CryptoAlgoId = range []pccrr.CryptoAlgoId{m.CryptoAlgoId, pccrr.CryptoAES256} {
		for _, length := range []int{info.Length, -1} {
			var err error
			if plain, err = m.AppendPlain(plain[:0], info.SegmentSecret, length); err != nil || len(plain) > pccrc.BlockSizeV1 {
				continue
			}
			if hash, err = info.HashAlgorithm.AppendHash(hash[:0], plain); err != nil || !bytes.Equal(hash, info.Hash) {
				continue
			}
			if m.CheckBlockLength(len(plain)) != nil || m.CryptoAlgoId == pccrr.CryptoNone {
				err = m.Encrypt(nil, plain, pccrr.CryptoAES128, info.SegmentSecret)
			}
			return m, err
		}
	}
	return m, ErrBlock
}

// info returns what is known of a block, which the list has.
func (l *List) info(index uint32) pccrr.BlockInfo {
	start := uint64(index) * pccrc.BlockSizeV1
	return pccrr.BlockInfo{SegmentSecret: l.secret(), HashAlgorithm: l.algorithm, Hash: []byte(l.hashes[index]),
		Length: int(min(uint64(l.size)-start, pccrc.BlockSizeV1))}
}

// Learn takes in the block hashes of the one segment in v, and returns its HoHoDk. If all
// then needs more than so many bytes, roughly, the oldest segments are forgotten, but for
// the last one.
func (l *Lists) Learn(v *pccrc.ContentInformationV1, maxBytes int) (hoHoDk []byte) {
	hoHoDk = v.AppendHoHoDk(nil, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.lists[string(hoHoDk)]
	if list == nil {
		if l.lists == nil {
			l.lists = map[string]*List{}
		}
		secret := pccrc.NewSecret(bytes.Clone(v.At(0).SegmentSecret().Bytes()))
		list = &List{algorithm: v.DwHashAlgo(), secret: func() pccrc.Secret { return secret }}
		l.lists[string(hoHoDk)] = list
		l.oldest = append(l.oldest, string(hoHoDk))
	}
	l.bytes -= list.bytes
	list.learn(v)
	const entry = 64 // what a map has beside the hash, roughly
	list.bytes = 2*entry + 2*len(hoHoDk) + len(list.hashes)*(entry+v.DwHashAlgo().Size())
	l.bytes += list.bytes
	for l.bytes > maxBytes && len(l.oldest) > 1 {
		l.bytes -= l.lists[l.oldest[0]].bytes
		delete(l.lists, l.oldest[0])
		l.oldest = l.oldest[1:]
	}
	return hoHoDk
}

// learn takes in the block hashes of v, and finds out whether the list is complete.
func (l *List) learn(v *pccrc.ContentInformationV1) {
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
func (l *List) proven(v *pccrc.ContentInformationV1) bool {
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

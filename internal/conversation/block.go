package conversation

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Block is a block in a MSG_BLK, and what became of it.
type Block struct {
	Segment []byte // HoHoDk
	Index   uint32 // as the message has it

	// Length and Hash are those of the block in Content Information; 0 and nil where
	// that is not known.
	Length int
	Hash   []byte

	// Version is that of the Content Information, 1 or 2; 0 where none is known.
	Version int

	Verified bool   // it was decrypted, and has its hash
	Fault    Fault  // why not
	Reason   string // the same in words, without a key; "" if it is verified

	// Padding says what is wrong with the length of a verified block in the message, or with
	// its padding; it is an *pccrr.Error or nil.
	Padding error

	// Actual is, of WrongIndex, the block of the segment whose hash it has.
	Actual uint32

	// Plain is the decrypted block if Options.Plain asks for it: where it is verified,
	// and of WrongKey, whose content has the hash, too. Else it is nil.
	Plain []byte

	first *segment // of those with this HoHoDk
}

// At returns where in which contents the block is. The same segment may be in several
// contents, and in one several times. It is empty where that is not known, and for a
// block that the segment does not have.
func (b *Block) At() iter.Seq[Position] {
	return func(yield func(Position) bool) {
		for s := b.first; s != nil; s = s.next {
			if b.Index >= uint32(s.count()) {
				continue
			}
			_, blockSize := s.length()
			for _, c := range s.information.content {
				if !yield(Position{c, s.start + uint64(b.Index)*uint64(blockSize)}) {
					return
				}
			}
		}
	}
}

// Position is a place in a content, in bytes.
type Position struct {
	Content *Content
	Start   uint64
}

// Fault is why a block is not verified.
type Fault uint8

// The faults.
const (
	NoFault    Fault = iota
	NoSecret         // nothing in the input has the secret of its segment
	NoHash           // the Content Information lists no hash of the block
	WrongKey         // it was encrypted with the whole segment secret, not with its head
	WrongIndex       // it is another block of the segment
	Damaged          // it does not have its hash
)

// encrypted is a block that is to be decrypted and verified, and all that takes.
type encrypted struct {
	message pccrr.MsgBlk
	segment segment
	block   *Block
	keep    bool   // the plain text
	plain   []byte // buffer for it
}

// open decrypts and verifies. buf is for the plain text unless that is kept; what has
// grown is returned.
func (e *encrypted) open(buf []byte) []byte {
	if e.keep {
		e.plain = e.try(e.plain)
		return buf
	}
	return e.try(buf)
}

func (e *encrypted) try(buf []byte) []byte {
	b, index := e.block, e.message.BlockIndex
	b.Version = e.segment.version()
	info, fault := e.segment.info(index)
	if b.Length, b.Hash = info.Length, info.Hash; fault == NoFault {
		out, err := e.message.AppendVerified(buf[:0], info)
		if err == nil {
			b.Verified, b.Padding = true, e.message.CheckPadding(info.SegmentSecret, info.Length)
			e.show(out)
			return out
		}
		if out, ok := e.whole(buf, info); ok {
			b.Fault, b.Reason = WrongKey, fmt.Sprintf("wrong key length: it has its hash if decrypted with the whole segment secret, 32 bytes, though CryptoAlgoId says %v", e.message.CryptoAlgoId)
			e.show(out)
			return out
		}
		b.Fault, b.Reason = Damaged, damage(err, &e.message, info.Length)
	} else {
		b.Fault, b.Reason = fault, e.segment.lacks(index, fault)
	}
	return e.other(buf)
}

// show keeps the plain text.
func (e *encrypted) show(out []byte) {
	if e.keep {
		e.block.Plain = out
	}
}

// whole tries the whole secret, as Microsoft's test suite does (see package pccrr).
func (e *encrypted) whole(buf []byte, info pccrr.BlockInfo) ([]byte, bool) {
	m := e.message
	if m.CryptoAlgoId != pccrr.CryptoAES128 && m.CryptoAlgoId != pccrr.CryptoAES192 || info.SegmentSecret.Len() < 32 {
		return buf, false
	}
	m.CryptoAlgoId = pccrr.CryptoAES256
	out, err := m.AppendVerified(buf[:0], info)
	return out, err == nil
}

// damage says in words why a block does not verify.
func damage(err error, m *pccrr.MsgBlk, length int) string {
	var v *pccrr.Error
	switch {
	case errors.Is(err, pccrr.ErrSecretShort):
		return "the segment secret is shorter than the key that CryptoAlgoId asks for"
	case errors.Is(err, pccrr.RuleBlockHash) && m.CryptoAlgoId == pccrr.CryptoNone:
		return "damaged: it does not have the hash of the block"
	case errors.Is(err, pccrr.RuleBlockHash):
		return "damaged, or encrypted with another key: what is decrypted does not have the hash of the block"
	case errors.As(err, &v) && len(m.Block) < length:
		return fmt.Sprintf("%d bytes, too short for a block of %d bytes", len(m.Block), length)
	case errors.As(err, &v):
		return v.Error()
	}
	return "it cannot be decrypted"
}

// other looks for another block of the segment that has the hash of this one.
func (e *encrypted) other(buf []byte) []byte {
	m := e.message
	for _, algorithm := range []pccrr.CryptoAlgoId{m.CryptoAlgoId, pccrr.CryptoAES256} {
		if m.CryptoAlgoId == pccrr.CryptoNone && algorithm != m.CryptoAlgoId {
			break
		}
		m := m
		m.CryptoAlgoId = algorithm
		out, err := m.AppendPlain(buf[:0], e.segment.secret(), len(m.Block))
		if err != nil {
			continue
		}
		buf = out
		tried := -1
		var hash []byte
		for i := range e.segment.count() {
			info, fault := e.segment.info(uint32(i))
			if fault != NoFault || info.Length > len(out) || uint32(i) == m.BlockIndex {
				continue
			}
			if info.Length != tried { // the last one differs from the others
				tried = info.Length
				hash, _ = info.HashAlgorithm.AppendHash(hash[:0], out[:tried])
			}
			if bytes.Equal(hash, info.Hash) {
				b := e.block
				b.Fault, b.Actual = WrongIndex, uint32(i)
				b.Reason = fmt.Sprintf("wrong index: it has the hash of block %d", i)
				return buf
			}
		}
	}
	return buf
}

// segment is what Content Information says about a segment.
type segment struct {
	information *information
	index       int32 // in it
	start       uint64
	v2          pccrc.SegmentDescriptionV2 // in version 2.0
	next        *segment                   // with the same HoHoDk
}

// secret returns Kp.
func (s *segment) secret() pccrc.Secret {
	if s.information.v1 == nil {
		return s.v2.SegmentSecret()
	}
	return s.information.v1.At(int(s.index)).SegmentSecret()
}

// version is that of the Content Information.
func (s *segment) version() int {
	if s.information.v1 == nil {
		return 2
	}
	return 1
}

// length and blockSize are in bytes.
func (s *segment) length() (length, blockSize uint32) {
	if s.information.v1 == nil {
		return s.v2.CbSegment(), s.v2.CbSegment()
	}
	d := s.information.v1.At(int(s.index))
	return d.CbSegment(), d.CbBlockSize()
}

// count is the number of blocks, listed or not; no more than MS-PCCRR can ask for.
func (s *segment) count() int {
	length, blockSize := s.length()
	if blockSize == 0 {
		return 0
	}
	return int(min((uint64(length)+uint64(blockSize)-1)/uint64(blockSize), pccrr.MaxBlocks))
}

// info returns what there is about the block with this index; the fault is NoFault,
// NoHash, or WrongIndex where there is no such block.
func (s *segment) info(index uint32) (pccrr.BlockInfo, Fault) {
	length, blockSize := s.length()
	info := pccrr.BlockInfo{SegmentSecret: s.secret()}
	if uint64(index) >= uint64(s.count()) {
		return info, WrongIndex
	}
	info.Length = int(min(uint64(blockSize), uint64(length)-uint64(index)*uint64(blockSize)))
	if s.information.v1 == nil {
		info.HashAlgorithm, info.Hash = pccrc.TruncatedSHA512, s.v2.SegmentHashOfData()
		return info, NoFault
	}
	info.HashAlgorithm = s.information.v1.DwHashAlgo()
	blocks := s.information.blocks[s.index]
	at := int(index) - s.firstListed()
	if at < 0 || at >= blocks.Len() {
		return info, NoHash
	}
	info.Hash = blocks.At(at)
	return info, NoFault
}

// firstListed returns the index of the first block whose hash is listed: 0, or that of
// the first in the content range where the list has just the blocks that intersect it
// (MS-PCCRC 2.3.1.2).
func (s *segment) firstListed() int {
	length, blockSize := s.length()
	end := s.start + uint64(length)
	r := s.information.v1.Range()
	start := max(s.start, r.Start)
	if until := r.Start + r.Length; until >= r.Start {
		end = min(end, until)
	}
	if start >= end || blockSize == 0 {
		return 0
	}
	size := uint64(blockSize)
	first, all := (start-s.start)/size, (end-s.start+size-1)/size
	if n := uint64(s.information.blocks[s.index].Len()); n != all && n == all-first {
		return int(first)
	}
	return 0
}

// lacks says in words what info lacks.
func (s *segment) lacks(index uint32, fault Fault) string {
	switch {
	case fault == NoHash:
		return fmt.Sprintf("the Content Information lists no hash of block %d", index)
	case s.information.v1 == nil:
		return fmt.Sprintf("wrong index: there is no block %d, a segment of version 2.0 is one block", index)
	}
	return fmt.Sprintf("wrong index: there is no block %d, the segment has %d", index, s.count())
}

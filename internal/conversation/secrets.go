package conversation

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Secrets are the segment secrets that are known, and what else Content Information
// says about its segments, by HoHoDk; and the contents that it is of. The memory is
// bounded, but for what Add adds: if a capture has more than fits, its oldest Content
// Information is given up.
//
// Reading several captures with the same Secrets, those of earlier ones are known in
// later ones. It holds keys, and prints none.
type Secrets struct {
	limit    int64
	used     int64
	seen     map[[sha256.Size]byte]*information
	all      []*information // oldest first
	indexed  int            // how many of all, from the first, are in segments
	segments map[string]*segment
	forgot   int // information that was given up

	contents map[string]*Content // by name
}

// information is one Content Information.
type information struct {
	body    []byte
	sum     [sha256.Size]byte
	v1      *pccrc.ContentInformationV1 // nil for version 2.0
	v2      pccrc.ContentInformationV2
	blocks  []pccrc.SegmentContentBlocks // of version 1.0
	content []*Content                   // that it is of
	given   bool                         // by the caller: it is not given up
	list    []segment
	keys    []string // in segments
	cost    int64
}

const (
	// DefaultSecrets is how many bytes [NewSecrets] has room for, about: Content
	// Information of version 2.0 for some 3 GB of content.
	DefaultSecrets = 16 << 20

	// segmentCost is the memory of a segment in bytes, beside its description and its
	// HoHoDk.
	segmentCost = 160

	// maxContents bounds the contents that are told apart, maxURLs those that have the
	// same Content Information.
	maxContents = 1 << 14
	maxURLs     = 64
)

// NewSecrets returns Secrets without any.
func NewSecrets() *Secrets {
	return &Secrets{
		limit:    DefaultSecrets,
		seen:     make(map[[sha256.Size]byte]*information),
		segments: make(map[string]*segment),
		contents: make(map[string]*Content),
	}
}

// String returns how many segments are known.
func (s *Secrets) String() string { return fmt.Sprintf("%d segments", len(s.segments)) }

// GoString returns what String does.
func (s *Secrets) GoString() string { return s.String() }

// Add adds Content Information, of which it keeps a copy. name is that of the content,
// or "". An error is an *pccrc.Error: b is none.
func (s *Secrets) Add(b []byte, name string) error {
	info, err := pccrc.Decode(b)
	if err != nil {
		return err
	}
	c := s.content(name)
	if c != nil {
		c.Length = max(c.Length, info.Range().Start+info.Range().Length)
	}
	i := s.add(b, b, c)
	if !i.given {
		i.given = true
		s.used -= i.cost
	}
	return nil
}

// Fork returns Secrets with what Add has added to s alone.
func (s *Secrets) Fork() *Secrets {
	f := NewSecrets()
	for _, i := range s.all {
		if !i.given {
			continue
		}
		_ = f.Add(i.body, "") // it was decoded before
		for _, c := range i.content {
			_ = f.Add(i.body, c.Name)
		}
	}
	return f
}

// Import adds what o has.
func (s *Secrets) Import(o *Secrets) {
	for _, i := range o.all {
		mine := s.seen[i.sum]
		if mine == nil {
			mine = &information{body: i.body, sum: i.sum, cost: int64(len(i.body))}
			s.seen[i.sum] = mine
			s.all = append(s.all, mine)
			s.used += mine.cost
			s.shrink()
		}
		for _, c := range i.content {
			if own := s.content(c.Name); own != nil && !slices.Contains(mine.content, own) && len(mine.content) < maxURLs {
				own.Length = max(own.Length, c.Length)
				mine.content = append(mine.content, own)
			}
		}
	}
}

// content returns the content of that name, nil without one, and if there are too
// many.
func (s *Secrets) content(name string) *Content {
	c := s.contents[name]
	if c == nil && name != "" && len(s.contents) < maxContents {
		c = &Content{Number: len(s.contents), Name: name}
		s.contents[name] = c
	}
	return c
}

// Contents returns how many contents have a name.
func (s *Secrets) Contents() int { return len(s.contents) }

// addOffer adds the Content Information of a SEGMENT_INFO_MESSAGE, if body is one. It
// is Content Information of version 1.0 behind a header and a content tag.
func (s *Secrets) addOffer(body []byte) {
	const typeAt = 3 // its low byte
	if len(body) <= typeAt || body[typeAt] != byte(codec.TypeSegmentInfo) {
		return
	}
	if m, err := codec.DecodeSegmentInfoMessage(body); err == nil {
		b, _ := m.SegmentInformation.AppendLenient(nil) // what was decoded encodes
		s.add(body, b, nil)
	}
}

// add adds valid Content Information b, which was found in message. The segments are
// looked up when the first one is asked for: captures without retrieval do not pay for
// it.
func (s *Secrets) add(message, b []byte, of *Content) *information {
	sum := sha256.Sum256(message)
	i := s.seen[sum]
	if i == nil {
		i = &information{body: bytes.Clone(b), sum: sum, cost: int64(len(b))}
		s.seen[sum] = i
		s.all = append(s.all, i)
		s.used += i.cost
		s.shrink()
	}
	for _, c := range i.content {
		if c == of {
			return i
		}
	}
	if of != nil && len(i.content) < maxURLs {
		i.content = append(i.content, of)
	}
	return i
}

// shrink gives up what is oldest, but never the newest.
func (s *Secrets) shrink() {
	for n := 0; s.used > s.limit && n < len(s.all)-1; {
		i := s.all[n]
		if i.given {
			n++
			continue
		}
		s.all = slices.Delete(s.all, n, n+1)
		if n < s.indexed {
			s.indexed--
		}
		for _, key := range i.keys {
			s.unlink(key, i)
		}
		delete(s.seen, i.sum)
		s.used -= i.cost
		s.forgot++
	}
}

// unlink takes the segments of i out of those with this key.
func (s *Secrets) unlink(key string, i *information) {
	head := s.segments[key]
	for head != nil && head.information == i {
		head = head.next
	}
	if head == nil {
		delete(s.segments, key)
		return
	}
	s.segments[key] = head
	for seg := head; seg.next != nil; {
		if seg.next.information == i {
			seg.next = seg.next.next
		} else {
			seg = seg.next
		}
	}
}

// find returns the segment with this HoHoDk, from the Content Information that has the
// hash of the block with this index if there is one; nil if none is known.
func (s *Secrets) find(hohodk []byte, index uint32) *segment {
	s.complete()
	head := s.segments[string(hohodk)]
	for seg := head; seg != nil; seg = seg.next {
		if _, fault := seg.info(index); fault == NoFault {
			return seg
		}
	}
	return head
}

// complete makes the segments of all that was added known.
func (s *Secrets) complete() {
	for s.indexed < len(s.all) {
		i := s.all[s.indexed]
		s.indexed++
		s.index(i)
	}
}

// index makes the segments of i known.
func (s *Secrets) index(i *information) {
	info, err := pccrc.Decode(i.body)
	if err != nil {
		return // Add and the readers of a capture have seen to it
	}
	n := info.Len()
	list := make([]segment, 0, n)
	var hohodk []byte
	switch v := info.(type) {
	case pccrc.ContentInformationV1:
		i.v1 = &v
		for k, d := range v.All() {
			i.blocks = append(i.blocks, d.Blocks)
			hohodk = v.AppendHoHoDk(hohodk, k)
			list = append(list, segment{information: i, index: int32(k), start: d.UllOffsetInContent()})
		}
	case pccrc.ContentInformationV2:
		i.v2 = v
		start := v.UllStartInContent
		for k, d := range v.All() {
			hohodk, _ = pccrc.TruncatedSHA512.AppendHoHoDk(hohodk, d.SegmentSecret(), d.SegmentHashOfData())
			list = append(list, segment{information: i, index: int32(k), start: start, v2: d})
			start += uint64(d.CbSegment())
		}
	}
	all, size := string(hohodk), len(hohodk)/n
	i.list = list
	for k := range list {
		key, seg := all[k*size:][:size], &list[k]
		head := s.segments[key]
		if head == nil {
			s.segments[key] = seg
			i.keys = append(i.keys, key)
			continue
		}
		if head.information != i && (head.next == nil || head.next.information != i) {
			i.keys = append(i.keys, key)
		}
		head.next, seg.next = seg, head.next
	}
	cost := int64(n)*segmentCost + int64(len(all))
	if i.cost += cost; !i.given {
		s.used += cost
		s.shrink()
	}
}

// head returns the first of the segments with this HoHoDk, for Block.At.
func (s *Secrets) head(hohodk []byte) *segment { return s.segments[string(hohodk)] }

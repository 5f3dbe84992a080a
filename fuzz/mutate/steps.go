package mutate

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/hostedcache/pchc/spec"
)

// Mutations that know the structure of a message.

// list returns a list, nil if there is none.
func (t *mutation) list() *list {
	if t.shape.n == 0 {
		return nil
	}
	return &t.shape.lists[t.number(t.shape.n)]
}

// nonEmptyList returns a list with elements, nil if there is none.
func (t *mutation) nonEmptyList() *list {
	n := t.shape.n
	for i, from := 0, t.number(n); i < n; i++ {
		if l := &t.shape.lists[(from+i)%n]; l.n > 0 {
			return l
		}
	}
	return nil
}

// countedList returns a block list or chunk, which begins with its count; nil if
// there is none.
func (t *mutation) countedList() *list {
	n := t.shape.n
	for i, from := 0, t.number(n); i < n; i++ {
		if l := &t.shape.lists[(from+i)%n]; l.from != l.at {
			return l
		}
	}
	return nil
}

// place returns the index of one of n elements, often the first or last.
func (t *mutation) place(n int) int {
	switch t.c.Uint64N(4) {
	case 0:
		return 0
	case 1:
		return max(n-1, 0)
	}
	return t.number(n)
}

// integer returns an integer of the message, half the time a count or one in an
// element of a list.
func (t *mutation) integer() (f field, little, ok bool) {
	s := &t.shape
	if l := t.list(); l != nil && t.oneIn(2) {
		if len(l.elements) == 0 || l.n == 0 || t.oneIn(4) {
			return l.count, l.little, l.unit != 0
		}
		f = l.elements[t.number(len(l.elements))]
		f.at += l.element(t.place(l.n))
		return f, l.little, true
	}
	if s.nHead == 0 {
		return f, false, false
	}
	h := s.heads[t.number(s.nHead)]
	f = h.ints[t.number(len(h.ints))]
	f.at += h.at
	return f, h.little, f.at+f.size <= len(t.bytes())
}

// ends are boundary values.
var ends = [...]uint64{
	0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 48, 59, 64, 67, 68, 69, 80, 127, 128, 129, 255, 256, 511, 512, 513,
	1<<15 - 1, 1 << 15, 1<<16 - 1, 1 << 16, 1<<16 + 1, 1 << 17, 1<<17 + 1, 1 << 24, 1 << 25, 1<<25 - 1, 1<<25 + 1,
	1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 68, 1<<32 - 5, 1<<32 - 4, 1<<32 - 1, 1 << 32, 1<<53 + 1,
	1<<63 - 1, 1 << 63, 1<<64 - 1, 0x8004, 0x800B, 0x800C, 0x800D, 0x800E, 0x800F, 0x0100, 0x0200,
}

// value changes an integer.
func (t *mutation) value() bool {
	f, little, ok := t.integer()
	if ok {
		t.put(f, little, t.otherValue(t.get(f, little), f.size))
	}
	return ok
}

// otherValue returns a value to replace v, an integer of size bytes.
func (t *mutation) otherValue(v uint64, size int) uint64 {
	switch t.c.Uint64N(8) {
	case 0:
		return v + 1
	case 1:
		return v - 1
	case 2:
		return v ^ 1<<t.number(8*size)
	case 3:
		return v ^ 1<<(8*size-1)
	case 4:
		return t.c.Uint64N(1<<32)<<32 | t.c.Uint64N(1<<32)
	}
	return ends[t.number(len(ends))]
}

// byteOrder reverses an integer, or all integers in the elements of a list.
func (t *mutation) byteOrder() bool {
	b := t.bytes()
	if l := t.nonEmptyList(); l != nil && len(l.elements) > 0 && t.oneIn(4) {
		for i := range l.n {
			for _, f := range l.elements {
				at := l.element(i) + f.at
				slices.Reverse(b[at : at+f.size])
			}
		}
		return true
	}
	f, _, ok := t.integer()
	if ok {
		slices.Reverse(b[f.at : f.at+f.size])
	}
	return ok
}

// count falsifies the count or length of a list.
func (t *mutation) count() bool {
	l := t.list()
	if l == nil || l.unit == 0 {
		return false
	}
	v := t.get(l.count, l.little)
	switch t.c.Uint64N(8) {
	case 0:
		v += uint64(l.unit)
	case 1:
		v -= uint64(l.unit)
	case 2:
		v = 0
	case 3: // the product with the size is the same in 32 bits
		v += 1 << (32 - bits.TrailingZeros(uint(l.size)))
	case 4: // the product with the size just exceeds 32 bits
		v = 1<<32/uint64(l.size) + 1
	case 5: // as many as the bytes hold, or one more
		v = uint64((len(t.bytes()) - l.at) / l.size * l.unit)
		v += t.c.Uint64N(2) * uint64(l.unit)
	default:
		v = t.otherValue(v, l.count.size)
	}
	t.put(l.count, l.little, v)
	return true
}

// adjustCount adds n elements to the count of a list, most of the time.
func (t *mutation) adjustCount(l *list, n int) {
	if l.unit != 0 && !t.oneIn(4) {
		t.put(l.count, l.little, t.get(l.count, l.little)+uint64(n*l.unit))
	}
}

// border returns an offset of b where a structure or field begins or ends, or one
// next to it.
func (t *mutation) border(s *shape, b []byte) int {
	at := 0
	if t.m.Kind == spec.Discovery {
		at = t.number(len(b) + 1)
		if n := bytes.IndexByte(b[at:], '<'); n >= 0 && !t.oneIn(3) {
			at += n
		}
		return at
	}
	if s.n > 0 && !t.oneIn(3) {
		l := &s.lists[t.number(s.n)]
		switch t.c.Uint64N(4) {
		case 0:
			at = l.from
		case 1:
			at = l.at
		case 2:
			at = l.end()
		default:
			at = l.element(t.number(l.n + 1))
			if len(l.elements) > 0 && at < l.end() && t.oneIn(2) {
				at += l.elements[t.number(len(l.elements))].at
			}
		}
	} else if s.nHead > 0 {
		h := &s.heads[t.number(s.nHead)]
		f := h.ints[t.number(len(h.ints))]
		at = h.at + f.at + f.size*t.number(2)
	}
	if t.oneIn(4) {
		at += 1 - 2*t.number(2)
	}
	return min(max(at, 0), len(b))
}

// truncate removes everything after a border, or before it.
func (t *mutation) truncate() bool {
	at := t.border(&t.shape, t.bytes())
	if at == len(t.bytes()) {
		return false
	}
	if t.oneIn(8) {
		t.remove(0, at)
		return at > 0
	}
	t.remove(at, len(t.bytes()))
	return true
}

// extend appends random bytes, or the end of either message.
func (t *mutation) extend() bool {
	n := len(t.bytes())
	switch t.c.Uint64N(4) {
	case 0:
		t.duplicate(n, t.border(&t.shape, t.bytes()), n)
	case 1:
		t.crossOverAt(n)
	default:
		more := 1 + t.number(4)
		if t.oneIn(4) {
			more = 1 + t.number(200)
		}
		more = t.makeRoom(n, more)
		t.random(t.bytes()[n : n+more])
	}
	return len(t.bytes()) > n
}

// crossOver joins the beginning of the message and the end of the other one.
func (t *mutation) crossOver() bool {
	t.crossOverAt(t.border(&t.shape, t.bytes()))
	return len(t.other.Bytes) > 0
}

func (t *mutation) crossOverAt(at int) {
	var theirs shape
	from := t.border(theirs.of(t.other), t.other.Bytes)
	t.remove(at, len(t.bytes()))
	t.insert(at, t.other.Bytes[from:])
}

// retype changes the type or version of a message, but not its body.
func (t *mutation) retype() bool {
	b := t.bytes()
	if len(b) < 4 {
		return false
	}
	switch {
	case t.m.Kind == spec.Request:
		types := [...]string{"\x00\x01\x00\x01", "\x00\x01\x00\x02", "\x00\x02\x00\x03"}
		copy(b, types[t.number(3)])
	case t.m.Kind == spec.RetrievalRequest && len(b) >= 8:
		types := [...]string{"\x01\x00\x00\x00\x00", "\x01\x00\x00\x00\x02", "\x01\x00\x00\x00\x03", "\x02\x00\x00\x00\x06"}
		copy(b[3:], types[t.number(4)])
	case t.m.Kind == spec.RetrievalResponse && len(b) >= 12:
		types := [...]string{"\x01\x00\x00\x00\x01", "\x01\x00\x00\x00\x04", "\x01\x00\x00\x00\x05", "\x02\x00\x00\x00\x07"}
		copy(b[7:], types[t.number(4)])
	case t.m.Kind == spec.Content && b[1] == 1 && t.oneIn(2):
		b[2] = byte(0x0C + t.number(3)) // another length of hashes
	case t.m.Kind == spec.Content:
		heads := [...]string{"\x00\x02\x04", "\x00\x01"}
		copy(b, heads[t.number(2)])
	default:
		return false
	}
	return true
}

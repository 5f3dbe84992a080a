package mutate

import (
	"bytes"
	"encoding/binary"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// MaxLen is the maximum length of a mutated message, in bytes.
const MaxLen = 64 << 10

// Append appends m to dst after one or a few mutations. Some of them take parts of
// other, which may be any message, even m. Bytes of m beyond MaxLen are ignored,
// and at most MaxLen bytes are appended. They are hardly ever equal to m.
//
// Append reads m and other only, and allocates only to grow dst.
func Append(dst []byte, c generate.Choices, m, other fuzz.Message) []byte {
	t := mutation{c: c, buf: append(dst, m.Bytes[:min(len(m.Bytes), MaxLen)]...), start: len(dst), m: m, other: other}
	for range 64 { // some choices change nothing
		if !t.change() || c.Uint64N(2) != 0 {
			continue
		}
		if t.settle(); !bytes.Equal(t.bytes(), m.Bytes) {
			break
		}
	}
	return t.buf
}

// A mutation is in progress.
type mutation struct {
	c        generate.Choices
	m, other fuzz.Message
	buf      []byte
	start    int // in buf, of the message
	shape    shape
}

// A step is one change of a message.
type step uint8

const (
	value step = iota
	byteOrder
	count
	drop
	repeat
	exchange
	splice
	resize
	dropList
	repeatList
	exchangeLists
	truncate
	extend
	crossOver
	retype
	fill
	havoc
	dictionary
	numSteps
)

// steps are chosen from with equal probability: the more effective ones are
// listed more than once.
var steps = [...]step{
	value, value, value, byteOrder, count, count, drop, repeat, exchange, splice, resize, dropList, repeatList,
	exchangeLists, truncate, extend, crossOver, retype, fill, havoc, havoc, dictionary,
}

// change changes the message once, and reports whether it found something to change.
func (t *mutation) change() bool {
	if t.m.Kind == spec.Discovery {
		return t.markup()
	}
	return t.take(steps[t.c.Uint64N(uint64(len(steps)))])
}

// take changes the message, and reports whether it found something to change. (A
// table of functions would put every mutation on the heap.)
func (t *mutation) take(s step) bool {
	t.shape.scan(t.m.Kind, t.bytes())
	switch s {
	case value:
		return t.value()
	case byteOrder:
		return t.byteOrder()
	case count:
		return t.count()
	case drop:
		return t.drop()
	case repeat:
		return t.repeat()
	case exchange:
		return t.exchange()
	case splice:
		return t.splice()
	case resize:
		return t.resize()
	case dropList:
		return t.dropList()
	case repeatList:
		return t.repeatList()
	case exchangeLists:
		return t.exchangeLists()
	case truncate:
		return t.truncate()
	case extend:
		return t.extend()
	case crossOver:
		return t.crossOver()
	case retype:
		return t.retype()
	case fill:
		return t.fill()
	case havoc:
		return t.havoc()
	}
	return t.dictionary()
}

// bytes returns the message so far.
func (t *mutation) bytes() []byte { return t.buf[t.start:] }

// number returns a number from 0 to n-1, or 0 if n < 1.
func (t *mutation) number(n int) int {
	if n <= 0 {
		return 0
	}
	return int(t.c.Uint64N(uint64(n)))
}

func (t *mutation) oneIn(n uint64) bool { return t.c.Uint64N(n) == 0 }

// makeRoom makes room for n bytes at an offset, and returns how many fit. Their
// values are undefined.
func (t *mutation) makeRoom(at, n int) int {
	n = min(n, MaxLen-len(t.bytes()))
	for len(t.buf)+n > cap(t.buf) {
		t.buf = append(t.buf[:cap(t.buf)], 0)[:len(t.buf)]
	}
	t.buf = t.buf[:len(t.buf)+n]
	b := t.bytes()
	copy(b[at+n:], b[at:])
	return n
}

// insert inserts bytes that are not the message's own.
func (t *mutation) insert(at int, v []byte) {
	n := t.makeRoom(at, len(v))
	copy(t.bytes()[at:at+n], v)
}

// duplicate inserts a copy of the message's bytes from:to at an offset outside of
// them.
func (t *mutation) duplicate(at, from, to int) {
	n := t.makeRoom(at, to-from)
	if from >= at {
		from += n
	}
	b := t.bytes()
	copy(b[at:at+n], b[from:])
}

// remove removes the bytes from:to.
func (t *mutation) remove(from, to int) {
	b := t.bytes()
	t.buf = t.buf[:t.start+from+copy(b[from:], b[to:])]
}

// get returns the integer of a field.
func (t *mutation) get(f field, little bool) uint64 {
	v, b := uint64(0), t.bytes()[f.at:f.at+f.size]
	for i := range b {
		if little {
			i = len(b) - 1 - i
		}
		v = v<<8 | uint64(b[i])
	}
	return v
}

// put writes an integer to a field.
func (t *mutation) put(f field, little bool, v uint64) {
	b := t.bytes()[f.at : f.at+f.size]
	var raw [8]byte
	if little {
		binary.LittleEndian.PutUint64(raw[:], v)
		copy(b, raw[:])
	} else {
		binary.BigEndian.PutUint64(raw[:], v)
		copy(b, raw[8-len(b):])
	}
}

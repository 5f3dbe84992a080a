package mutate

import "slices"

// drop removes elements.
func (t *mutation) drop() bool {
	l := t.nonEmptyList()
	if l == nil {
		return false
	}
	i := t.place(l.n)
	n := 1
	if t.oneIn(4) {
		n = 1 + t.number(l.n-i)
	}
	n = min(t.aligned(l, n), l.n-i)
	t.adjustCount(l, -n)
	t.remove(l.element(i), l.element(i+n))
	return true
}

// aligned returns n, or of the bytes of a byte string a multiple of 4 half the time:
// then it needs no other padding.
func (t *mutation) aligned(l *list, n int) int {
	if l.size == 1 && t.oneIn(2) {
		return (n + 3) &^ 3
	}
	return n
}

// repeat inserts copies of an element, sometimes up to about the maximum number.
func (t *mutation) repeat() bool {
	l := t.nonEmptyList()
	if l == nil {
		return false
	}
	n := 1
	switch t.c.Uint64N(8) {
	case 0:
		n += t.number(4)
	case 1:
		limit := 127 + t.number(4)
		if l.size < descriptorLen { // block hashes
			limit = 511 + t.number(4)
		}
		n = max(1, limit-l.n)
	}
	n = min(t.aligned(l, n), (MaxLen-len(t.bytes()))/l.size)
	from, at := l.element(t.place(l.n)), l.element(t.number(l.n+1))
	t.adjustCount(l, n)
	for range n {
		t.duplicate(at, from, from+l.size)
		if from >= at {
			from += l.size
		}
	}
	return n > 0
}

// exchange exchanges two elements.
func (t *mutation) exchange() bool {
	l := t.nonEmptyList()
	if l == nil || l.n < 2 {
		return false
	}
	i, j := t.place(l.n), t.number(l.n)
	swap(t.bytes(), l.element(i), l.element(j), l.size)
	return i != j
}

// swap exchanges n bytes at offsets i and j, which are at least n apart or equal.
func swap(b []byte, i, j, n int) {
	for k := range n {
		b[i+k], b[j+k] = b[j+k], b[i+k]
	}
}

// splice inserts an element of the other message, or overwrites one with it.
func (t *mutation) splice() bool {
	var theirs shape
	theirs.of(t.other)
	l := t.list()
	if l == nil || theirs.n == 0 {
		return false
	}
	from := &theirs.lists[t.number(theirs.n)]
	if from.n == 0 {
		return false
	}
	e := from.element(t.place(from.n))
	v := t.other.Bytes[e : e+from.size]
	at := l.element(t.number(l.n + 1))
	if at < l.end() && t.oneIn(2) {
		copy(t.bytes()[at:], v[:min(len(v), l.size)])
		return true
	}
	t.adjustCount(l, 1)
	t.insert(at, v)
	return true
}

// resize makes an element longer or shorter by some bytes at the border of a
// field. Half the time it adjusts a descriptor's SizeOfContentTag.
func (t *mutation) resize() bool {
	l := t.nonEmptyList()
	if l == nil {
		return false
	}
	e := l.element(t.place(l.n))
	at := e + l.size
	if len(l.elements) > 0 {
		f := l.elements[t.number(len(l.elements))]
		at = e + f.at + f.size
	}
	by := 1 + t.number(4)
	if t.oneIn(4) {
		by = 1 + t.number(l.size)
	}
	grow := t.oneIn(2)
	if l.size == descriptorLen && t.oneIn(2) {
		at = e + 10 + t.number(contentTagLen)
		by = min(by, e+10+contentTagLen-at)
		size, change := field{e + 8, 2}, uint64(by)
		if !grow {
			change = -change
		}
		t.put(size, false, t.get(size, false)+change)
	}
	if grow {
		n := t.makeRoom(at, by)
		t.random(t.bytes()[at : at+n])
	} else {
		t.remove(at, min(at+by, len(t.bytes())))
	}
	return true
}

// dropList removes a block list or chunk.
func (t *mutation) dropList() bool {
	l := t.countedList()
	if l == nil {
		return false
	}
	t.remove(l.from, l.end())
	return true
}

// repeatList inserts a copy of a block list or chunk before another, or at the
// end.
func (t *mutation) repeatList() bool {
	l, before := t.countedList(), t.countedList()
	if l == nil {
		return false
	}
	at := before.from
	if t.oneIn(3) {
		at = t.shape.lists[t.shape.n-1].end()
	}
	t.duplicate(at, l.from, l.end())
	return true
}

// exchangeLists exchanges two block lists or chunks, of any lengths.
func (t *mutation) exchangeLists() bool {
	l, m := t.countedList(), t.countedList()
	if l == nil || l == m {
		return false
	}
	if l.from > m.from {
		l, m = m, l
	}
	// Turn all of it around, then each part.
	b := t.bytes()[l.from:m.end()]
	first, last := l.end()-l.from, m.end()-m.from
	slices.Reverse(b)
	slices.Reverse(b[:last])
	slices.Reverse(b[last : len(b)-first])
	slices.Reverse(b[len(b)-first:])
	return true
}

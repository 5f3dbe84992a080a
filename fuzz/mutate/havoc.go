package mutate

// Mutations of plain bytes.

// random fills b with one byte, or with random bytes.
func (t *mutation) random(b []byte) {
	v := byte(0)
	switch t.c.Uint64N(4) {
	case 0:
	case 1:
		v = 0xFF
	case 2:
		v = byte(t.c.Uint64N(256))
	default:
		for len(b) > 0 {
			r := t.c.Uint64N(1 << 32)
			for i := range min(len(b), 4) {
				b[i] = byte(r >> (8 * i))
			}
			b = b[min(len(b), 4):]
		}
	}
	for i := range b {
		b[i] = v
	}
}

// span returns the offsets of some bytes, mostly few.
func (t *mutation) span() (from, to int) {
	n := len(t.bytes())
	from = t.number(n)
	length := 1 + t.number(8)
	switch t.c.Uint64N(4) {
	case 0:
		length = [...]int{4, 16, 32, 48, 59, 64, 68, 80}[t.number(8)]
	case 1:
		length = 1 + t.number(n-from)
	}
	return from, min(from+length, n)
}

// fill overwrites some bytes.
func (t *mutation) fill() bool {
	if len(t.bytes()) == 0 {
		return false
	}
	from, to := t.span()
	t.random(t.bytes()[from:to])
	return true
}

// havoc changes some bits or bytes, anywhere.
func (t *mutation) havoc() bool {
	b := t.bytes()
	if len(b) == 0 {
		t.insert(0, []byte{byte(t.c.Uint64N(256))})
		return true
	}
	for range 1 + t.number(4) {
		b = t.bytes()
		if len(b) == 0 {
			break
		}
		switch from, to := t.span(); t.c.Uint64N(8) {
		case 0:
			b[from] ^= 1 << t.number(8)
		case 1:
			b[from] += byte(1 + t.number(35))
		case 2:
			b[from] -= byte(1 + t.number(35))
		case 3: // an integer at any place, in any order
			f := field{from, 1 << t.number(4)}
			if f.at+f.size <= len(b) {
				t.put(f, t.oneIn(2), t.otherValue(t.get(f, t.oneIn(2)), f.size))
			}
		case 4:
			t.remove(from, to)
		case 5:
			t.duplicate(from, from, to)
		case 6: // over others
			copy(b[t.number(len(b)):], b[from:to])
		default:
			n := t.makeRoom(from, to-from)
			t.random(t.bytes()[from : from+n])
		}
	}
	return true
}

// dictionary inserts a word from the dictionary, or overwrites bytes with it.
func (t *mutation) dictionary() bool {
	words := words()
	if len(words) == 0 {
		return false
	}
	w := words[t.number(len(words))]
	at := t.number(len(t.bytes()) + 1)
	if t.oneIn(2) {
		at = t.border(&t.shape, t.bytes())
	}
	if t.oneIn(3) {
		t.insert(at, w)
	} else {
		copy(t.bytes()[at:], w)
	}
	return true
}

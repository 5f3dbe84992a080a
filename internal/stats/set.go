package stats

// set is a set of 64-bit hashes.
type set struct {
	slots []uint64 // 0 is empty
	n     int
	sum   uint64 // see prefetch
}

// keyOf returns the key of a segment by its hash, as offered by the client and to the
// cache with that number.
func keyOf(hash, number uint64) uint64 { return hash ^ number*0x9e3779b97f4a7c15 | 1 }

// start is where the search for a key begins.
func (s *set) start(key uint64) uint64 { return key >> 1 & uint64(len(s.slots)-1) }

// prefetch reads where the keys of segments are, so that all of these places come from
// memory at the same time. One after the other takes several times as long.
func (s *set) prefetch(hashes []uint64, number uint64) {
	if len(s.slots) == 0 {
		return
	}
	sum := uint64(0)
	for _, h := range hashes {
		sum += s.slots[s.start(keyOf(h, number))]
	}
	s.sum = sum // else the compiler would leave the loop out
}

// add adds a key; full says that it is not there, and there is no room for it.
func (s *set) add(key uint64, limit int) (known, full bool) {
	if s.n*4 >= 3*len(s.slots) && s.n < limit {
		s.grow()
	}
	mask := uint64(len(s.slots) - 1)
	for i := s.start(key); ; i = (i + 1) & mask {
		switch s.slots[i] {
		case key:
			return true, false
		case 0:
			if s.n >= limit {
				return false, true
			}
			s.slots[i] = key
			s.n++
			return false, false
		}
	}
}

func (s *set) grow() {
	old := s.slots
	s.slots = make([]uint64, max(4*len(old), 1<<11)) // so that in the end 3<<19 keys fill three quarters
	mask := uint64(len(s.slots) - 1)
	for _, key := range old {
		if key == 0 {
			continue
		}
		i := s.start(key)
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = key
	}
}

// filter tells of most hashes that were not added that they were not. It is so small that
// it stays in the cache of a processor.
type filter [1 << 11]uint64

func (f *filter) add(hash uint64) { f[hash>>6%uint64(len(f))] |= 1 << (hash % 64) }

func (f *filter) has(hash uint64) bool { return f[hash>>6%uint64(len(f))]>>(hash%64)&1 != 0 }

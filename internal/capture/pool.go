package capture

import "math/bits"

// pool hands out buffers whose capacities are powers of two, and takes them
// back to hand them out again.
type pool struct {
	used  int64 // bytes in use, as charged by the users
	kept  int64 // bytes waiting
	spare [maxClass + 1][][]byte
}

const (
	minClass = 6       // 64 bytes
	maxClass = 20      // 1 MiB; longer ones are not kept
	maxKept  = 4 << 20 // of all classes together
)

// get returns an empty buffer with room for n > 0 bytes.
func (p *pool) get(n int) []byte {
	class := max(bits.Len(uint(n-1)), minClass)
	if class > maxClass || len(p.spare[class]) == 0 {
		return make([]byte, 0, 1<<class)
	}
	s := p.spare[class]
	b := s[len(s)-1]
	p.spare[class] = s[:len(s)-1]
	p.kept -= int64(cap(b))
	return b
}

// free takes a buffer back. No slice of it may be used any longer.
func (p *pool) free(b []byte) {
	n := cap(b)
	if n == 0 {
		return
	}
	if class := bits.Len(uint(n - 1)); class <= maxClass && p.kept+int64(n) <= maxKept {
		p.spare[class] = append(p.spare[class], b[:0])
		p.kept += int64(n)
	}
}

// append is the built-in function with buffers of the pool; b, nil or from it,
// must not be used any longer.
func (p *pool) append(b, data []byte) []byte {
	if n := len(b) + len(data); n > cap(b) {
		grown := append(p.get(n), b...)
		p.free(b)
		b = grown
	}
	return append(b, data...)
}

func (p *pool) clone(data []byte) []byte { return p.append(nil, data) }

package oxcfxics_test

import (
	"errors"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec/oxcfxics"
)

// Another reading of MS-OXCFXICS 2.2.2.6, slow and without anything of the package: a
// stack of byte strings, values as big numbers, a function for each command.

type slowGlobset struct {
	in     []byte
	stack  [][]byte
	ranges [][2]*big.Int
	rule   string // what is wrong
	at     int
}

func (s *slowGlobset) pushed() (all []byte) {
	for _, group := range s.stack {
		all = append(all, group...)
	}
	return all
}

func value(high, low []byte) *big.Int { return new(big.Int).SetBytes(slices.Concat(high, low)) }

// slowRead reads b to its End and returns how long it is.
func slowRead(b []byte) (s slowGlobset, length int) {
	s.in = b
	at := 0
	for {
		s.at = at
		if at == len(b) {
			s.rule = "MissingEnd"
			return s, 0
		}
		name, operands := "", 0
		high := s.pushed()
		switch c := int(b[at]); c {
		case 0:
			if len(s.stack) > 0 {
				s.rule = "EndWithStack"
				return s, 0
			}
			return s, at + 1
		case 1, 2, 3, 4, 5, 6:
			if name, operands = "push", c; len(high)+c > 6 {
				s.rule = "PushOverflow"
				return s, 0
			}
		case 0x50:
			name = "pop"
		case 0x42:
			if name, operands = "bitmask", 2; len(high) != 5 {
				s.rule = "BitmaskStackSize"
				return s, 0
			}
		case 0x52:
			name, operands = "range", 2*(6-len(high))
		default:
			s.rule = "UnknownCommand"
			return s, 0
		}
		if at+1+operands > len(b) {
			s.rule = "TruncatedCommand"
			return s, 0
		}
		if s.rule = s.do(name, high, b[at+1:at+1+operands]); s.rule != "" {
			return s, 0
		}
		at += 1 + operands
	}
}

func (s *slowGlobset) do(name string, high, operands []byte) (rule string) {
	switch name {
	case "push":
		s.stack = append(s.stack, operands)
		if all := s.pushed(); len(all) == 6 {
			v := value(all, nil)
			s.ranges = append(s.ranges, [2]*big.Int{v, v})
			s.stack = s.stack[:len(s.stack)-1]
		}
	case "pop":
		if len(s.stack) == 0 {
			return "PopEmptyStack"
		}
		s.stack = s.stack[:len(s.stack)-1]
	case "range":
		low, up := value(high, operands[:6-len(high)]), value(high, operands[6-len(high):])
		if low.Cmp(up) > 0 {
			return "RangeLowAboveHigh"
		}
		s.ranges = append(s.ranges, [2]*big.Int{low, up})
	case "bitmask":
		values := []int{int(operands[0])}
		for bit := range 8 {
			if operands[1]&(1<<bit) != 0 {
				values = append(values, int(operands[0])+1+bit)
			}
		}
		if values[len(values)-1] > 0xFF {
			return "BitmaskOverflow"
		}
		for i, v := range values {
			number := value(high, []byte{byte(v)})
			if i > 0 && values[i-1] == v-1 {
				s.ranges[len(s.ranges)-1][1] = number
				continue
			}
			s.ranges = append(s.ranges, [2]*big.Int{number, number})
		}
	}
	return ""
}

// agree returns in what the two readings of b differ.
func agree(b []byte) error {
	slow, length := slowRead(b)
	if slow.rule == "" && length < len(b) {
		slow.rule, slow.at = "GlobsetTrailing", length
	}
	g, err := oxcfxics.DecodeGlobset(b)
	var e *oxcfxics.Error
	if errors.As(err, &e) {
		if e.Rule.Name() != slow.rule || e.Offset != slow.at {
			return fmt.Errorf("%x: %v, slowly %s at %d", b, err, slow.rule, slow.at)
		}
		return nil
	}
	if slow.rule != "" {
		return fmt.Errorf("%x: accepted, slowly %s at %d", b, slow.rule, slow.at)
	}
	n := 0
	for r := range g.All() {
		if n == len(slow.ranges) || slow.ranges[n][0].Uint64() != r.Low || slow.ranges[n][1].Uint64() != r.High {
			return fmt.Errorf("%x: range %d is %x, slowly %v", b, n, r, slow.ranges)
		}
		n++
	}
	if n != len(slow.ranges) {
		return fmt.Errorf("%x: %d ranges, slowly %d", b, n, len(slow.ranges))
	}
	return nil
}

// draw draws commands, which mostly fit each other, and breaks some.
func draw(r *rand.Rand, b []byte) []byte {
	b = b[:0]
	pushed, groups := 0, []int(nil)
	for range r.IntN(12) {
		switch r.IntN(8) {
		case 0, 1, 2:
			n := 1 + r.IntN(6)
			if pushed+n > 6 && r.IntN(20) > 0 {
				n = 6 - pushed
			}
			b = append(b, byte(n))
			b = filled(r, b, n)
			if pushed+n < 6 {
				groups, pushed = append(groups, n), pushed+n
			}
		case 3:
			if len(groups) > 0 || r.IntN(20) == 0 {
				b = append(b, 0x50)
				if len(groups) > 0 {
					pushed -= groups[len(groups)-1]
					groups = groups[:len(groups)-1]
				}
			}
		case 4, 5:
			b = append(b, 0x52)
			at := len(b)
			b = filled(r, filled(r, b, 6-pushed), 6-pushed)
			if low, high := b[at:at+6-pushed], b[at+6-pushed:]; r.IntN(20) > 0 && slices.Compare(low, high) > 0 {
				for i := range low {
					low[i], high[i] = high[i], low[i]
				}
			}
		case 6, 7:
			if pushed == 5 || r.IntN(40) == 0 {
				b = append(b, 0x42, byte(r.IntN(256)), byte(r.IntN(256)))
			}
		}
	}
	for range groups {
		b = append(b, 0x50)
	}
	b = append(b, 0)
	switch at := r.IntN(len(b)); r.IntN(12) {
	case 0:
		b[at] = byte(r.IntN(256))
	case 1:
		b = b[:at]
	case 2:
		b = slices.Delete(b, at, at+1)
	case 3:
		b = slices.Insert(b, at, byte(r.IntN(0x60)))
	case 4:
		b = append(b, byte(r.IntN(4)))
	}
	return b
}

func filled(r *rand.Rand, b []byte, n int) []byte {
	for range n {
		b = append(b, byte(r.IntN(3)*r.IntN(256)))
	}
	return b
}

var globsets = flag.Int("globsets", 100_000, "GLOBSETs that TestSlow draws")

// TestSlow compares the two readings of drawn bytes.
func TestSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(14, uint64(*globsets)))
	var b []byte
	accepted := 0
	for range *globsets {
		b = draw(r, b)
		if err := agree(b); err != nil {
			t.Fatal(err)
		}
		if _, err := oxcfxics.DecodeGlobset(b); err == nil {
			accepted++
		}
	}
	t.Logf("%d GLOBSETs, %d of them well formed: no difference", *globsets, accepted)
	if accepted < *globsets/4 || accepted > *globsets*9/10 {
		t.Error("most are alike")
	}
}

func FuzzGlobset(f *testing.F) {
	for _, v := range vectors(f) {
		if v.Kind == "globset" {
			f.Add(bytesOf(f, v.Hex))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := agree(b); err != nil {
			t.Error(err)
		}
	})
}

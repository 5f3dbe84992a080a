package oxcfxics

import (
	"cmp"
	"math/bits"
	"slices"
)

// Normalize sorts ranges and merges those that overlap or touch, in place: what it
// returns, at the beginning of ranges, is the set that AppendGlobset accepts.
func Normalize(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.Low, b.Low) })
	n := 0
	for _, r := range ranges {
		if n > 0 && r.Low <= ranges[n-1].High+1 {
			ranges[n-1].High = max(ranges[n-1].High, r.High)
			continue
		}
		ranges[n] = r
		n++
	}
	return ranges[:n]
}

// AppendGlobset appends the canonical form of a set to dst: the same set always has
// the same bytes. Ranges must be as Normalize leaves them, and at least one;
// otherwise the *Error names the rule, its Offset is the index of the range, and dst
// is returned as it was.
//
// Values that have high bytes in common have all of them pushed once, as R1983 wants;
// a single value is a Push, others a Range. No Bitmask is written: decoders exist
// that read it wrongly.
func AppendGlobset(dst []byte, ranges []Range) ([]byte, error) {
	if e := unarranged(ranges); e.Rule != "" {
		return dst, failed(e)
	}
	w := globsetWriter{b: slices.Grow(dst, globsetLen(ranges)), writes: true}
	w.write(ranges, 0)
	return append(w.b, commandEnd), nil
}

// globsetLen returns the length of the canonical form of ranges.
func globsetLen(ranges []Range) int {
	var w globsetWriter
	w.write(ranges, 0)
	return w.n + 1
}

// unarranged returns what keeps ranges from being written.
func unarranged(ranges []Range) Error {
	e := Error{Structure: "GLOBSET"}
	if len(ranges) == 0 {
		e.Rule, e.detail = RuleGlobsetEmpty, "has no range"
		return e
	}
	for i, r := range ranges {
		e.Offset, e.Value = i, r.Low
		switch {
		case r.High > MaxCounter:
			e.Rule, e.Value, e.detail = RuleTruncatedCommand, r.High, "# has more than six bytes"
		case r.Low > r.High:
			e.Rule, e.detail = RuleRangeLowAboveHigh, "range begins with #, above its end"
		case i == 0 || r.Low > ranges[i-1].High+1:
			continue
		default:
			e.Rule, e.detail = arrangement(ranges[i-1], r)
		}
		return e
	}
	return Error{}
}

// globsetWriter writes commands, or only counts their bytes.
type globsetWriter struct {
	b      []byte
	n      int
	writes bool
}

// command adds a command with the low size bytes of each value.
func (w *globsetWriter) command(c byte, size int, values ...uint64) {
	w.n += 1 + size*len(values)
	if !w.writes {
		return
	}
	w.b = append(w.b, c)
	for _, v := range values {
		for i := size - 1; i >= 0; i-- {
			w.b = append(w.b, byte(v>>(8*i)))
		}
	}
}

// write adds ranges, which have the pushed high bytes in common.
func (w *globsetWriter) write(ranges []Range, pushed int) {
	for len(ranges) > 0 {
		first := ranges[0]
		n := 1 // ranges that have the next byte in common
		common := shared(first.Low, first.High)
		for common > pushed && n < len(ranges) {
			next := shared(first.Low, ranges[n].High)
			if next <= pushed {
				break
			}
			common = next
			n++
		}
		left := globcntLen - pushed
		switch {
		case n == 1 && first.Low == first.High:
			w.command(byte(left), left, first.Low)
		case common == pushed:
			w.command(commandRange, left, first.Low, first.High)
		default:
			size := common - pushed
			w.command(byte(size), size, first.Low>>(8*(globcntLen-common)))
			w.write(ranges[:n], common)
			w.command(commandPop, 0)
		}
		ranges = ranges[n:]
	}
}

// shared returns how many high bytes two values have in common.
func shared(a, b uint64) int { return (bits.LeadingZeros64(a^b) - 16) / 8 }

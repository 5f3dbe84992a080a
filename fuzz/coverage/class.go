package coverage

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/spec"
)

// Classes of the lengths of lists begin at these.
var lengths = []int{0, 1, 2, 3, 8, 32, 127, 128, 129, 511, 512, 513}

func listClass(n int) int {
	i, found := slices.BinarySearch(lengths, n)
	if !found {
		i--
	}
	return i
}

// Contents of byte strings.
const (
	allZero = iota
	allOnes
	known // one of spec.ContentTags
	other
	contents // how many of these there are
)

var contentNames = [contents]string{"zeros", "ones", "a known value", "other bytes"}

// truncated is the class of every truncated leaf.
const truncated = 0

// class returns the class of a leaf.
func (f *field) class(n *spec.Node) int {
	if n.Truncated() || f.form == spec.Integer && n.Form != spec.Integer { // XML with something else
		return truncated
	}
	if f.xml && f.form != spec.Integer {
		length, found := slices.BinarySearch(f.sizes, len(n.Meaning))
		if !found {
			length--
		}
		return 1 + length
	}
	if f.form == spec.Integer {
		for i, v := range f.values {
			if v == n.Value {
				return 1 + i
			}
		}
		return 1 + len(f.values) + bits.Len64(n.Value)
	}
	length := 0
	if f.sizes != nil {
		var found bool
		if length, found = slices.BinarySearch(f.sizes, len(n.Raw())); !found {
			length--
		}
	}
	return 1 + length*contents + content(n)
}

func content(n *spec.Node) int {
	if n.Meaning != "" {
		return known
	}
	if len(n.Raw()) == 0 || n.Raw()[0] != 0 && n.Raw()[0] != 0xFF {
		return other
	}
	for _, b := range n.Raw() {
		if b != n.Raw()[0] {
			return other
		}
	}
	if n.Raw()[0] == 0 {
		return allZero
	}
	return allOnes
}

// classes returns the number of classes of a list or leaf.
func (f *field) classes() int {
	switch f.form {
	case spec.List:
		return len(lengths)
	case spec.Integer:
		return 1 + len(f.values) + 8*f.size + 1
	}
	if f.xml {
		return 1 + len(f.sizes)
	}
	return 1 + max(1, len(f.sizes))*contents
}

// className describes a class of the field.
func (f *field) className(i int) string {
	switch {
	case f.form == spec.List:
		return "has " + span(lengths, i, "element")
	case i == truncated && f.xml:
		return "is no number"
	case i == truncated:
		return "is truncated"
	case f.xml && f.form != spec.Integer:
		return "has " + span(f.sizes, i-1, "character")
	case f.form == spec.Integer && i <= len(f.values):
		return "is " + strconv.FormatUint(f.values[i-1], 10)
	case f.form == spec.Integer:
		return "has " + strconv.Itoa(i-1-len(f.values)) + " bits"
	case f.sizes == nil:
		return "has " + contentNames[i-1]
	}
	i--
	return "has " + span(f.sizes, i/contents, "byte") + ": " + contentNames[i%contents]
}

// span names the numbers from the i-th of bounds to the next.
func span(bounds []int, i int, unit string) string {
	low, units := strconv.Itoa(bounds[i]), " "+unit+"s"
	switch {
	case i+1 == len(bounds):
		return low + " or more" + units
	case bounds[i+1] != bounds[i]+1:
		return low + " to " + strconv.Itoa(bounds[i+1]-1) + units
	case bounds[i] == 1:
		return "1 " + unit
	}
	return low + units
}

// values returns the boundary values of an integer.
func values(l *spec.Layout, f *spec.LayoutField) []uint64 {
	size := f.Extent.Bytes
	largest := uint64(1)<<(8*size-1)<<1 - 1
	all := []uint64{0, 1, largest, largest >> 1, largest>>1 + 1}
	near := func(limits ...uint64) {
		for _, v := range limits {
			all = append(all, v-1, v, v+1)
		}
	}
	wrong := func(v uint64) uint64 { return bits.ReverseBytes64(v) >> (64 - 8*size) }
	for _, s := range f.Symbols {
		near(s.Value)
	}
	for _, c := range f.Constraints {
		switch c.Check {
		case spec.OneOf, spec.Between:
			near(c.Values...)
			for _, v := range c.Values {
				all = append(all, wrong(v))
			}
		case spec.Held:
			near(4, 16, 32, 48, 64, 256)
			all = append(all, wrong(1), wrong(32))
		case spec.Backed:
			near(2, 127, 512)
			all = append(all, wrong(1))
			list := l.Counted(f.Name)
			if bytes, _, ok := list.ElementSize(); ok && list.Extent.Measure == spec.BytesBy {
				near(uint64(bytes), uint64(2*bytes))
			}
		}
	}
	if f.Notation == spec.Octets && size == 4 {
		near(64<<10, 128<<10, 32<<20)
	}
	all = slices.DeleteFunc(all, func(v uint64) bool { return v > largest })
	slices.Sort(all)
	return slices.Compact(all)
}

// sizes returns the lengths at which classes of a byte string begin, nil if its
// length is fixed.
func sizes(e spec.Extent) []int {
	switch e.Measure {
	case spec.Exactly:
		return nil
	case spec.HashLength:
		var all []int
		for _, s := range e.Functions {
			all = append(all, s.Length)
		}
		slices.Sort(all)
		return all
	}
	return []int{0, 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65}
}

package pccrtp

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// Version is a version such as 1.1: two numbers, so that 1.23 is higher than 1.3
// (MS-PCCRTP 2.2). Its zero value is no version.
type Version struct{ Major, Minor uint32 }

// The versions of the encoding, and those of Content Information.
var (
	Version10 = Version{1, 0}
	Version11 = Version{1, 1}
	Version20 = Version{2, 0} // of Content Information only
)

// Compare returns -1, 0 or +1 as v is lower than w, equal or higher.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor))
}

// ParseVersion reads digits, a dot and digits; each number has 32 bits at most.
// 0.0 is none.
func ParseVersion(s string) (v Version, ok bool) {
	major, minor, dot := strings.Cut(s, ".")
	m, ok := number(major, math.MaxUint32)
	n, fine := number(minor, math.MaxUint32)
	if !dot || !ok || !fine || m == 0 && n == 0 {
		return Version{}, false
	}
	return Version{uint32(m), uint32(n)}, true
}

// Append appends v to dst.
func (v Version) Append(dst []byte) []byte {
	dst = append(strconv.AppendUint(dst, uint64(v.Major), 10), '.')
	return strconv.AppendUint(dst, uint64(v.Minor), 10)
}

// String returns "1.1".
func (v Version) String() string { return string(v.Append(nil)) }

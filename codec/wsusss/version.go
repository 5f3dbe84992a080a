package wsusss

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// Version is a version of the protocol: two integers, no decimal. 1.20 is newer than
// 1.8. The versions that exist are 1.1, 1.2, 1.3, 1.6, 1.8 and 1.20.
type Version struct{ Major, Minor uint32 }

// ReportingVersion is the lowest version with which reports are sent.
var ReportingVersion = Version{1, 3}

// ParseVersion reads a version: two numbers with a dot between them, and nothing
// else. The error is an *Error of RuleVersion.
func ParseVersion(s string) (Version, error) {
	major, minor, dot := strings.Cut(s, ".")
	v := Version{}
	var ok1, ok2 bool
	v.Major, ok1 = number(major)
	v.Minor, ok2 = number(minor)
	if !dot || !ok1 || !ok2 {
		return Version{}, soapfault.NewError(RuleVersion, "version", 0, s, "is %, must be two numbers with a dot between them")
	}
	return v, nil
}

// number reads decimal digits, and no sign.
func number(s string) (uint32, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil
}

// String returns, for instance, "1.20".
func (v Version) String() string {
	return strconv.FormatUint(uint64(v.Major), 10) + "." + strconv.FormatUint(uint64(v.Minor), 10)
}

// Compare returns a negative number if v is older than other, 0 if they are the same,
// a positive number if v is newer.
func (v Version) Compare(other Version) int {
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor))
}

// Compatible reports whether a server takes the version: those with another Major
// are refused.
func (v Version) Compatible() bool { return v.Major == 1 }

// Reports reports whether reports are sent with this version, if the other side has
// one that does so, too.
func (v Version) Reports() bool { return v.Compatible() && v.Compare(ReportingVersion) >= 0 }

// VersionFault returns the ErrorCode with which a server refuses the version that a
// caller has sent as s, "" if it takes it.
func VersionFault(s string) string {
	v, err := ParseVersion(s)
	switch {
	case err != nil:
		return "InvalidParameters"
	case !v.Compatible():
		return "IncompatibleProtocolVersion"
	}
	return ""
}

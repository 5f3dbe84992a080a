package pccrd

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// String returns b in upper-case hexadecimal.
func (b Bytes) String() string { return strings.ToUpper(hex.EncodeToString(b)) }

// MarshalText returns b in lower-case hexadecimal, as JSON shows it.
func (b Bytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

// UnmarshalText reads what MarshalText writes.
func (b *Bytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	if err == nil {
		*b = decoded
	}
	return err
}

// String returns "none", "some" or "all".
func (a Availability) String() string {
	switch a {
	case AvailableNone:
		return "none"
	case AvailableSome:
		return "some"
	case AvailableAll:
		return "all"
	}
	return "contradictory"
}

// String returns one line about p.
func (p Probe) String() string {
	return fmt.Sprintf("Probe, version %d.0, segments %v", p.Version, p.HoHoDk)
}

// String returns one line about m.
func (m ProbeMatches) String() string {
	b := []byte("ProbeMatches")
	for _, p := range m.ProbeMatch {
		b = fmt.Appendf(b, ", version %d.0 at %s: ", p.Version, strings.Join(p.XAddrs, " "))
		if p.Version != Version1 {
			b = fmt.Appendf(b, "segments %v", p.Availability)
			continue
		}
		for i, h := range p.HoHoDk {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = fmt.Appendf(b, "segment %v", h)
			if i < len(p.BlockCount) {
				b = fmt.Appendf(b, " with %d blocks", p.BlockCount[i])
			}
		}
	}
	return string(b)
}

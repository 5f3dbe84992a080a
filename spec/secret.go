package spec

import "unique"

// A Secret is bytes with key material (MS-PCCRC 2.2, Kp) in them. Whatever prints
// or encodes one, or a value that holds one, shows "redacted" or an address.
// Secrets of the same bytes are equal.
//
// A pointer to a string hides it from every verb of package fmt, which this
// package does not import, so that it cannot implement its Formatter.
type Secret struct{ bytes unique.Handle[string] }

// NewSecret returns a Secret with these bytes.
func NewSecret(bytes string) Secret { return Secret{unique.Make(bytes)} }

// Reveal returns the bytes.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.bytes.Value()
}

// String returns "redacted".
func (Secret) String() string { return "redacted" }

// GoString returns "redacted".
func (Secret) GoString() string { return "redacted" }

// MarshalText returns "redacted", for packages log/slog and encoding/json.
func (Secret) MarshalText() ([]byte, error) { return []byte("redacted"), nil }

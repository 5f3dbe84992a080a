package pccrc

import "crypto/subtle"

// Secret is a key: a segment secret (Kp), which must be guarded like the
// content itself, or a server secret (Ks), which must be guarded more than that
// (MS-PCCRC 2.2, 4.1.1). It prints as "redacted" in fmt, log/slog, JSON and
// XML. Bytes returns the key.
type Secret struct{ key []byte }

// NewSecret returns key as a Secret, which aliases it.
func NewSecret(key []byte) Secret { return Secret{key[:len(key):len(key)]} }

// Bytes returns the key. It aliases what the Secret was made from or decoded
// from.
func (s Secret) Bytes() []byte { return s.key }

// Len returns the length of the key in bytes.
func (s Secret) Len() int { return len(s.key) }

// Equal reports whether both keys are the same, in constant time for keys of
// the same length.
func (s Secret) Equal(other Secret) bool { return subtle.ConstantTimeCompare(s.key, other.key) == 1 }

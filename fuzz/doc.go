// Package fuzz has what all packages below it share: a [Message] is a byte
// string together with what it should be decoded as, a [Difference] is what an
// implementation does wrong with it.
//
// Package oracle compares this module's own codec with package spec. README.md
// explains the other packages and how a campaign uses them.
package fuzz

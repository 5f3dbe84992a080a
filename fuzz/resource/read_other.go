//go:build !linux

package resource

import (
	"errors"
	"runtime"
)

// Unwatched says why processes cannot be watched on this system; nil if they can.
func Unwatched() error { return errors.New("pchc cannot read this on " + runtime.GOOS) }

// reader reads nothing.
type reader struct{}

func newReader(int) reader { return reader{} }

func (*reader) read() (Usage, error) { return Usage{}, Unwatched() }

// DefaultMemory is a limit of memory that protects this machine, in bytes; 0 if its size
// is not known.
func DefaultMemory() int64 { return 0 }

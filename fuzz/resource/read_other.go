//go:build !linux

package resource

import (
	"errors"
	"runtime"
	"time"
)

// Unwatched says why processes cannot be watched on this system; nil if they can.
func Unwatched() error { return errors.New("pchc cannot read this on " + runtime.GOOS) }

// reader reads nothing.
type reader struct{}

func newReader(int) reader { return reader{} }

func (*reader) read() (Usage, error) { return Usage{}, Unwatched() }

func (*reader) processes() []int { return nil }

// DefaultMemory is a limit of memory that protects this machine, in bytes; 0 if its size
// is not known.
func DefaultMemory() int64 { return 0 }

// RunDelay returns for how long processes have waited for a processor: ok is false, as
// that is not known.
func RunDelay([]int) (sum time.Duration, ok bool) { return 0, false }

// Listeners returns the processes that listen at a TCP port: none is known.
func Listeners(int) []int { return nil }

// Load returns the load of the machine: 0, as it is not known.
func Load() float64 { return 0 }

package resource

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Usage is what a process and its children use.
type Usage struct {
	Process   int64         // differs after a restart
	Processes int           // the process and its children
	Memory    int64         // resident, in bytes
	Files     int           // open file descriptors; -1 if they cannot be read
	Threads   int           //
	CPU       time.Duration // processor time since the start
	// Shadowed means that a sanitizer is linked in, which keeps freed memory, so that
	// growth of Memory says little.
	Shadowed bool
}

// Kind is a resource.
type Kind string

// The resources that are watched.
const (
	Memory  Kind = "memory"
	Files   Kind = "files"
	Threads Kind = "threads"
	Time    Kind = "time" // of the processor
)

// Of returns the amount of a resource in bytes, as a number, or in nanoseconds.
func (k Kind) Of(u Usage) float64 {
	switch k {
	case Memory:
		return float64(u.Memory)
	case Files:
		return float64(u.Files)
	case Threads:
		return float64(u.Threads)
	}
	return float64(u.CPU)
}

// Amount writes an amount of the resource: "4.0 KiB", "1.0 files", "12 threads".
func (k Kind) Amount(v float64) string {
	switch k {
	case Memory:
		return Bytes(v)
	case Time:
		unit := math.Pow(10, math.Floor(math.Log10(max(1, v)))-1)
		return time.Duration(v).Round(time.Duration(max(1, unit))).String()
	}
	if v == math.Trunc(v) || v >= 10 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// ErrEnded is the error of reading a process that has ended.
var ErrEnded = errors.New("the process has ended")

// Limits are budgets of a process and its children. 0 means no limit.
type Limits struct {
	Memory  int64 // in bytes
	Files   int
	Threads int
}

// Exceeded says which limit is exceeded, and by how much; "" if none is.
func (l Limits) Exceeded(u Usage) string {
	switch {
	case l.Memory > 0 && u.Memory > l.Memory:
		return fmt.Sprintf("uses %s of memory, more than %s", Bytes(float64(u.Memory)), Bytes(float64(l.Memory)))
	case l.Files > 0 && u.Files > l.Files:
		return fmt.Sprintf("has %d open files, more than %d", u.Files, l.Files)
	case l.Threads > 0 && u.Threads > l.Threads:
		return fmt.Sprintf("has %d threads, more than %d", u.Threads, l.Threads)
	}
	return ""
}

// Bytes writes a number of bytes with two significant digits or more, and a binary unit:
// "64 bytes", "4.0 KiB", "256 MiB".
func Bytes(n float64) string {
	if n < 1000 {
		return strconv.FormatFloat(n, 'f', 0, 64) + " bytes"
	}
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	i := 0
	for n /= 1024; n >= 1000 && i < len(units)-1; i++ {
		n /= 1024
	}
	precision := 0
	if n < 9.95 {
		precision = 1
	}
	return strconv.FormatFloat(n, 'f', precision, 64) + " " + units[i]
}

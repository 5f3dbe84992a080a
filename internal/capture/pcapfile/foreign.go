package pcapfile

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/internal/foreign"
)

// ForeignError is the error of [NewReader] for a file of another known format. It
// wraps [ErrNotCapture].
type ForeignError struct {
	What string // "a zip archive"
	Help string // what to do with FILE
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%v: it looks like %s (%s)", ErrNotCapture, e.What, e.Help)
}

func (e *ForeignError) Unwrap() error { return ErrNotCapture }

// foreignError is the error for a file that begins with head and is no capture.
func foreignError(head []byte) error {
	if f := foreign.Of(head); f != nil {
		if f.Help == "" {
			return &ForeignError{f.Name, "it has no IP packets"}
		}
		return &ForeignError{f.Name, f.Help}
	}
	text := strings.ToLower(string(head[:min(len(head), 512)]))
	text = strings.TrimLeft(strings.TrimPrefix(text, "\xef\xbb\xbf"), " \t\r\n")
	for _, begin := range []string{"<!doctype html", "<html", "<head"} {
		if strings.HasPrefix(text, begin) {
			return &ForeignError{"an HTML page", "open it in a browser: the server may have sent an error or a login page instead of the file"}
		}
	}
	return fmt.Errorf("%w: it begins with the bytes % x", ErrNotCapture, head[:min(len(head), 4)])
}

package campaign

import (
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Limits of what a history keeps.
const (
	mostMessages = 1 << 16
	mostBytes    = 32 << 20
)

// history has the messages to one process, but for the oldest if they are too many.
type history struct {
	messages []fuzz.Message
	bytes    int
}

// add adds messages, which it keeps without a copy.
func (h *history) add(cases []target.Case) {
	for i := range cases {
		h.messages = append(h.messages, cases[i].Message)
		h.bytes += len(cases[i].Bytes)
	}
	for len(h.messages) > mostMessages || h.bytes > mostBytes {
		oldest := len(h.messages)/4 + 1
		for _, m := range h.messages[:oldest] {
			h.bytes -= len(m.Bytes)
		}
		h.messages = slices.Delete(h.messages, 0, oldest)
	}
}

// clear forgets all messages: the process has ended.
func (h *history) clear() { h.messages, h.bytes = slices.Delete(h.messages, 0, len(h.messages)), 0 }

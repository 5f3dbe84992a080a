package fuzz

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/spec"
)

// Message is a byte string and the kind of message to decode it as, one of [Kinds]. A
// response is one to an unknown request.
type Message struct {
	Kind  spec.Kind
	Bytes []byte
}

// AppendText appends the message as a line such as "request 0002...", without
// the line end: external decoders read such lines, and files store messages so.
// It fails for other kinds.
func (m Message) AppendText(dst []byte) ([]byte, error) {
	if !isKind(m.Kind) {
		return dst, fmt.Errorf("%s is not a kind of message", m.Kind)
	}
	dst = append(append(dst, m.Kind.String()...), ' ')
	return hex.AppendEncode(dst, m.Bytes), nil
}

// MarshalText implements encoding.TextMarshaler, see [Message.AppendText].
func (m Message) MarshalText() ([]byte, error) { return m.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler: the inverse of
// [Message.AppendText]. The space may be missing if the message has no bytes.
// Errors never hold the bytes.
func (m *Message) UnmarshalText(text []byte) error {
	name, digits, _ := strings.Cut(strings.TrimRight(string(text), "\r\n"), " ")
	kind, ok := spec.ParseKind(name)
	if !ok || !isKind(kind) {
		return fmt.Errorf("a message begins with its kind, such as request, response or content, not %.20q", name)
	}
	digits = strings.TrimSpace(digits)
	if at := strings.IndexFunc(digits, notHex); at >= 0 {
		r, _ := utf8.DecodeRuneInString(digits[at:])
		return fmt.Errorf("%s: %q is not a hex digit (digit %d)", name, r, at+1)
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return fmt.Errorf("%s: %d hex digits, must be two for each byte", name, len(digits))
	}
	*m = Message{kind, b}
	return nil
}

func notHex(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }

// Kinds returns the kinds of messages: those of MS-PCHC and Content Information, the
// buffers of FSCTL_SRV_READ_HASH, and those of MS-PCCRR and MS-PCCRD. [spec.ContentV1] and
// [spec.ContentV2] are none: the second byte of Content Information says which it is.
func Kinds() []spec.Kind { return slices.Clone(kinds) }

var kinds = []spec.Kind{spec.Request, spec.Response, spec.Content,
	spec.HashRequest, spec.HashResponse, spec.RetrievalRequest, spec.RetrievalResponse, spec.Discovery}

// isKind reports whether messages can be of that kind.
func isKind(k spec.Kind) bool { return slices.Contains(kinds, k) }

// GoString returns the text of m, so that %#v, and with it a failing property
// test, prints a line that can be replayed. It holds all bytes, keys included.
func (m Message) GoString() string {
	text, err := m.AppendText(nil)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Dissect is [spec.Dissect].
func (m Message) Dissect() *spec.Dissection { return spec.Dissect(m.Kind, m.Bytes) }

// Clone returns a message that shares no bytes with m.
func (m Message) Clone() Message {
	return Message{m.Kind, append([]byte(nil), m.Bytes...)}
}

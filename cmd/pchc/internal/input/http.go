package input

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// isHTTP reports whether b begins with the first line of an HTTP/1 request or
// response.
func isHTTP(b []byte) bool {
	if bytes.HasPrefix(b, []byte("HTTP/1.")) {
		return true
	}
	first, _, _ := bytes.Cut(b[:min(len(b), 4096)], []byte("\n"))
	method, target, ok := bytes.Cut(first, []byte(" "))
	return ok && len(method) > 0 && len(bytes.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == 0 &&
		bytes.Contains(target, []byte(" HTTP/1."))
}

// httpMessage is one message of an HTTP/1 stream.
type httpMessage struct {
	kind   spec.Kind
	status int // of a response
	body   []byte
	whole  bool // the body is as long as the head says, if that says it
}

// readHTTP splits b into the HTTP messages that it holds. A body without a
// declared length, or one cut short, reaches to the end of b.
func readHTTP(b []byte) []httpMessage {
	var list []httpMessage
	for isHTTP(b) {
		head, rest, ok := cutHead(b)
		if !ok {
			break
		}
		first, fields, _ := strings.Cut(string(head), "\n")
		m := httpMessage{kind: spec.Request}
		if strings.HasPrefix(first, "HTTP/") {
			m.kind = spec.Response
			_, status, _ := strings.Cut(first, " ")
			m.status, _ = strconv.Atoi(status[:min(len(status), 3)])
		}
		length, chunked := framing(fields)
		switch {
		case m.kind == spec.Response && (m.status < 200 || m.status == 204 || m.status == 304):
			m.whole = true
			b = rest
		case chunked:
			m.body, b, m.whole = unchunk(rest)
		case length >= 0:
			m.whole = length <= len(rest)
			length = min(length, len(rest))
			m.body, b = rest[:length:length], rest[length:]
		case m.kind == spec.Request && isHTTP(rest):
			m.whole = true
			b = rest
		default: // to the end of the connection
			m.body, b, m.whole = rest, nil, true
		}
		list = append(list, m)
	}
	return list
}

// cutHead splits b after the empty line that ends an HTTP head.
func cutHead(b []byte) (head, rest []byte, ok bool) {
	for i := 0; i < len(b); {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return nil, nil, false
		}
		l := bytes.TrimSuffix(b[i:i+n], []byte("\r"))
		i += n + 1
		if len(l) == 0 {
			return b[:i], b[i:], true
		}
	}
	return nil, nil, false
}

// framing returns what HTTP header fields say of the body: its length, or -1.
func framing(fields string) (length int, chunked bool) {
	length = -1
	for l := range strings.SplitSeq(fields, "\n") {
		name, value, _ := strings.Cut(l, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "content-length":
			if n, err := strconv.Atoi(value); err == nil && n >= 0 {
				length = n
			}
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		}
	}
	return length, chunked
}

// unchunk joins the chunks at the start of b and returns what follows them.
func unchunk(b []byte) (body, rest []byte, whole bool) {
	for {
		size, after, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return body, nil, false
		}
		digits, _, _ := bytes.Cut(bytes.TrimSpace(size), []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return body, nil, false
		}
		if n == 0 {
			_, rest, _ := cutHead(after) // the trailer
			return body, rest, true
		}
		if n > uint64(len(after)) {
			return append(body, after...), nil, false
		}
		body = append(body, after[:n]...)
		b = bytes.TrimPrefix(bytes.TrimPrefix(after[n:], []byte("\r")), []byte("\n"))
	}
}

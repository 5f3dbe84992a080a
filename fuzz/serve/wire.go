package serve

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// The answers of MS-PCHC 2.2.2.
var (
	answerOK         = []byte{0, 0, 0, 1, 0}
	answerInterested = []byte{0, 0, 0, 1, 1}
)

// answer is an answer on its way.
type answer struct {
	wire    []byte // all of it, or the part that is repeated without an end
	repeat  []byte
	status  int
	payload []byte // what HTTP says that the payload is
	whole   bool   // it is a whole message of HTTP
}

// meaning says what the right answer is, where the behaviour does not.
func (a *answer) meaning(b *Behaviour) string {
	switch {
	case b.code != fit || b.payload != nil:
	case bytes.Equal(a.payload, answerOK):
		return ": OK"
	case bytes.Equal(a.payload, answerInterested):
		return ": INTERESTED"
	}
	return ""
}

// answerOf returns the answer of a behaviour to a request that right is the payload for.
func answerOf(b *Behaviour, right []byte) (a answer) {
	payload := right
	switch b.code {
	case ok:
		payload = answerOK
	case interested:
		payload = answerInterested
	}
	if b.status == http.StatusUnauthorized {
		payload = nil
	}
	if b.payload != nil {
		payload = b.payload(payload)
	}
	a.status, a.payload, a.whole = max(b.status, http.StatusOK), payload, b.framing.whole()
	if b.status != 0 {
		a.status = b.status
	}
	var head strings.Builder
	if b.Name == "continue" {
		head.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
	}
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n%s", a.status, http.StatusText(a.status), b.fields)
	if b.end == announce {
		head.WriteString("Connection: close\r\n")
	}
	body := payload
	n := len(payload)
	switch b.framing {
	case length:
		fmt.Fprintf(&head, "Content-Length: %d\r\n", n)
	case lengthMore:
		fmt.Fprintf(&head, "Content-Length: %d\r\n", n+1)
	case lengthLess:
		n = max(0, n-1)
		fmt.Fprintf(&head, "Content-Length: %d\r\n", n)
		a.payload = payload[:n]
	case lengths:
		fmt.Fprintf(&head, "Content-Length: %d\r\nContent-Length: %d\r\n", n, n+2)
	case lengthMinus:
		fmt.Fprintf(&head, "Content-Length: -%d\r\n", n)
	case chunked:
		head.WriteString("Transfer-Encoding: chunked\r\n")
		body = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", n, payload)
		if n == 0 {
			body = []byte("0\r\n\r\n")
		}
	case chunkedWrongly:
		head.WriteString("Transfer-Encoding: chunked\r\n")
		body = fmt.Appendf(nil, "five\r\n%s\r\n0\r\n\r\n", payload)
	case chunkedShort:
		head.WriteString("Transfer-Encoding: chunked\r\n")
		body = fmt.Appendf(nil, "%x\r\n%s", n+3, payload)
	case headCut:
		a.wire = []byte("HTTP/1.1 200 OK\r\nContent-Le")
		return a
	case noHTTP:
		a.wire = []byte("220 mail.example ESMTP\r\n\x00\x01\x02\xff\r\n\r\n")
		return a
	case endless:
		head.WriteString("Transfer-Encoding: chunked\r\n")
		body, a.repeat = nil, []byte("1000\r\n"+strings.Repeat("\x00\x00\x00\x01\x01", 0x1000/5)+"\x00\r\n")
	case endlessHead:
		a.wire, a.repeat = []byte(head.String()), []byte("X-More: "+strings.Repeat("x", 1000)+"\r\n")
		return a
	}
	head.WriteString("\r\n")
	a.wire = append([]byte(head.String()), body...)
	return a
}

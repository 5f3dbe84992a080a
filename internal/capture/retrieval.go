package capture

import "encoding/binary"

// Responses of MS-PCCRR whose request was not captured.

// maxRetrieval is the longest HTTP body of a response (MS-PCCRR 2.2.3): 4 bytes more
// than 384 KiB.
const maxRetrieval = 4 + 384<<10

// retrievalHead is the length of what they begin with: the size of what follows, and
// MESSAGE_HEADER, which is minor and major version 2+2, type 4, size 4, algorithm 4
// (MS-PCCRR 2.2.2, 2.2.3).
const retrievalHead = 4 + 16

// isRetrieval reports whether body is such a response by its first bytes and its length.
func isRetrieval(body []byte) bool {
	return len(body) >= retrievalHead && mayBeRetrieval(nil, body) && binary.BigEndian.Uint32(body) == uint32(len(body)-4)
}

// mayBeRetrieval reports whether a and b together begin such a response, as far as the
// first bytes of either show it.
func mayBeRetrieval(a, b []byte) bool {
	if len(a) < retrievalHead {
		a = append(append(make([]byte, 0, 2*retrievalHead), a...), b[:min(len(b), retrievalHead)]...)
	}
	if len(a) < retrievalHead {
		return true
	}
	size, kind := binary.BigEndian.Uint32(a), binary.BigEndian.Uint32(a[8:])
	return size == binary.BigEndian.Uint32(a[12:]) && size <= maxRetrieval-4 && binary.BigEndian.Uint32(a[16:]) <= 3 &&
		(kind == 1 || kind == 4 || kind == 5 || kind == 7)
}

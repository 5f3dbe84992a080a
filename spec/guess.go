package spec

import "bytes"

// Guess returns the kind of a message by its first bytes. The result is a guess:
// versions and types that do not exist count as the most similar ones that do.
func Guess(b []byte) Kind {
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return -1
	}
	switch {
	case looksLikeDiscovery(b):
		return Discovery
	case looksLikeRetrievalRequest(b):
		return RetrievalRequest
	case looksLikeRetrievalResponse(b):
		return RetrievalResponse
	case looksLikeHashRequest(b):
		return HashRequest
	case looksLikeHashResponse(b):
		return HashResponse
	case at(0) == 0 && at(1) == 0:
		return Response
	case (at(1) == 1 || at(1) == 2) && at(2) == 0:
		return Request
	case at(1) == 1 && 0x0C <= at(2) && at(2) <= 0x0E, at(1) == 2 && at(2) == 4:
		return Content
	case at(2) == 0 && 1 <= at(3) && at(3) <= 3:
		return Request
	case len(b) < 8:
		return Response
	}
	return Request
}

// looksLikeRetrievalRequest reports whether b begins with a MESSAGE_HEADER of a
// request, of a version that exists.
func looksLikeRetrievalRequest(b []byte) bool {
	if len(b) < 16 {
		return false
	}
	t := big(b[4:8])
	return big(b[:4])-1 < 2 && (t == 0 || t == 2 || t == 3 || t == 6)
}

// looksLikeRetrievalResponse reports whether b begins with its length, and with a
// MESSAGE_HEADER of a response, of a version that exists.
func looksLikeRetrievalResponse(b []byte) bool {
	if len(b) < 20 || big(b[:4]) != uint64(len(b)-4) {
		return false
	}
	t := big(b[8:12])
	return big(b[4:8])-1 < 2 && (t == 1 || t == 4 || t == 5 || t == 7)
}

// looksLikeDiscovery reports whether b begins like XML, and has the namespace of
// WS-Discovery in it.
func looksLikeDiscovery(b []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\uFEFF")), xmlSpace)
	return len(text) > 0 && text[0] == '<' && bytes.Contains(text, []byte(namespaceDiscovery))
}

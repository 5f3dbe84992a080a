package codec

// CheckRequest reports whether b, the body of an HTTP POST, is a well-formed
// request, envelope and body, and returns the first violation of a format rule
// where it is not. It allocates nothing either way: use it for counters under
// flood.
func CheckRequest(b []byte) (violation Error, ok bool) {
	t := Sniff(b)
	if t == TypeUnknown || len(b) < offMessageBody {
		return envelopeViolation(b), false
	}
	body := b[offMessageBody:]
	violated := false
	switch t {
	case TypeInitialOffer:
		if violated = !validHash(body); violated {
			violation = hashViolation(body)
		}
	case TypeSegmentInfo:
		violation, violated = segmentInfoViolation(body)
	case TypeBatchedOffer:
		s := SegmentDescriptors{body}
		if n := s.valid(MaxDescriptors); n != len(s.b) || n == 0 {
			violation, violated = s.violation(n, MaxDescriptors), true
		}
	}
	return violation, !violated
}

// CheckResponse is to [DecodeResponseMessage] what [CheckRequest] is to the
// decoders of requests.
func CheckResponse(b []byte, request MessageType) (violation Error, ok bool) {
	violation, violated := responseViolation(b, request)
	return violation, !violated
}

package capture

import "bytes"

// view takes what the views have of a segment: the HTTP in it, if it carries
// TLS, in its place, and then it returns true; or bytes that came before it and
// perhaps were not captured. Those count like a retransmission.
func (r *Reader) view(e *endpoints, from int, s *segment) bool {
	if len(r.views.HTTP) > 0 {
		plain := *e
		plain.version |= plaintext
		for _, b := range r.views.HTTP {
			r.message(&plain, from, b, 0)
		}
		if r.decrypted == nil {
			r.decrypted = make(map[endpoints]bool)
		}
		r.decrypted[*e] = true
		return true
	}
	if n := precede(r.views.TCP, s.data); n > 0 {
		before := *s
		before.seq -= uint32(n)
		before.data, before.cut = r.views.TCP[:n], 0
		before.flags = 0 // part of it may have been sent before what s acknowledges
		r.segment(e, from, &before)
	}
	return false
}

// precede returns how many bytes of run come before data. It ends with data, or
// at least with the beginning of it.
func precede(run, data []byte) int {
	for n := min(len(data), len(run)); n > 0; n-- {
		if bytes.HasSuffix(run, data[:n]) {
			return len(run) - n
		}
	}
	if len(data) == 0 {
		return len(run)
	}
	return 0
}

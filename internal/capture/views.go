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
	for _, run := range r.views.TCP {
		if s.cut > 0 {
			break // then nothing is reassembled from it
		}
		n := precede(run, s.data)
		if n < 0 && IsHTTP(run) && !bytes.Contains(s.data, run) {
			r.problem("the reassembled data shown with this frame do not contain its payload", r.now.frame)
		}
		if n < 0 || n == 0 && len(run) <= len(s.data) {
			continue
		}
		whole := *s
		whole.seq -= uint32(n)
		whole.data, whole.cut = run, 0
		if n+len(s.data) >= len(run) {
			whole.data = run[:n] // what s itself has is not needed twice
		}
		whole.flags = 0 // part of it may have been sent before what s acknowledges
		r.segment(e, from, &whole)
	}
	return false
}

// precede returns how many bytes of run come before data, -1 if data is no part of
// it. Run ends with data, or, where segments came out of order, has it further in
// front, or ends with the beginning of it, and then another message begins.
func precede(run, data []byte) int {
	if len(data) == 0 {
		return len(run)
	}
	if n := bytes.LastIndex(run, data); n >= 0 {
		return n
	}
	for n := min(len(data), len(run)); n > 0; n-- {
		if bytes.HasSuffix(run, data[:n]) && (n == len(data) || mayStart(data[n:], unknown)) {
			return len(run) - n
		}
	}
	return -1
}

package capture

// Payload takes what one end of a connection sent next, without packets around
// it, as "Follow TCP Stream" and traces of programs show it. from is 0 or 1, and
// it need not be known which of the two is the client. What has the same stream
// number belongs to one connection. It counts as a frame, and any path counts as
// one of MS-PCHC.
func (r *Reader) Payload(stream uint64, from int, b []byte) error {
	if r.failed != nil {
		return r.failed
	}
	r.sum.Frames++
	r.now = stamp{frame: r.sum.Frames}
	e := endpoints{high0: 1, low0: stream}
	c := r.conns[e]
	if c == nil {
		c = r.newConn(&e)
	}
	c.bare = true
	c.halves[0].joinedMidStream, c.halves[1].joinedMidStream = true, true // it is not known to be the beginning
	if c.halves[from].http.unfinished() && IsHTTP(b) {
		c.endOf(from, anotherBegins, nil)
	}
	c.bytes(from, b, &r.now)
	if r.pool.used > r.options.MaxBuffered {
		r.evict(c)
	}
	return r.failed
}

// unfinished reports whether a message has begun whose end is known not to have
// come.
func (f *framer) unfinished() bool {
	switch f.phase {
	case atHead:
		return len(f.head) > 0
	case inBody, inSize, inChunk, inGap:
		return true
	}
	return false
}

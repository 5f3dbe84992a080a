package pccrtp

import "strconv"

// Append appends the value of an X-P2P-PeerDist field to dst.
func (p PeerDist) Append(dst []byte) []byte {
	w := writer{dst: dst}
	w.version("Version=", p.Version)
	if p.HasContentLength {
		w.name("ContentLength=")
		w.dst = strconv.AppendUint(w.dst, p.ContentLength, 10)
	}
	w.flag("MissingDataRequest=", p.MissingDataRequest)
	return w.dst
}

// Append appends the value of an X-P2P-PeerDistEx field to dst.
func (p PeerDistEx) Append(dst []byte) []byte {
	w := writer{dst: dst}
	w.version("MinContentInformation=", p.MinContentInformation)
	w.version("MaxContentInformation=", p.MaxContentInformation)
	w.flag("MakeHashRequest=", p.MakeHashRequest)
	w.flag("HashRequest=", p.HashRequest)
	return w.dst
}

// A writer writes the parameters of a field.
type writer struct {
	dst    []byte
	behind bool // another one
}

func (w *writer) name(name string) {
	if w.behind {
		w.dst = append(w.dst, ", "...)
	}
	w.behind = true
	w.dst = append(w.dst, name...)
}

func (w *writer) version(name string, v Version) {
	if v != (Version{}) {
		w.name(name)
		w.dst = v.Append(w.dst)
	}
}

func (w *writer) flag(name string, f Flag) {
	switch f {
	case True:
		w.name(name)
		w.dst = append(w.dst, "true"...)
	case False:
		w.name(name)
		w.dst = append(w.dst, "false"...)
	}
}

// Header returns the values of the fields that say what r says. Accept-Encoding has
// peerdist alone: add the other codings.
func (r Request) Header() RequestHeader {
	h := RequestHeader{PeerDist: string(r.PeerDist.Append(nil)), PeerDistEx: string(r.PeerDistEx.Append(nil))}
	if r.Accepts {
		h.AcceptEncoding = Coding
	}
	return h
}

// Header returns the values of the fields that say what r says.
func (r Response) Header() ResponseHeader {
	h := ResponseHeader{PeerDist: string(r.PeerDist.Append(nil)), PeerDistEx: string(r.PeerDistEx.Append(nil)), Validator: r.Validator}
	if r.Encoded {
		h.ContentEncoding = Coding
	}
	return h
}

// AppendBinary appends the fields to dst as lines of an HTTP head, with their line
// ends. It rejects what violates a sender rule, with an *Error, and then returns dst
// unchanged.
func (r Request) AppendBinary(dst []byte) ([]byte, error) {
	h := r.Header()
	if err := h.CheckSenderRules(); err != nil {
		return dst, err
	}
	return appendLines(dst, "Accept-Encoding: ", h.AcceptEncoding, h.PeerDist, h.PeerDistEx), nil
}

// AppendBinary appends the fields to dst as lines of an HTTP head, with their line
// ends. ETag and Last-Modified are not among them. It rejects what violates a sender
// rule, with an *Error, and then returns dst unchanged.
func (r Response) AppendBinary(dst []byte) ([]byte, error) {
	h := r.Header()
	if err := h.CheckSenderRules(); err != nil {
		return dst, err
	}
	return appendLines(dst, "Content-Encoding: ", h.ContentEncoding, h.PeerDist, h.PeerDistEx), nil
}

func appendLines(dst []byte, encoding, value, peerDist, peerDistEx string) []byte {
	for _, f := range [...][2]string{{encoding, value}, {"X-P2P-PeerDist: ", peerDist}, {"X-P2P-PeerDistEx: ", peerDistEx}} {
		if f[1] != "" {
			dst = append(append(append(dst, f[0]...), f[1]...), "\r\n"...)
		}
	}
	return dst
}

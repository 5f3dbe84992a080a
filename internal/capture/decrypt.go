package capture

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// Decrypter is an input of [Read] that knows what TLS hides in it.
type Decrypter interface {
	io.Reader

	// Decrypt is called before the first frame, and once more if a block with keys
	// (pcapng Decryption Secrets Block) comes. It returns a capture of what is
	// decrypted, as tshark -U "OSI layer 7" exports it: each record of TLS once, in
	// the order of the original frames, with their numbers and the addresses. It is
	// read no further than to the frame after the current one. Its error is that of
	// Read at the end of the capture, unless that is damaged, which may be the reason,
	// or it is io.ErrClosedPipe: somebody has stopped it. nil means that nothing is
	// decrypted, or that the capture returned before goes on.
	Decrypt(keys bool) (io.Reader, error)
}

// decryption merges what a [Decrypter] has into the capture.
type decryption struct {
	from  Decrypter // nil without one
	keys  bool      // of the capture: they have come
	pdus  io.Reader // nil while nothing is decrypted
	file  *pcapfile.Reader
	frame pcapfile.Frame
	next  exported // in frame
	ahead bool     // next is of a later frame
	err   error    // no more comes

	proxied map[proxied]*conn
}

// proxied identifies a connection with TLS behind a CONNECT: tshark gives it the port that
// the proxy was asked for instead of the proxy's own.
type proxied struct {
	client netip.AddrPort
	proxy  netip.Addr
}

func (s *sealed) proxied() proxied { return proxied{s.place.Src, s.place.Dst.Addr()} }

// behind returns the connection of a record, and the end that sent it, by the proxy.
func (d *decryption) behind(p *exported) (c *conn, from int) {
	if len(d.proxied) == 0 {
		return nil, 0
	}
	src, _ := netip.AddrFromSlice(p.src)
	dst, _ := netip.AddrFromSlice(p.dst)
	port := binary.BigEndian.Uint16
	c, from = d.proxied[proxied{netip.AddrPortFrom(src, port(p.ports[:])), dst}], 0
	if c == nil {
		c, from = d.proxied[proxied{netip.AddrPortFrom(dst, port(p.ports[2:])), src}], 1
	}
	if c != nil && c.ends.addrPort(0) != c.sealed.place.Src {
		from = 1 - from
	}
	return c, from
}

// forget is called before c becomes another connection.
func (d *decryption) forget(c *conn) {
	if c.sealed != nil && d.proxied[c.sealed.proxied()] == c {
		delete(d.proxied, c.sealed.proxied())
	}
}

// start begins to decrypt, if the Decrypter does.
func (d *decryption) start(keys bool) (err error) {
	d.keys = keys
	if d.from == nil {
		return nil
	}
	in, err := d.from.Decrypt(keys)
	if in != nil && d.pdus == nil {
		d.pdus = in
	}
	return err
}

// end returns why nothing more was decrypted, if that was not the end of the capture:
// an error, or io.EOF.
func (d *decryption) end() error {
	for d.pdus != nil && d.err == nil {
		d.read()
	}
	if d.err == nil || errors.Is(d.err, io.ErrClosedPipe) {
		return io.EOF
	}
	return d.err
}

// read reads the next record.
func (d *decryption) read() {
	if d.file == nil {
		d.file, d.err = pcapfile.NewReader(d.pdus)
	}
	for d.err == nil {
		ok := false
		if d.err = d.file.Next(&d.frame); d.err == nil && d.frame.Link == linkExported {
			d.next, ok = parseExported(d.frame.Data)
		}
		if ok && d.next.frame > 0 && d.next.src != nil && len(d.next.src) == len(d.next.dst) {
			d.ahead = true
			return
		}
	}
}

// decrypt takes what is decrypted of the current frame, before its segment, which may
// end the connection.
func (r *Reader) decrypt() {
	d := &r.decryption
	for d.err == nil {
		if !d.ahead {
			d.read()
			continue
		}
		if d.next.frame > r.now.frame {
			return
		}
		d.ahead = false
		r.unsealed(&d.next)
	}
}

// sealed is what is known of a connection that carries TLS.
type sealed struct {
	place     Place // of its server
	decrypted bool  // some of it
}

// seal looks from now on at what is decrypted of c instead of its bytes.
func (c *conn) seal(place Place) {
	c.sealed = &sealed{place: place}
	if d := &c.r.decryption; c.proxied {
		if d.proxied == nil {
			d.proxied = make(map[proxied]*conn)
		}
		d.proxied[c.sealed.proxied()] = c
	}
	for i := range c.halves {
		f := &c.halves[i].http
		f.clear(c)
		c.drop(&f.head)
		f.seen, f.skipped = 0, 0
	}
}

// unsealed takes the next bytes of a connection.
func (r *Reader) unsealed(p *exported) {
	e, from := between(p.src, p.dst, p.ports[:])
	c := r.conns[e]
	for c != nil && c.sealed == nil {
		c = c.older
	}
	if newest := r.conns[e]; c == nil && newest != nil && !newest.ignored && !newest.fed {
		c = newest // its first bytes wait for others
		r.sum.Encrypted++
		c.seal(Place{Src: c.ends.addrPort(from), Dst: c.ends.addrPort(1 - from), Stream: c.stream})
	}
	if c == nil {
		c, from = r.decryption.behind(p)
	}
	if c == nil {
		return // tshark exports some protocols other than TLS, too
	}
	if !c.sealed.decrypted {
		c.sealed.decrypted = true
		r.sum.Decrypted++
	}
	c.bytes(from, p.data, &r.now)
	r.watch(c)
	if r.pool.used > r.options.MaxBuffered {
		r.evict(c)
	}
}

// endSealed notes that nothing of a connection was decrypted.
func (c *conn) endSealed() {
	if !c.sealed.decrypted {
		c.r.noteTLS(&c.sealed.place, &c.r.now, undecrypted)
	}
}

const undecrypted = "encrypted with TLS, and not decrypted: its keys are missing, or its handshake is not in the capture"

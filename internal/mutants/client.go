package main

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// client is a client of a hosted cache, with one fault or "none". It offers three segments
// by version 1.0, and as many by version 2.0, and serves their blocks.
type client struct {
	fault  string
	http   string // address of the hosted cache; "" leaves version 2.0 out
	https  string // likewise for version 1.0
	roots  *x509.CertPool
	tick   time.Duration // period of the request timer, MS-PCHC 3.2.2
	port   uint16        // where blocks are served
	pieces []*piece      // of version 1.0, then those of version 2.0
	asked  bool          // the hosted cache was INTERESTED once
}

func (c *client) has(name string) bool { return c.fault == name }

// piece is a segment that the client has.
type piece struct {
	held
	block int // length of its blocks
}

const segmentsOffered = 3

// newClient returns a client that knows the URLs of its hosted cache. ca is a PEM file.
func newClient(fault, plain, secure, ca string, tick time.Duration) (*client, error) {
	c := &client{fault: fault, http: strings.TrimPrefix(plain, "http://"), https: strings.TrimPrefix(secure, "https://"), tick: tick}
	if ca != "" {
		text, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		c.roots = x509.NewCertPool()
		c.roots.AppendCertsFromPEM(text)
	}
	for _, p := range clients {
		if p.name == fault && p.path == pathV1 {
			c.http = ""
		}
		if p.name == fault && p.path == pathV2 {
			c.https = ""
		}
	}
	for i := range 2 * segmentsOffered {
		p := &piece{block: blockLength}
		p.secret = sha256.Sum256([]byte{byte(i)})
		p.content = bytes.Repeat([]byte{byte(i), 7, 9}, 30_000)
		if i < segmentsOffered {
			for block := range slices.Chunk(p.content, p.block) {
				hash := sha256.Sum256(block)
				p.hashes = append(p.hashes, hash[:]...)
			}
			p.id = (&decoder{}).identifier(p.secret[:], p.hashOfData(), 0x800C)
		} else {
			p.block = len(p.content)
			hash := sha512.Sum512(p.content)
			p.hashes = hash[:32]
			p.id = (&decoder{}).identifierV2(p.secret[:], p.hashes)
		}
		c.pieces = append(c.pieces, p)
	}
	return c, nil
}

// run offers everything, and serves it from then on.
func (c *client) run() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = uint16(l.Addr().(*net.TCPAddr).Port)
	switch {
	case c.has("port-0"):
		c.port = 0
	case c.has("port-wrong"):
		c.port = 1 // nobody listens there
	}
	go func() { _ = http.Serve(l, http.HandlerFunc(c.serve)) }()
	if c.https != "" {
		c.offerAll()
	}
	if c.http != "" {
		c.offerBatch()
	}
	forever()
	return nil
}

// head returns the beginning of a request.
func (c *client) head(version, typ byte) []byte {
	b := []byte{0, version, 0, typ, 0, 0, 0, 0}
	return append(binary.BigEndian.AppendUint16(b, c.port), make([]byte, 6)...)
}

// offerAll offers the segments of version 1.0, one after the other.
func (c *client) offerAll() {
	w := &wire{client: c, address: c.https, secure: true, path: pathV1}
	switch {
	case c.has("url-of-version-2"):
		w.path = pathV2
	case c.has("url-unknown"):
		w.path = "/C574AC30-5794-4AEE-B1BB-6651C5315028"
	case c.has("v1-without-tls"):
		w.secure = false
	}
	if c.has("http-pipelines") {
		c.pipeline(w)
		return
	}
	for i := range segmentsOffered {
		if !c.offer(w, i) && c.has("gives-up-others") {
			return
		}
	}
}

// offer offers one segment, and says more of it if it is asked to (MS-PCHC 3.2.5.1).
func (c *client) offer(w *wire, i int) (well bool) {
	id := c.pieces[i].id
	if c.has("hash-cut") {
		id = id[:20]
	}
	if c.has("info-unasked") {
		c.inform(w, i)
		return true
	}
	w.late = func() { c.inform(w, i) }
	code, err := w.post(append(c.head(1, 1), id...))
	switch {
	case err != nil:
		return false
	case code == codeInterested, code == codeOK && (c.has("info-after-ok") || c.has("state-kept") && c.asked):
		c.asked = true
		if c.has("info-never") {
			return true
		}
		c.inform(w, i)
		if c.has("info-twice") {
			c.inform(w, i)
		}
	}
	return true
}

// inform sends a SEGMENT_INFO_MESSAGE.
func (c *client) inform(w *wire, i int) {
	if c.has("info-of-next-segment") {
		i = (i + 1) % segmentsOffered
	}
	p := c.pieces[i]
	little := binary.LittleEndian
	b := append(c.head(1, 2), "WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = little.AppendUint32(append(b, 0, 1), 0x800C)
	b = little.AppendUint32(little.AppendUint32(little.AppendUint32(b, 0), 0), 1)
	b = little.AppendUint32(little.AppendUint32(little.AppendUint64(b, 0), uint32(len(p.content))), blockLength)
	b = append(append(b, p.hashOfData()...), p.secret[:]...)
	b = append(little.AppendUint32(b, uint32(p.blocks())), p.hashes...)
	w.late = nil
	code, err := w.post(b)
	if err == nil && code == codeInterested && c.has("info-for-ever") {
		c.inform(w, i)
	}
}

// offerBatch offers the segments of version 2.0.
func (c *client) offerBatch() {
	w := &wire{client: c, address: c.http, path: pathV2}
	if c.has("url-of-version-1") {
		w.path = pathV1
	}
	b := c.head(2, 3)
	n := segmentsOffered
	if c.has("batch-129-sent") {
		n = 129
	}
	for i := range n {
		p := c.pieces[segmentsOffered+i%segmentsOffered]
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(p.block)), uint32(len(p.content)))
		size := uint16(16)
		if c.has("tag-size-little-endian") {
			size <<= 8
		}
		b = append(binary.BigEndian.AppendUint16(b, size), "WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		b = append(append(b, 4), p.id...)
	}
	_, _ = w.post(b)
}

// pipeline sends all offers before the first one is answered.
func (c *client) pipeline(w *wire) {
	var all []byte
	for i := range segmentsOffered {
		message := append(c.head(1, 1), c.pieces[i].id...)
		all = append(all, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", w.path, w.address, len(message), message)...)
	}
	if w.dial() == nil {
		_, _ = w.conn.Write(all)
		for i := range segmentsOffered {
			if code, err := w.read(); err == nil && code == codeInterested {
				c.inform(&wire{client: c, address: c.https, secure: true, path: pathV1}, i)
			}
		}
	}
}

// wire is a connection to the hosted cache, which is opened when it is needed.
type wire struct {
	client  *client
	address string
	path    string
	secure  bool
	conn    net.Conn
	in      *bufio.Reader
	used    bool
	closing bool   // the hosted cache has announced the end of the connection
	late    func() // what an INTERESTED asks for, after the request has expired
}

func (w *wire) has(name string) bool { return w.client.has(name) }

func (w *wire) dial() (err error) {
	if w.secure {
		w.conn, err = tls.Dial("tcp", w.address, &tls.Config{RootCAs: w.client.roots})
	} else {
		w.conn, err = net.Dial("tcp", w.address)
	}
	if err == nil {
		w.in, w.used, w.closing = bufio.NewReader(w.conn), false, false
	}
	return err
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// unauthorized is the answer that demands authentication.
type unauthorized struct{ challenges []string }

func (u *unauthorized) Error() string { return "unauthorized" }

// errSilent is the error if nothing came on a connection that was used before: the hosted
// cache may have closed it.
var errSilent = errors.New("closed before an answer")

// errRedirected is the error for a redirection that is followed.
var errRedirected = errors.New("redirected")

// post posts a message, and returns the code of the answer. It authenticates itself if it
// is asked to (MS-PCHC 3.2.5.3).
func (w *wire) post(message []byte) (code byte, err error) {
	authorization := ""
	path := w.path
	defer func() { w.path = path }()
	for legs := 0; ; {
		used := w.conn != nil && w.used
		code, err = w.once(message, authorization)
		var u *unauthorized
		switch {
		case errors.Is(err, errSilent) && used:
			continue // on a new connection
		case errors.Is(err, errRedirected) && w.path == path:
			w.path = "/elsewhere"
			continue
		case errors.As(err, &u):
		case err != nil && w.has("resends-for-ever"):
			time.Sleep(time.Millisecond)
			continue
		default:
			return code, err
		}
		token := w.negotiate(u.challenges, legs, message)
		if token == "" {
			return 0, err
		}
		authorization = token
		legs++
	}
}

// negotiate returns the credentials for challenges, "" for none.
func (w *wire) negotiate(challenges []string, legs int, message []byte) string {
	const negotiate = "Negotiate b25l"
	asks := func(prefix string) bool {
		return slices.ContainsFunc(challenges, func(c string) bool { return strings.HasPrefix(c, prefix) })
	}
	switch {
	case w.has("401-basic") && asks("Basic"):
		return "Basic dXNlcjpwYXNzd29yZA=="
	case w.has("401-without-end") && asks("Negotiate"):
		return negotiate
	case w.has("401-of-info-ignored") && message[3] == 2:
		return ""
	case w.path == pathV2 && !w.has("v2-authenticates"):
		return ""
	case !asks("Negotiate") || legs > 0 && !asks("Negotiate ") || legs >= 5:
		return ""
	}
	return negotiate
}

// once posts a message once.
func (w *wire) once(message []byte, authorization string) (code byte, err error) {
	if w.conn != nil && (w.closing && !w.has("http-closed-reused") || w.in.Buffered() > 0) {
		w.close()
	}
	if w.conn == nil {
		if err := w.dial(); err != nil {
			return 0, err
		}
	}
	body := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(message), message)
	switch {
	case w.has("http-trailer-wrong"):
		body = fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nno trailer\r\n\r\n", len(message), message)
	case w.has("http-length-short"):
		body = fmt.Sprintf("Content-Length: %d\r\n\r\n%s\r\n", len(message), message)
	}
	if authorization != "" {
		body = "Authorization: " + authorization + "\r\n" + body
	}
	if _, err := fmt.Fprintf(w.conn, "POST %s HTTP/1.1\r\nHost: %s\r\n%s", w.path, w.address, body); err != nil {
		w.close()
		return 0, errSilent
	}
	code, err = w.read()
	w.used = true
	var u *unauthorized
	if err != nil && !errors.As(err, &u) {
		w.close()
	}
	return code, err
}

// read reads an answer. A request lives for two ticks, and until the third at most.
func (w *wire) read() (code byte, err error) {
	life := 5 * w.client.tick / 2
	if w.has("gives-up-early") {
		life = w.client.tick / 2
	}
	conn, in, late := w.conn, w.in, w.late
	if !w.has("never-expires") {
		_ = conn.SetReadDeadline(time.Now().Add(life))
	}
	if first, err := in.Peek(1); err != nil {
		if w.has("late-processed") && late != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			go func() { // the connection is not needed any more, but who knows
				_ = conn.SetReadDeadline(time.Time{})
				if code, err := (&wire{client: w.client, conn: conn, in: in}).answer(); err == nil && code == codeInterested {
					late()
				}
			}()
			w.conn = nil
			return 0, err
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		return 0, errors.Join(errSilent, err)
	} else if w.has("crash-not-http") && first[0] != 'H' {
		panic("no HTTP")
	}
	return w.answer()
}

// answer reads an answer that has begun.
func (w *wire) answer() (code byte, err error) {
	r, err := http.ReadResponse(w.in, &http.Request{Method: http.MethodPost})
	for err == nil && r.StatusCode/100 == 1 {
		r, err = http.ReadResponse(w.in, &http.Request{Method: http.MethodPost})
	}
	if err != nil {
		return 0, err
	}
	w.closing = r.Close
	const most = 64
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	switch {
	case err != nil && w.has("cut-answer-read") && len(body) >= 5:
	case err != nil:
		return 0, err
	case len(body) == most:
		w.close()
	}
	if r.StatusCode == http.StatusTemporaryRedirect && w.has("redirect-followed") {
		return 0, errRedirected
	}
	if r.StatusCode == http.StatusUnauthorized {
		return 0, &unauthorized{r.Header.Values("WWW-Authenticate")}
	}
	if r.StatusCode != http.StatusOK && !w.has("status-ignored") {
		return 0, fmt.Errorf("HTTP status %d", r.StatusCode)
	}
	return w.response(body)
}

// response reads a RESPONSE_MESSAGE, MS-PCHC 2.2.2.
func (w *wire) response(b []byte) (code byte, err error) {
	if w.has("crash-short-answer") {
		_ = b[4]
	}
	malformed := errors.New("malformed")
	switch {
	case len(b) < 5:
		return 0, malformed
	case len(b) > 5 && !w.has("trailing-ignored"):
		return 0, malformed
	case binary.BigEndian.Uint32(b) != 1 && !w.has("size-ignored"):
		return 0, malformed
	case b[4] > 1 && w.has("code-not-0"):
		return codeInterested, nil
	case b[4] > 1 && w.has("code-low-bit"):
		return b[4] & 1, nil
	case b[4] > 1:
		return 0, malformed
	}
	return b[4], nil
}

// serve serves the blocks, MS-PCCRR 3.2.5.
func (c *client) serve(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	bad, _ := (&decoder{fault: "none"}).decode("retrieval-request", b)
	if err != nil || bad.rule != "" || !isRetrieval(r.URL.Path) || c.has("serves-nothing") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write(c.served(wantedIn(b)))
}

func (c *client) served(q wanted) []byte {
	shape := &cache{fault: "none"}
	if q.typ != 2 && q.typ != 3 {
		return shape.retrieval(1, 0, numbers(1, 2))
	}
	id := q.ids[0]
	i := slices.IndexFunc(c.pieces, func(p *piece) bool { return string(p.id) == string(id) })
	if i < 0 || len(q.ranges) == 0 || c.has("serves-empty-lists") {
		return shape.retrieval(4, 0, padded(id), extents(nil), numbers(0))
	}
	p := c.pieces[i]
	n := uint64((len(p.content) + p.block - 1) / p.block)
	if q.typ == 2 {
		has := []extent{{0, n}}
		if c.has("serves-more-blocks") {
			has[0].count++
		}
		return shape.retrieval(4, 0, padded(id), extents(has), numbers(0))
	}
	index := q.ranges[0].index
	if index >= n || c.has("serves-empty-blocks") {
		return shape.retrieval(5, 0, padded(id), numbers(index, 0), padded(nil), padded(nil), numbers(0))
	}
	from := index
	if c.has("serves-wrong-block") {
		from = (index + 1) % n
	}
	block := slices.Clone(p.content[from*uint64(p.block) : min(int(from+1)*p.block, len(p.content))])
	if c.has("serves-changed-block") {
		block[0]++
	}
	pad := 16 - len(block)%16
	block = append(block, bytes.Repeat([]byte{byte(pad)}, pad)...)
	vector := make([]byte, 16)
	if key, err := aes.NewCipher(p.secret[:16]); err == nil {
		cipher.NewCBCEncrypter(key, vector).CryptBlocks(block, block)
	}
	if c.has("serves-other-index") {
		index++
	}
	return shape.retrieval(5, 1, padded(id), numbers(index, 0), padded(block), padded(nil), numbers(16), vector)
}

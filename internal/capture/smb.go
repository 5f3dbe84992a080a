package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"unicode/utf16"
)

// SMB2 over TCP (MS-SMB2), as far as a file server hands out Content Information
// (FSCTL_SRV_READ_HASH), and what is read of the files that it was asked for.

// smb is what is known of a connection that carries SMB2. Of each list, the oldest gives
// way.
type smb struct {
	ways    [2]smbWay
	trees   []smbTree
	files   []*smbFile
	waiting []smbRequest
	asked   int   // requests with a number: for hashes, and to read
	hidden  bool  // it has messages that cannot be read
	cost    int64 // of the lists
}

// smbWay is one direction: where in a message it is. What is there of a message that is
// joined is in the framer's head.
type smbWay struct {
	need int      // bytes that the next step needs, 0 at the beginning of a message
	left int64    // of a message that is not joined
	lost bool     // where the next message begins
	data *smbRead // what is left of the message is of this
}

// smbTree is a share that is connected.
type smbTree struct {
	id    uint32
	share string // \\server\share
}

// smbFile is a file that is open.
type smbFile struct {
	id    [16]byte
	name  string // with server and share
	size  uint64 // when it was opened
	asked bool   // for its hashes
	told  bool   // they have come
	hash  []byte // the beginning of its Content Information File
}

// smbRequest is a request that waits for its response.
type smbRequest struct {
	message uint64
	command uint16
	client  int // the end that sent it
	at      stamp
	number  int
	name    string   // of a share or file
	file    *smbFile // nil where it is not known
	form    uint32   // HashRetrievalType, 0 where it is not known
	offset  uint64   // of a READ
}

// smbRead is the response to a READ that comes in parts.
type smbRead struct {
	request smbRequest
	skip    int64 // bytes before the data
	length  int64 // of the data
	got     int64
	missing int64

	asked, answered *PeerDist
}

// The limits of a connection.
const (
	maxTrees    = 64
	maxFiles    = 256
	maxRequests = 512
	maxFileName = 2 << 10 // bytes

	smbCost = 200 // of an element of a list, in bytes, without its name
)

// Commands, flags and states of MS-SMB2 2.2.1.
const (
	smbTreeConnect = 3
	smbCreate      = 5
	smbClose       = 6
	smbReadFile    = 8
	smbControl     = 11

	smbFromServer = 1
	smbDFS        = 0x1000_0000

	statusPending = 0x103

	readHash = 0x001441bb // FSCTL_SRV_READ_HASH
)

const (
	netBIOS   = 4  // type 1, length 3, big-endian (MS-SMB2 2.1)
	smbHeader = 64 // MS-SMB2 2.2.1
	smbLook   = 56 // bytes behind it that show what a message is

	smbProtocol = "\xfeSMB"
)

// isSMB reports whether b begins with a message of SMB, as far as it goes: a header of
// NetBIOS, and the protocol of SMB2, or of SMB1 with which a client may begin.
func isSMB(b []byte) bool {
	if len(b) == 0 || b[0] != 0 {
		return false
	}
	if len(b) <= netBIOS {
		return true
	}
	b = b[netBIOS:min(len(b), netBIOS+len(smbProtocol))]
	return (b[0] == 0xfe || b[0] == 0xff || b[0] == 0xfd || b[0] == 0xfc) && string(b[1:]) == smbProtocol[1:len(b)]
}

// findSMB is where the first message of SMB2 in b begins, -1 if none does.
func findSMB(b []byte) int {
	for from := 0; ; {
		n := bytes.Index(b[from:], []byte(smbProtocol))
		if n < 0 {
			return -1
		}
		if at := from + n - netBIOS; at >= 0 && b[at] == 0 {
			return at
		}
		from += n + len(smbProtocol)
	}
}

// speaksSMB reads a connection as SMB2 from b on, which is the first that end i sent.
func (c *conn) speaksSMB(i int, b []byte, at *stamp) {
	c.smb, c.exchanges.protocol = &smb{}, SMB2
	own := c.detach(&c.halves[i].http.head)
	for side := range c.halves {
		f := &c.halves[side].http
		f.phase, f.seen, f.exchange = atHead, 0, exchange{}
		if side != i { // what there is of it was read as something else
			c.smb.ways[side].lost = len(f.head) > 0
			c.drop(&f.head)
		}
	}
	c.smbBytes(i, b, at)
	c.r.pool.free(own)
}

// smbBytes takes the next bytes of direction i.
func (c *conn) smbBytes(i int, b []byte, at *stamp) {
	f, w := &c.halves[i].http, &c.smb.ways[i]
	for len(b) > 0 && !c.ignored {
		if w.lost {
			n := findSMB(b)
			if n < 0 {
				return
			}
			b, w.lost = b[n:], false
		}
		if w.left == 0 && w.need == 0 {
			f.began, w.need = *at, netBIOS
		}
		f.at = *at
		switch held := len(f.head); {
		case w.left > 0:
			n := min(w.left, int64(len(b)))
			c.smbPass(i, b[:n])
			b = b[n:]
		case held > 0 || len(b) < w.need:
			n := min(w.need-held, len(b))
			c.keep(&f.head, b[:n])
			b = b[n:]
			if held+n < w.need {
				return
			}
			if w.need = c.smbStep(i, f.head); w.need == 0 {
				c.drop(&f.head)
			}
		default: // perhaps all of the message is here
			n := w.need
			for w.need = c.smbStep(i, b[:n]); w.need > 0 && w.need <= len(b); w.need = c.smbStep(i, b[:n]) {
				n = w.need
			}
			if w.need > 0 {
				c.keep(&f.head, b)
				return
			}
			b = b[n:]
		}
	}
}

// smbStep takes the first bytes of a message of direction i. It returns how many of them
// it has to be called again with, 0 once it is done with these.
func (c *conn) smbStep(i int, b []byte) (need int) {
	w := &c.smb.ways[i]
	whole := netBIOS + int(binary.BigEndian.Uint32(b)&0xffffff)
	look := min(whole, netBIOS+smbHeader+smbLook)
	m := b[netBIOS:]
	switch {
	case b[0] >= 0x81 && b[0] <= 0x85: // of NetBIOS itself (RFC 1002 4.3.1)
	case !isSMB(b):
		w.lost = true
		return 0
	case len(b) < look:
		return look
	case len(m) < smbHeader || string(m[:len(smbProtocol)]) != smbProtocol:
		c.smbHidden(i, m)
	case len(b) == whole:
		c.smbMessages(i, m)
	default:
		switch c.smbWants(m) {
		case smbStreamed:
			r, _ := c.smb.take(c, m)
			w.data = newSMBRead(&r, m)
			c.smbData(i, m)
		case smbJoined:
			if whole <= maxBody {
				return whole
			}
			c.problem(i, &c.halves[i].http.at, nil, fmt.Sprintf("skipped a message of SMB2: it is longer than %d bytes", maxBody))
		}
	}
	w.left = int64(whole - len(b))
	return 0
}

// smbUse is what a message is used for.
type smbUse uint8

const (
	smbPassed   smbUse = iota // nothing
	smbJoined                 // all of it is needed at once
	smbStreamed               // it is the response to a READ, and its data may come in parts
)

// smbWants returns what a message is used for by its first bytes.
func (c *conn) smbWants(m []byte) smbUse {
	command := smbCommand(m)
	wanted := false
	if compound := binary.LittleEndian.Uint32(m[20:]) != 0; compound {
		return smbJoined
	}
	if isSMBResponse(m) {
		wanted = c.smb.find(m) >= 0
	} else {
		wanted = command == smbTreeConnect || command == smbCreate || command == smbClose
	}
	switch {
	case wanted && command == smbReadFile:
		return smbStreamed
	case wanted || command == smbControl && isHashControl(m[smbHeader:]):
		return smbJoined
	}
	return smbPassed
}

func isSMBResponse(m []byte) bool { return binary.LittleEndian.Uint32(m[16:])&smbFromServer != 0 }
func smbCommand(m []byte) uint16  { return binary.LittleEndian.Uint16(m[12:]) }

// isHashControl reports whether the body of an IOCTL, request or response, is about
// FSCTL_SRV_READ_HASH (MS-SMB2 2.2.31, 2.2.32).
func isHashControl(body []byte) bool {
	return len(body) >= 48 && binary.LittleEndian.Uint32(body[4:]) == readHash
}

// smbMessages takes a whole message, which may have several.
func (c *conn) smbMessages(i int, m []byte) {
	var related *smbFile
	for len(m) >= smbHeader && string(m[:len(smbProtocol)]) == smbProtocol {
		one := m
		next := uint64(binary.LittleEndian.Uint32(m[20:]))
		if m = nil; next >= smbHeader && next < uint64(len(one)) {
			one, m = one[:next], one[next:]
		}
		if isSMBResponse(one) {
			c.smbResponse(i, one)
		} else {
			related = c.smbRequest(i, one, related)
		}
	}
}

// smbRequest takes a request, and returns the file that it is about. related is that of
// the request before in the same message.
func (c *conn) smbRequest(i int, m []byte, related *smbFile) *smbFile {
	le := binary.LittleEndian
	s, body := c.smb, m[smbHeader:]
	r := smbRequest{message: le.Uint64(m[24:]), command: smbCommand(m), client: i, at: c.halves[i].http.at}
	fileOf := func(id []byte) *smbFile {
		if string(id) == sameFile {
			return related
		}
		return s.file(id)
	}
	switch {
	case r.command == smbTreeConnect && len(body) >= 8:
		r.name = smbText(m, body[4:])
	case r.command == smbCreate && len(body) >= 48:
		name := smbText(m, body[44:])
		if le.Uint32(m[16:])&smbDFS != 0 { // it has server and share
			name = `\\` + name
		} else {
			name = s.share(le.Uint32(m[36:]), c.ends.addrPort(1-i)) + `\` + name
		}
		r.name, r.file = name, &smbFile{name: name}
	case r.command == smbClose && len(body) >= 24:
		if f := s.file(body[8:24]); f != nil {
			c.smbIncomplete(f, &r.at)
			s.forget(c, slices.Index(s.files, f))
		}
		return nil
	case r.command == smbReadFile && len(body) >= 32:
		if r.file = fileOf(body[16:32]); r.file == nil || !r.file.asked {
			return r.file
		}
		r.offset = le.Uint64(body[8:])
	case r.command == smbControl && isHashControl(body):
		in, _ := smbBuffer(m, body[24:])
		if len(in) >= 12 {
			r.form = le.Uint32(in[8:])
		}
		if r.file = fileOf(body[8:24]); r.file == nil {
			r.file = &smbFile{id: [16]byte(body[8:24])} // it was opened before the capture began
			s.open(c, r.file)
		}
		r.file.asked = true
	default:
		return related
	}
	if r.command == smbReadFile || r.command == smbControl {
		s.asked++
		r.number = s.asked
	}
	if len(s.waiting) == maxRequests {
		c.smbForgo(&s.waiting[0], Unknown)
		s.drop(c, 0)
	}
	s.waiting = append(s.waiting, r)
	s.charge(c, smbCost+len(r.name))
	return r.file
}

// sameFile stands for the file of the request before in the same message.
const sameFile = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

// smbResponse takes a response.
func (c *conn) smbResponse(i int, m []byte) {
	le := binary.LittleEndian
	s, body := c.smb, m[smbHeader:]
	status, command := le.Uint32(m[8:]), smbCommand(m)
	if status == statusPending {
		return
	}
	r, known := s.take(c, m)
	failed := status>>30 == 3
	switch {
	case command == smbControl && known && failed:
		c.smbFailed(i, &r, status)
	case failed:
	case command == smbTreeConnect && known:
		s.connect(c, smbTree{le.Uint32(m[36:]), r.name})
	case command == smbCreate && known && len(body) >= 80:
		r.file.id, r.file.size = [16]byte(body[64:80]), le.Uint64(body[48:])
		s.open(c, r.file)
	case command == smbReadFile && known && len(body) >= 16:
		c.smb.ways[i].data = newSMBRead(&r, m)
		c.smbData(i, m)
		c.smbDataEnd(i)
	case command == smbControl && isHashControl(body):
		c.smbHashes(i, &r, m)
	}
}

// smbHashes takes the response to a request for hashes. A long Content Information File
// comes in several, which are joined.
func (c *conn) smbHashes(i int, r *smbRequest, m []byte) {
	s, body := c.smb, m[smbHeader:]
	at := &c.halves[i].http.at
	file := r.file
	if file == nil { // the request was not captured
		if file = s.file(body[8:24]); file == nil {
			file = &smbFile{id: [16]byte(body[8:24])}
			s.open(c, file)
		}
		file.asked = true
	}
	out, whole := smbBuffer(m, body[32:])
	form, offset, part := hashBuffer(out, r.form)
	switch have := len(file.hash); {
	case !whole || form == 0:
		c.problem(i, at, nil, "the output of FSCTL_SRV_READ_HASH is not as long as it says")
	case form == fileBased && !isHashFile(part):
		c.smbContent(i, r, file, part)
	case offset == 0:
		c.drop(&file.hash)
		c.smbHashFile(i, r, file, part)
		return
	case have == 0 || offset != uint64(have):
		c.problem(i, at, nil, fmt.Sprintf("a part of the Content Information of %s is missing: the part at byte %d is not the next one", cmp.Or(file.name, "a file"), offset))
	case have+len(part) > maxBody:
		c.problem(i, at, nil, fmt.Sprintf("skipped Content Information: it is longer than %d bytes", maxBody))
	default:
		c.keep(&file.hash, part)
		c.smbHashFile(i, r, file, file.hash)
		return
	}
	c.drop(&file.hash)
}

// smbHashFile takes the beginning of a Content Information File, which file.hash is, or is
// to be where more is to come.
func (c *conn) smbHashFile(i int, r *smbRequest, file *smbFile, b []byte) {
	info, more, ok := informationIn(b)
	switch {
	case more && file.hash == nil:
		c.keep(&file.hash, b)
	case more:
	case !ok:
		c.problem(i, &c.halves[i].http.at, nil, "the Content Information File that FSCTL_SRV_READ_HASH reads has no valid HASH_HEADER")
		c.drop(&file.hash)
	default:
		c.smbContent(i, r, file, info)
		c.drop(&file.hash)
	}
}

// smbIncomplete tells that a part of a Content Information File did not come.
func (c *conn) smbIncomplete(f *smbFile, at *stamp) {
	if f.hash != nil {
		c.problem(0, at, nil, fmt.Sprintf("incomplete Content Information of %s: only the first %d bytes of its file were sent", cmp.Or(f.name, "a file"), len(f.hash)))
	}
}

// smbContent hands out Content Information.
func (c *conn) smbContent(i int, r *smbRequest, file *smbFile, b []byte) {
	c.r.event = Event{Kind: Content, Body: b, Asked: file.asks()}
	c.smbSend(i, &c.halves[i].http.at, r)
	file.told = true
}

// The forms of FSCTL_SRV_READ_HASH (MS-SMB2 2.2.31.2).
const (
	hashBased = 1
	fileBased = 2
)

// hashBuffer returns Buffer in the output of FSCTL_SRV_READ_HASH, its form, and of the hash
// based one where in the Content Information File it begins. asked is the form of the
// request, 0 if it is not known. form is 0 where the length is not right.
func hashBuffer(out []byte, asked uint32) (form uint32, offset uint64, buffer []byte) {
	le := binary.LittleEndian
	const hashHead, fileHead = 16, 24 // before Buffer, whose length is 8 bytes before it (MS-SMB2 2.2.32.4.2, 2.2.32.4.3)
	fits := func(head int) bool {
		return len(out) >= head && uint64(le.Uint32(out[head-8:])) == uint64(len(out)-head)
	}
	switch {
	case asked != fileBased && fits(hashHead):
		return hashBased, le.Uint64(out), out[hashHead:]
	case asked != hashBased && fits(fileHead):
		return fileBased, 0, out[fileHead:]
	}
	return 0, 0, nil
}

// isHashFile reports whether b begins with a HASH_HEADER, not with Content Information.
func isHashFile(b []byte) bool { return len(b) >= 4 && string(b[:4]) == "\x01\x00\x00\x00" }

// informationIn returns the Content Information in the beginning b of a Content Information
// File. more says that b has not all of it.
func informationIn(b []byte) (info []byte, more, ok bool) {
	const header, blobLength, blobOffset = 36, 24, 28 // of HASH_HEADER (MS-SMB2 2.2.32.4.1)
	if len(b) < header || !isHashFile(b) {
		return nil, false, false
	}
	length, start := uint64(binary.LittleEndian.Uint32(b[blobLength:])), uint64(binary.LittleEndian.Uint32(b[blobOffset:]))
	switch {
	case start < header:
		return nil, false, false
	case start+length > uint64(len(b)):
		return nil, true, true
	case length == 0: // in version 2 it is all that follows
		return b[start:], false, true
	}
	return b[start:][:length], false, true
}

// smbFailed hands out a response without success to a request for hashes.
func (c *conn) smbFailed(i int, r *smbRequest, status uint32) {
	if status == statusEndOfFile && r.file.hash == nil && r.file.told {
		return // all had come
	}
	detail, named := smbStatus[status]
	if !named {
		detail = fmt.Sprintf("status %#08x", status)
	}
	c.r.event = Event{Kind: Failure, Detail: detail, Asked: r.file.asks()}
	c.smbSend(i, &c.halves[i].http.at, r)
}

// smbForgo hands out the end of a request for hashes without a response.
func (c *conn) smbForgo(r *smbRequest, ending Ending) {
	if r.command == smbControl {
		c.r.event = Event{Kind: Unanswered, Ending: ending, Asked: r.file.asks()}
		c.smbSend(1-r.client, &c.r.now, r)
	}
}

// smbSend hands out r.event, about the response to r from end i.
func (c *conn) smbSend(i int, at *stamp, r *smbRequest) {
	c.r.event.Protocol, c.r.event.Exchange, c.r.event.Direction = SMB2, r.number, "response"
	c.send(i, at, &exchange{number: r.number, at: r.at, protocol: SMB2})
}

// newSMBRead begins the response m to a READ, of which only the first bytes need be there.
func newSMBRead(r *smbRequest, m []byte) *smbRead {
	body := m[smbHeader:]
	length := int64(binary.LittleEndian.Uint32(body[4:]))
	size := "*"
	if r.file.size > 0 {
		size = strconv.FormatUint(r.file.size, 10)
	}
	return &smbRead{
		request: *r, skip: int64(body[2]), length: length, asked: r.file.asks(),
		answered: &PeerDist{Range: fmt.Sprintf("bytes %d-%d/%s", r.offset, r.offset+uint64(length)-1, size)},
	}
}

// smbData takes the next bytes of the response to a READ.
func (c *conn) smbData(i int, b []byte) {
	d := c.smb.ways[i].data
	n := min(int64(len(b)), d.skip)
	d.skip -= n
	b = b[n:]
	if b = b[:min(int64(len(b)), d.length-d.got-d.missing)]; len(b) == 0 {
		return
	}
	if c.r.options.Parts {
		c.r.event = Event{Kind: Part, Body: b, Offset: d.got + d.missing, Asked: d.asked, Answered: d.answered}
		c.smbSend(i, &c.halves[i].http.at, &d.request)
	}
	d.got += int64(len(b))
}

// smbDataEnd ends the response to a READ.
func (c *conn) smbDataEnd(i int) {
	d := c.smb.ways[i].data
	c.smb.ways[i].data = nil
	if d != nil && d.length > 0 {
		c.r.event = Event{Kind: Plain, Length: d.got, Missing: d.length - d.got, Asked: d.asked, Answered: d.answered}
		c.smbSend(i, &c.halves[i].http.at, &d.request)
	}
}

// smbHidden tells, once unless all exchanges are asked for, that messages cannot be read.
func (c *conn) smbHidden(i int, m []byte) {
	detail := ""
	switch {
	case len(m) < len(smbProtocol) || c.smb.hidden:
		return
	case m[0] == 0xfd:
		detail = "SMB2 with encryption, which is not read: hashes (FSCTL_SRV_READ_HASH) in it are not visible"
	case m[0] == 0xfc:
		detail = "SMB2 with compression, which is not read: hashes (FSCTL_SRV_READ_HASH) in it are not visible"
	default:
		return
	}
	if c.smb.hidden = true; c.r.once(detail) || c.r.options.Exchanges {
		server := 1 - i
		if c.opener >= 0 {
			server = 1 - int(c.opener)
		} else if c.ends.addrPort(i).Port() < c.ends.addrPort(1-i).Port() {
			server = i
		}
		c.r.event = Event{Kind: Note, Protocol: SMB2, Detail: detail, Hidden: true}
		c.send(1-server, &c.halves[i].http.at, nil)
	}
}

// smbGap takes note that the next n bytes of direction i were not captured.
func (c *conn) smbGap(i int, n int64, at *stamp) {
	f, w := &c.halves[i].http, &c.smb.ways[i]
	if c.smb.asked > 0 && (w.left == 0 || n > w.left) {
		c.problem(i, at, nil, bytesOf(n, -1)+" missing from the capture: the messages of SMB2 in them are lost")
	}
	f.at = *at
	if held := len(f.head); held >= netBIOS {
		w.left = int64(netBIOS+int(binary.BigEndian.Uint32(f.head)&0xffffff)) - int64(held)
	} else if held > 0 || w.left == 0 {
		w.left, w.lost = 0, true
	}
	c.drop(&f.head)
	w.need = 0
	k := min(n, w.left)
	w.left -= k
	if d := w.data; d != nil {
		skipped := min(k, d.skip)
		d.skip -= skipped
		d.missing += min(k-skipped, d.length-d.got-d.missing)
	}
	if w.left == 0 {
		c.smbDataEnd(i)
	}
	w.lost = w.lost || n > k
}

// smbEndOf ends direction i.
func (c *conn) smbEndOf(i int) {
	w := &c.smb.ways[i]
	c.smbDataEnd(i)
	c.drop(&c.halves[i].http.head)
	w.need, w.left = 0, 0
}

// smbEnd ends the requests that wait.
func (c *conn) smbEnd(why endReason) {
	ending := Unknown
	if why == captureOver {
		ending = Open
	}
	for k := range c.smb.waiting {
		c.smbForgo(&c.smb.waiting[k], ending)
	}
	for _, f := range c.smb.files {
		c.smbIncomplete(f, &c.r.now)
	}
}

// smbRelease frees the memory.
func (c *conn) smbRelease() {
	for _, f := range c.smb.files {
		c.drop(&f.hash)
	}
	c.r.pool.used -= c.smb.cost
	c.smb = nil
}

// smbBuffer returns the bytes of m whose offset 4 and length 4 are in at; ok is false if
// they are not all there.
func smbBuffer(m, at []byte) (b []byte, ok bool) {
	from, length := uint64(binary.LittleEndian.Uint32(at)), uint64(binary.LittleEndian.Uint32(at[4:]))
	if from+length > uint64(len(m)) {
		return nil, false
	}
	return m[from:][:length:length], true
}

// smbText returns the text of m, UTF-16, whose offset 2 and length 2 are in at.
func smbText(m, at []byte) string {
	from, length := int(binary.LittleEndian.Uint16(at)), int(binary.LittleEndian.Uint16(at[2:]))
	if from+length > len(m) {
		return ""
	}
	b := m[from:][:min(length, maxFileName)]
	text := make([]uint16, len(b)/2)
	for k := range text {
		text[k] = binary.LittleEndian.Uint16(b[2*k:])
	}
	return string(utf16.Decode(text))
}

// charge adds the memory of an element of the lists.
func (s *smb) charge(c *conn, n int) {
	s.cost += int64(n)
	c.r.pool.used += int64(n)
}

// find returns where in waiting the request is that m answers, -1 if it is not there.
func (s *smb) find(m []byte) int {
	message, command := binary.LittleEndian.Uint64(m[24:]), smbCommand(m)
	return slices.IndexFunc(s.waiting, func(r smbRequest) bool { return r.message == message && r.command == command })
}

// take takes the request that m answers out of those that wait.
func (s *smb) take(c *conn, m []byte) (r smbRequest, ok bool) {
	k := s.find(m)
	if k < 0 {
		return smbRequest{}, false
	}
	r = s.waiting[k]
	s.drop(c, k)
	return r, true
}

func (s *smb) drop(c *conn, k int) {
	s.charge(c, -smbCost-len(s.waiting[k].name))
	s.waiting = slices.Delete(s.waiting, k, k+1)
}

// connect adds a share.
func (s *smb) connect(c *conn, t smbTree) {
	if len(s.trees) == maxTrees {
		s.charge(c, -smbCost-len(s.trees[0].share))
		s.trees = slices.Delete(s.trees, 0, 1)
	}
	s.trees = append(s.trees, t)
	s.charge(c, smbCost+len(t.share))
}

// share returns the name of a share of server.
func (s *smb) share(id uint32, server netip.AddrPort) string {
	for k := len(s.trees) - 1; k >= 0; k-- {
		if s.trees[k].id == id && s.trees[k].share != "" {
			return s.trees[k].share
		}
	}
	return `\\` + server.Addr().String() + `\?` // it was connected before the capture began
}

// open adds a file.
func (s *smb) open(c *conn, f *smbFile) {
	if len(s.files) == maxFiles {
		s.forget(c, 0)
	}
	s.files = append(s.files, f)
	s.charge(c, smbCost+len(f.name))
}

// file returns the file with this FileId, nil if it is not known.
func (s *smb) file(id []byte) *smbFile {
	for k := len(s.files) - 1; k >= 0; k-- {
		if string(s.files[k].id[:]) == string(id) {
			return s.files[k]
		}
	}
	return nil
}

func (s *smb) forget(c *conn, k int) {
	f := s.files[k]
	c.drop(&f.hash)
	s.charge(c, -smbCost-len(f.name))
	s.files = slices.Delete(s.files, k, k+1)
}

// smbPass takes the next bytes of a message that is not joined.
func (c *conn) smbPass(i int, b []byte) {
	w := &c.smb.ways[i]
	if w.data != nil {
		c.smbData(i, b)
	}
	if w.left -= int64(len(b)); w.left == 0 {
		c.smbDataEnd(i)
	}
}

const statusEndOfFile = 0xc0000011

// smbStatus are the names of states that tell why there are no hashes (MS-SMB2 3.3.5.15.7).
var smbStatus = map[uint32]string{
	0xc000a100: "STATUS_HASH_NOT_SUPPORTED", 0xc000a101: "STATUS_HASH_NOT_PRESENT", statusEndOfFile: "STATUS_END_OF_FILE",
	0xc0000023: "STATUS_BUFFER_TOO_SMALL", 0xc000000d: "STATUS_INVALID_PARAMETER", 0xc00000bb: "STATUS_NOT_SUPPORTED",
	0xc0000010: "STATUS_INVALID_DEVICE_REQUEST", 0xc0000022: "STATUS_ACCESS_DENIED", 0xc0000128: "STATUS_FILE_CLOSED",
}

// readsSMB reports whether a connection is read that carries SMB2.
func (c *conn) readsSMB() bool {
	return c.r.options.Retrieval && !c.r.options.Excerpt && !c.bare && c.sealed == nil
}

// asks are the fields of a request about a file.
func (f *smbFile) asks() *PeerDist { return &PeerDist{URL: f.name, path: f.name} }

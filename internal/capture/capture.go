package capture

import (
	"errors"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// EventKind is the kind of an [Event].
type EventKind uint8

// The kinds of events.
const (
	Request     EventKind = iota + 1 // the body of an HTTP POST to one of the paths of MS-PCHC or MS-PCCRR
	Response                         // the body of the successful (2xx) response to such a POST
	Problem                          // data that is missing, truncated or unreadable
	Failure                          // the response to such a POST without success, which carries no message
	Unanswered                       // the connection, or the capture, ended without a response to such a POST
	Unframed                         // TCP data that is not HTTP: perhaps a body without its header
	OtherMethod                      // the body of a request to such a path that is no POST
	Content                          // the body of a successful response with Content-Encoding peerdist, whatever its path; of MS-SMB2 Content Information, of which several responses may have had parts
	Note                             // something worth knowing that kept no message from being found, as far as one can tell
	Plain                            // the end of the body of a successful response without Content-Encoding peerdist, to a request with PeerDist fields; the body is not kept
	Part                             // a piece of such a body, before its Plain; of MS-SMB2 both are of the response to a READ
	Datagram                         // the payload of a UDP datagram from or to the port of WS-Discovery
)

// Protocol is the protocol that an event belongs to.
type Protocol uint8

// The protocols. Of a Problem or Note it is 0 where that is not known, and of what has
// no path of a protocol in an excerpt.
const (
	PCHC   Protocol = iota + 1 // MS-PCHC, offers to a hosted cache
	PCCRR                      // MS-PCCRR, retrieval of blocks
	PCCRD                      // MS-PCCRD, discovery: what else uses WS-Discovery counts, too
	PCCRTP                     // MS-PCCRTP, HTTP with PeerDist encoding
	WUSP                       // MS-WUSP, update clients with a server
	WSUSSS                     // MS-WSUSSS, update servers among themselves
	SMB2                       // MS-SMB2, hashes of files from a file server
)

// documents are the names of the specifications.
var documents = [...]string{"HTTP", "MS-PCHC", "MS-PCCRR", "MS-PCCRD", "MS-PCCRTP", "MS-WUSP", "MS-WSUSSS", "MS-SMB2"}

// String returns the name of the specification, such as "MS-PCHC".
func (p Protocol) String() string { return documents[p] }

// Event is one message found, or one thing that kept messages from being found.
// It and its Body are valid until the handler returns; [Event.Keep] is for longer.
type Event struct {
	Kind     EventKind
	Protocol Protocol

	Place

	// Body is the whole HTTP body with its chunks joined, of a Part a piece of it, or
	// the payload of a Datagram; empty for a Problem, Note or Plain, and where the
	// message has none.
	Body []byte

	// Began is where the HTTP message began, and Requested where the request was
	// complete, or its head if that is all there was, that a response or an Unanswered
	// belongs to. They are zero where that is not known.
	Began, Requested Moment

	// Exchange is the number of the request on its connection, from 1. It is 0
	// where it is not known which request a response belongs to, and for a
	// Problem.
	Exchange int

	Authorized bool // of a Request: it has an Authorization field

	// Auth is, for a Request, the scheme in its Authorization field, such as
	// "Negotiate", and for a Failure the schemes in its WWW-Authenticate fields,
	// separated by commas, "Negotiate ..." if it continues with a token. Credentials
	// and tokens are never kept.
	Auth string

	Ending Ending // of an Unanswered
	Gone   bool   // of a Response or Failure: the client had ended the connection before

	// RequestType is, for a Response, the Type field (MS-PCHC 2.2.1.1) of the
	// request that it answers, as it stands in bytes 2 and 3 of that request's
	// body. 0 means unknown: that part of the request was not captured, or a
	// loss leaves open which request this answers.
	RequestType uint16

	// Presumed is set, for a Response, Failure, Unanswered, Content or Plain, if the capture began
	// within the connection, and what makes this the exchange is only that the client
	// had no other request without a response.
	Presumed bool

	Hidden bool // of a Note: what this connection carries is not read, such as TLS

	// Asked and Answered are, of a Content, Plain or Part, the header fields of PeerDist
	// encoding in its request, nil where that is not known to have any, and in the
	// response. A Failure and an Unanswered of MS-PCCRTP have Asked alone, and so has a
	// Content of MS-SMB2.
	Asked, Answered *PeerDist

	Offset  int64 // of a Part: where in the HTTP body it begins
	Length  int64 // of a Plain: bytes of its body that were captured
	Missing int64 // of a Plain or Datagram: bytes of its body that were not

	Detail string // of a Problem: one sentence about the missing or unreadable data; of a Note: what is to be known; of a Failure of MS-SMB2: its status

	lent  bool // the handler may keep Body and leave spare instead
	spare []byte
}

// Keep returns a copy of the event that stays valid, see KeepBody.
func (e *Event) Keep(spare []byte) *Event {
	c := *e
	c.lent, c.spare = false, nil
	c.Body = e.KeepBody(spare)
	return &c
}

// KeepBody returns the Body, or a copy of it, for the handler to keep. It gives its own
// memory away for that, which may be nil: spare must not be used any more.
func (e *Event) KeepBody(spare []byte) []byte {
	switch {
	case e.Body == nil:
		return nil
	case e.lent:
		e.lent, e.spare = false, spare
		return e.Body
	}
	return append(spare[:0], e.Body...)
}

// PeerDist has the values of the header fields of PeerDist encoding (MS-PCCRTP 2.2)
// in a request or response, as sent, "" for one that is not there. The values of a
// repeated field are joined with commas.
type PeerDist struct {
	Coding       string // of Accept-Encoding in a request, of Content-Encoding in a response
	XP2PPeerDist string // of X-P2P-PeerDist
	XP2PEx       string // of X-P2P-PeerDistEx
	Range        string // Range of a request, Content-Range of a response; of MS-SMB2 what was read, in the form of the latter
	Validator    bool   // of a response: it has ETag or Last-Modified

	// URL is, of a request, its target with scheme and host: http and the Host field
	// where the target has none. Only [Options.Retrieval] asks for it. Of MS-SMB2 it is
	// the name of the file, \\server\share\file, "" if it was opened before the capture began.
	URL string

	method, path string // of a request
}

// Moment is a frame of a capture and its time of capture; frame 0 where it is not known.
type Moment struct {
	Frame int64
	Time  time.Time
}

// Place says where in a capture something is. What is not known has its zero
// value, Stream -1.
type Place struct {
	File string // [Options.File]

	// Frame is the number, from 1, of the frame that completed the message, and
	// Time its time of capture in UTC, the zero time where the file has none. Of
	// a Problem it is the frame that showed it, 0 where no frame did.
	Frame int64
	Time  time.Time

	// Src and Dst are the sender and the receiver. Invalid in a Problem of no
	// connection.
	Src, Dst netip.AddrPort

	// Stream is the number, from 0, of the TCP connection, in the order in which
	// they appear in the capture; -1 in a Problem of no connection.
	Stream int

	Direction string // "request" or "response"; empty in a Problem or Note

	// Method and Path are those of the request, for a Response those of the
	// request that it answers. Path is as sent, without scheme, host and query; of MS-SMB2
	// the name of the file.
	// Empty in a Problem where the request is not known.
	Method, Path string

	Status int // of a Response or Failure: the HTTP status code

	TLS bool // it was in TLS, which a [Decrypter] has decrypted
}

// String returns "frame 7 of capture.pcap", or the file alone.
func (p Place) String() string {
	if p.Frame == 0 {
		return p.File
	}
	return "frame " + strconv.FormatInt(p.Frame, 10) + " of " + p.File
}

// Options select what [Read] reports, and limit its memory. A zero field means its
// default.
type Options struct {
	File string // name of the capture, for [Place.File]

	// Exchanges asks for events of the kinds [Failure], [Unanswered] and
	// [OtherMethod], too, and for a [Note] about each connection that is not read, not only the first.
	Exchanges bool

	// Retrieval asks for MS-PCCRR, MS-PCCRD, MS-SMB2 and all of MS-PCCRTP, too: for the kinds
	// [Plain] and [Datagram], and, without Exchanges, too, for Failure and Unanswered.
	Retrieval bool

	// Updates asks for SOAP calls to update services, too (MS-WUSP and MS-WSUSSS). A
	// fault is a Response with status 500.
	Updates bool

	// Parts asks, with Retrieval, for events of the kind [Part].
	Parts bool

	// ByFrame asks for events strictly in the order of their frames. Without it, one
	// that becomes known late comes behind those of its connection that were handed out
	// before: a response that was captured before the end of its request, and a request
	// without a body, which only its response tells from a step of authentication.
	ByFrame bool

	// Excerpt says that the frames are not a capture but a selection from one,
	// such as a few packets that somebody copied. Then also reported are POSTs to
	// other paths, with their responses; responses without a Path, whose request
	// is not there; and connections that do not begin with HTTP, as events of the
	// kind [Unframed].
	Excerpt bool

	// Ahead asks Read to read in a goroutine of its own, a little ahead of the handler. The
	// events are the same, in the same order. After an error of the handler that goroutine
	// may still be in a Read of the input, and the Summary has no Unconnected.
	Ahead bool

	// Idle, if not nil, is called with Ahead where the handler had nothing to do for some
	// milliseconds, such as while the input waits: once until there is an event. Its
	// error ends the reading, as that of the handler.
	Idle func() error

	// Started, if not nil, is called with the time of the first frame that has one,
	// before any event of it.
	Started func(time.Time)

	// Keys, unless empty, ends the Note about TLS that nothing decrypts: how to give
	// the keys.
	Keys string

	// MaxConnections is how many TCP connections are followed at a time, 8192
	// by default. The one idle longest gives way to a new one.
	MaxConnections int

	// MaxBuffered is how many bytes of messages begun and of segments out of
	// order are held at a time, by default 16 MiB. Beyond it connections give
	// way, the one idle longest first; what one connection alone can hold is
	// bounded too.
	MaxBuffered int64
}

// Summary counts what [Read] saw.
type Summary struct {
	Frames      int64
	Last        time.Time // of the last frame that has a time
	Connections int       // TCP connections
	Encrypted   int       // those of them that carry TLS
	Decrypted   int       // those of these of which a [Decrypter] has data
	Requests    int       // events of each kind, but for those of MS-PCCRR, MS-WUSP and MS-WSUSSS
	Responses   int
	Contents    int
	Problems    int

	// Unconnected are the TCP connections that somebody tried to open, and to which the
	// capture has neither a SYN nor data in answer, in the order of their first frames: of at
	// most 1024 clients and servers.
	Unconnected []Unconnected
}

// Unconnected counts connections from a client to a server that were not opened.
type Unconnected struct {
	Client  netip.Addr
	Server  netip.AddrPort
	Count   int64
	Refused bool   // the first ended with RST
	First   Moment // the first SYN of the first
}

// ErrNotCapture is wrapped by the error of [Read] for an input that is not a
// capture.
var ErrNotCapture = pcapfile.ErrNotCapture

// ForeignError is wrapped by the error of [Read] for an input of another known
// format.
type ForeignError = pcapfile.ForeignError

// Read reads a capture to its end and calls handle for every event.
//
// An error means that the input is not a capture (it wraps [ErrNotCapture]),
// that in failed (it wraps in's error), or is the error of handle, which ends
// the reading at once. Damage inside a capture is no error but a [Problem]:
// what lies before it has been handed over. The Summary holds in any case what
// has been seen until then.
func Read(in io.Reader, o Options, handle func(*Event) error) (Summary, error) {
	if o.Ahead {
		return readAhead(in, o, handle)
	}
	r := NewReader(o, handle)
	err := r.read(in)
	if r.failed != nil {
		err = r.failed
	}
	return r.sum, err
}

func (r *Reader) read(in io.Reader) error {
	file, err := pcapfile.NewReader(in)
	if err != nil {
		return err
	}
	if d, ok := in.(Decrypter); ok {
		r.decryption.from = d
		err = r.decryption.start(false)
	}
	var f pcapfile.Frame
	damaged := false
	for err == nil {
		if err = file.Next(&f); err == nil && file.Keys() && !r.decryption.keys {
			err = r.decryption.start(true)
		}
		if err == nil {
			damaged = damaged || f.Damage != ""
			err = r.Frame(&f, nil)
		}
	}
	if err == io.EOF && !damaged {
		err = r.decryption.end()
	}
	r.finish()
	defer func() {
		r.ending = false
		r.release()
	}()
	var d pcapfile.Damage
	switch {
	case err == io.EOF:
		return nil
	case errors.As(err, &d):
		if d.Within {
			r.now = stamp{r.now.frame + 1, d.Time}
		}
		r.problem(d.Detail, d)
		return nil
	}
	return err
}

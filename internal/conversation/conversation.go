package conversation

import (
	"cmp"
	"io"
	"math"
	"net/netip"
	"runtime"
	"slices"

	"github.com/hostedcache/pchc/internal/capture"
)

// Options say what [Read] does. A zero field means its default.
type Options struct {
	// Capture are the options for package capture; Retrieval and Parts are set here.
	Capture capture.Options

	// Secrets are what is known of segments; what the capture has is added. nil means
	// none.
	Secrets *Secrets

	// Again opens the capture once more, to look for secrets that come later than the
	// first block without one. It is called once at most. nil means that the input can
	// be read only once.
	Again func() (io.ReadCloser, error)

	// Earlier, if not nil, is called at the first block without a secret, before Again: it
	// may add to Secrets what other captures have.
	Earlier func()

	// Plain asks for the decrypted blocks, and Parts for the pieces of plain bodies.
	Plain, Parts bool

	// Offers asks for the exchanges of MS-PCHC, too. Without it, their messages are items
	// without an Exchange.
	Offers bool

	// Workers is how many goroutines decrypt and hash, as many as there are processors
	// by default.
	Workers int
}

// Read reads a capture to its end and calls handle for every step of the
// conversations in it, in order. Errors are those of [capture.Read]. Blocks that are
// being verified are waited for before Idle of the Capture is called.
func Read(in io.Reader, o Options, handle func(*Item) error) (capture.Summary, error) {
	o.Capture.Retrieval, o.Capture.Parts = true, o.Parts
	if o.Secrets == nil {
		o.Secrets = NewSecrets()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &reader{options: o, handle: handle, secrets: o.Secrets}
	defer r.stop()
	if idle := o.Capture.Idle; idle != nil {
		o.Capture.Idle = func() error {
			if err := r.flush(); err != nil {
				return err
			}
			return idle()
		}
	}
	sum, err := capture.Read(in, o.Capture, r.event)
	if r.failed == nil {
		err = cmp.Or(r.release(math.MaxInt64), r.endRequests(), r.flush(), err)
	}
	return sum, err
}

// reader is a run of [Read].
type reader struct {
	options Options
	handle  func(*Item) error
	failed  error // of handle
	secrets *Secrets
	again   string // what became of reading the input again; "" if it was not tried

	asked  requests
	offers requests
	probes probes
	ahead  []*capture.Event // responses that were captured before their requests
	item   Item             // for events that are no part of an exchange, as there are many
	queue  queue
}

// flush waits for the blocks that are being verified, and calls the handler for all
// that has been read.
func (r *reader) flush() error {
	for len(r.queue.list) > 0 && r.failed == nil {
		r.next()
	}
	return r.failed
}

// maxAhead bounds the responses that wait for their requests. They come within a few frames.
const maxAhead = 64

// event takes an event of the capture. A response that was captured before its request
// waits for that: by frame it comes first.
func (r *reader) event(e *capture.Event) error {
	if r.failed != nil {
		return r.failed
	}
	if e.Requested.Frame > e.Frame && e.Exchange > 0 && len(r.ahead) < maxAhead && r.isAhead(e) {
		r.ahead = append(r.ahead, e.Keep(nil))
		return nil
	}
	if len(r.ahead) == 0 {
		return r.take(e)
	}
	frame := e.Frame
	if err := r.release(frame - 1); err != nil {
		return err
	}
	if err := r.take(e); err != nil || e.Kind != capture.Request {
		return err
	}
	return r.release(frame)
}

// isAhead reports whether the request that e answers has not come.
func (r *reader) isAhead(e *capture.Event) bool {
	key := requestKey{e.Stream, e.Exchange}
	switch e.Protocol {
	case capture.PCCRR:
		return r.asked.waiting[key] == nil
	case capture.PCHC:
		return r.options.Offers && r.offers.waiting[key] == nil
	}
	return false
}

// release takes the responses that wait for requests up to a frame.
func (r *reader) release(frame int64) error {
	for i := 0; i < len(r.ahead); {
		e := r.ahead[i]
		if e.Requested.Frame > frame || e.Requested.Frame == frame && r.isAhead(e) {
			i++
			continue
		}
		r.ahead = slices.Delete(r.ahead, i, i+1)
		if err := r.take(e); err != nil {
			return err
		}
	}
	return nil
}

// take takes an event. What it refers to is copied where it has to wait.
func (r *reader) take(e *capture.Event) error {
	switch e.Protocol {
	case capture.PCCRR:
		switch e.Kind {
		case capture.Request, capture.Response, capture.Failure, capture.Unanswered:
			return r.retrieval(e)
		}
	case capture.PCCRTP, capture.SMB2:
		switch e.Kind {
		case capture.Content, capture.Plain, capture.Part, capture.Failure, capture.Unanswered:
			return r.transfer(e)
		}
	case capture.PCCRD:
		return r.discovery(e)
	case capture.PCHC:
		if e.Kind == capture.Request {
			r.secrets.addOffer(e.Body)
		}
		if r.options.Offers {
			switch e.Kind {
			case capture.Request, capture.Response, capture.Failure, capture.Unanswered:
				return r.offer(e)
			}
		}
	}
	if !r.waits() {
		r.item = Item{Event: e}
		return r.tell(&r.item)
	}
	return r.put(&entry{item: Item{Event: e.Keep(nil)}})
}

// tell calls the handler.
func (r *reader) tell(it *Item) error {
	r.failed = r.handle(it)
	return r.failed
}

// ends are who asked whom, by an event.
func ends(e *capture.Event) (client, server netip.AddrPort) {
	if e.Direction == "request" {
		return e.Src, e.Dst
	}
	return e.Dst, e.Src
}

// earlier takes the secrets of other captures, and reports whether there may be some.
func (r *reader) earlier() bool {
	f := r.options.Earlier
	r.options.Earlier = nil
	if f != nil {
		f()
	}
	return f != nil
}

// lookForSecrets reads the input once more.
func (r *reader) lookForSecrets() {
	if r.again != "" {
		return
	}
	if r.options.Again == nil {
		r.again = "the input could be read only once, so Content Information that comes later does not help"
		return
	}
	r.again = "the whole input has none"
	in, err := r.options.Again()
	if err == nil {
		defer in.Close()
		o := r.options.Capture
		o.Parts, o.Exchanges, o.Ahead = false, false, false
		_, err = capture.Read(in, o, func(e *capture.Event) error {
			r.learn(e)
			return nil
		})
	}
	if err != nil {
		r.again = "reading the input again failed: " + err.Error()
	}
}

// learn adds the secrets in an event.
func (r *reader) learn(e *capture.Event) {
	switch {
	case e.Kind == capture.Content:
		t := r.describe(e)
		t.learn(r.secrets, e.Body)
	case e.Kind == capture.Request && e.Protocol == capture.PCHC:
		r.secrets.addOffer(e.Body)
	}
}

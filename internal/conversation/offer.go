package conversation

import (
	"fmt"
	"net/http"

	"github.com/hostedcache/pchc/internal/capture"
)

// offer takes an event of MS-PCHC.
func (r *reader) offer(e *capture.Event) error {
	if e.Kind == capture.Request {
		return r.offered(e)
	}
	var x *Exchange
	if e.Exchange > 0 {
		x = r.offers.remove(requestKey{e.Stream, e.Exchange})
	}
	if x == nil {
		if e.Kind == capture.Unanswered || e.Kind == capture.Failure {
			return r.pass(r.waits(), &Item{Event: r.kept(e)}) // a step of authentication, or its request was told as parted
		}
		x = &Exchange{Protocol: capture.PCHC, Stream: e.Stream, Number: e.Exchange, Asked: e.Requested}
		x.Client, x.Server = ends(e)
	}
	x.Done, x.Status, x.Ending = true, e.Status, e.Ending
	x.Began, x.Answered = e.Began, capture.Moment{Frame: e.Frame, Time: e.Time}
	switch e.Kind {
	case capture.Failure:
		x.Result, x.Reason = Failed, fmt.Sprintf("HTTP status %d %s", e.Status, http.StatusText(e.Status))
		x.Response = &Message{Place: e.Place}
	case capture.Unanswered:
		x.Result = unanswered(e)
	default:
		x.Result = Answered
		x.Response = &Message{Place: e.Place, Body: e.Body}
	}
	if r.waits() {
		e = e.Keep(nil)
		if x.Response != nil {
			x.Response.Body = e.Body
		}
		return r.put(&entry{item: Item{Event: e, Exchange: x}})
	}
	err := r.tell(&Item{Event: e, Exchange: x})
	if x.Request != nil {
		r.free(x.Request.Body)
	}
	return err
}

// offered takes a request.
func (r *reader) offered(e *capture.Event) error {
	waits := r.waits()
	x := &Exchange{Protocol: capture.PCHC, Stream: e.Stream, Number: e.Exchange, Asked: capture.Moment{Frame: e.Frame, Time: e.Time}}
	x.Client, x.Server = ends(e)
	x.Request = &Message{Place: e.Place, Body: e.KeepBody(r.buffer())}
	pending := *x
	it := Item{Event: e, Exchange: &pending}
	if waits {
		it.Event = e.Keep(nil)
	}
	if err := r.pass(waits, &it); err != nil {
		return err
	}
	return r.wait(&r.offers, x)
}

// part tells an exchange whose response is not waited for any more.
func (r *reader) part(x *Exchange) error {
	x.Done, x.Result = true, Parted
	e := &capture.Event{Kind: capture.Unanswered, Protocol: x.Protocol, Place: x.Request.Place, Exchange: x.Number}
	return r.pass(r.waits(), &Item{Event: e, Exchange: x})
}

// endRequests tells the exchanges that the capture says nothing more about.
func (r *reader) endRequests() error {
	for _, q := range []*requests{&r.offers, &r.asked} {
		for _, key := range q.order {
			if x := q.remove(key); x != nil {
				if err := r.part(x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// kept returns an event, or a copy if it has to wait.
func (r *reader) kept(e *capture.Event) *capture.Event {
	if r.waits() {
		return e.Keep(nil)
	}
	return e
}

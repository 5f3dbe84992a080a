package conformance

import (
	"net/netip"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/spec"
)

// updates is what is known of calls to update services (MS-WUSP, MS-WSUSSS). A client
// is an IP address.
type updates struct {
	callers map[caller]*calls
	open    map[number]*openCall
	count   int // calls
}

// caller is a client with a server.
type caller struct {
	client, server netip.Addr
	protocol       capture.Protocol
}

// calls are those of one caller.
type calls struct {
	order   *neighbours.Calls
	waiting int  // requests without a response
	beside  bool // there were several at a time: their order is not known
}

type openCall struct {
	caller  caller
	request *neighbours.Message
	place   capture.Place
}

// What is remembered of callers and of requests without a response; then what is
// known is forgotten.
const (
	maxCallers   = 4096
	maxOpenCalls = 4096
)

func isUpdate(p capture.Protocol) bool { return p == capture.WUSP || p == capture.WSUSSS }

// update takes a message of an update service, or the lack of one.
func (c *Checker) update(e *capture.Event) {
	u := &c.updates
	if u.callers == nil {
		u.callers, u.open = map[caller]*calls{}, map[number]*openCall{}
	}
	id := number{e.Stream, e.Exchange}
	if e.Kind == capture.Request {
		u.count++
		q := neighbours.ReadRequest(e.Protocol.String(), e.Body)
		c.updateViolations(q, e)
		if e.Exchange == 0 { // nobody will know its response
			u.lose(e)
			return
		}
		if len(u.callers) >= maxCallers || len(u.open) >= maxOpenCalls {
			clear(u.callers)
			clear(u.open)
		}
		who := caller{e.Src.Addr(), e.Dst.Addr(), e.Protocol}
		of := u.callers[who]
		if of == nil {
			of = &calls{order: neighbours.NewCalls(e.Protocol.String())}
			u.callers[who] = of
		}
		if of.waiting++; of.waiting > 1 {
			of.beside = true
			of.order.Lose()
		}
		u.open[id] = &openCall{who, q, e.Place}
		return
	}
	var answer *neighbours.Message
	if e.Kind == capture.Response {
		answer = neighbours.ReadResponse(e.Protocol.String(), e.Body)
		c.updateViolations(answer, e)
	}
	x := u.open[id]
	if x == nil {
		u.lose(e)
		return
	}
	delete(u.open, id)
	of := u.callers[x.caller]
	if of == nil {
		return
	}
	of.waiting--
	refused := e.Kind == capture.Failure && (e.Status == 401 || e.Status == 407) // only a step of authentication
	switch {
	case of.beside:
		of.beside = of.waiting > 0
	case refused:
	case answer == nil || e.Presumed:
		of.order.Lose()
	default:
		for _, b := range of.order.Call(x.request, answer, x.place) {
			c.addUpdate(spec.Violation{Rule: b.ID, Class: spec.Behaviour, Section: b.Section, Detail: b.Detail}, b.Place.(capture.Place))
		}
	}
}

// updateViolations reports what is wrong in the bytes of a message.
func (c *Checker) updateViolations(m *neighbours.Message, e *capture.Event) {
	for _, v := range m.Violations {
		c.addUpdate(v, e.Place)
	}
}

func (c *Checker) addUpdate(v spec.Violation, at capture.Place) {
	f := Finding{Violation: v, Place: at}
	for _, r := range updateRequirements() {
		if r.ID == v.Rule {
			f.Level, f.Expected = r.Level, r.Text
		}
	}
	c.window.add(f)
}

// lose says that calls of the two ends of an event may be missing, or without a
// connection those of all.
func (u *updates) lose(e *capture.Event) {
	for who, of := range u.callers {
		if e.Stream < 0 || who.client == e.Src.Addr() && who.server == e.Dst.Addr() || who.client == e.Dst.Addr() && who.server == e.Src.Addr() {
			of.order.Lose()
		}
	}
}

// updateRequirements are those of update services that a capture shows.
func updateRequirements() (all []spec.Requirement) {
	for _, e := range neighbours.Requirements() {
		r := spec.Requirement{ID: e.ID, Section: e.Section, Level: spec.Must, Class: spec.Behaviour, Text: e.Text, CheckedBy: spec.Conversation}
		switch e.Level {
		case spec.Should.String():
			r.Level = spec.Should
		case spec.May.String():
			r.Level = spec.May
		}
		if e.Class == spec.Format.String() {
			r.Class = spec.Format
		}
		if neighbours.InCapture(e) {
			all = append(all, r)
		}
	}
	return all
}

// updateCount says how many calls there were, "" if none.
func updateCount(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + message.Count(n, "call") + " to update services"
}

package conversation

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/internal/capture"
)

// probes are the Probes that were seen last.
type probes struct {
	byID  map[probeKey]*sentProbe
	order []probeKey
}

// probeKey is what a ProbeMatches refers to: it goes where the Probe came from.
type probeKey struct {
	id   string
	from netip.AddrPort
}

type sentProbe struct {
	probe pccrd.Probe
	place capture.Place
}

// maxProbes bounds them.
const maxProbes = 512

// discovery takes a datagram of WS-Discovery. Most are of other protocols that use it,
// and are passed over.
func (r *reader) discovery(e *capture.Event) error {
	if !bytes.Contains(e.Body, []byte("PeerDist")) {
		return nil
	}
	waits := r.waits()
	if waits {
		e = e.Keep(nil)
	} else {
		c := *e
		e = &c
	}
	if e.Missing > 0 {
		e.Kind = capture.Problem
		e.Detail = fmt.Sprintf("%d of %d bytes of a message of MS-PCCRD are missing from the capture", e.Missing, e.Missing+int64(len(e.Body)))
		e.Body = nil
		return r.pass(waits, &Item{Event: e})
	}
	m, err := pccrd.Decode(e.Body)
	if errors.Is(err, pccrd.RuleEnvelope) || errors.Is(err, pccrd.RuleTypes) {
		return nil // another message of WS-Discovery
	}
	now := capture.Moment{Frame: e.Frame, Time: e.Time}
	x := &Exchange{Protocol: capture.PCCRD, Done: true, Stream: e.Stream, Discovery: new(Discovery), Answered: now}
	e.Direction = "request"
	switch m := m.(type) {
	case pccrd.Probe:
		x.Discovery.Probe, x.Result, x.Asked = &m, Asked, now
		r.probes.add(&m, e)
	case pccrd.ProbeMatches:
		e.Direction = "response"
		x.Discovery.Matches, x.Began = &m, now
		r.match(x, &m, e)
	default:
		x.Result, x.Reason = Malformed, err.Error()
		if e.Src.Port() == pccrd.Port && e.Dst.Port() != pccrd.Port {
			e.Direction = "response"
		}
	}
	message := &Message{Place: e.Place, Body: e.Body, Err: err}
	if e.Direction == "request" {
		x.Request = message
	} else {
		x.Response = message
	}
	x.Client, x.Server = ends(e)
	return r.pass(waits, &Item{Event: e, Exchange: x})
}

// pass tells an item, or puts it into the queue.
func (r *reader) pass(waits bool, it *Item) error {
	if !waits {
		return r.tell(it)
	}
	return r.put(&entry{item: *it})
}

// add keeps a Probe. One that is sent again counts from the first time.
func (p *probes) add(m *pccrd.Probe, e *capture.Event) {
	key := probeKey{m.MessageID, e.Src}
	if p.byID == nil {
		p.byID = make(map[probeKey]*sentProbe)
	}
	if p.byID[key] != nil {
		return
	}
	if len(p.order) == maxProbes {
		delete(p.byID, p.order[0])
		p.order = p.order[1:]
	}
	p.byID[key] = &sentProbe{*m, e.Place}
	p.order = append(p.order, key)
}

// match joins a ProbeMatches with its Probe.
func (r *reader) match(x *Exchange, m *pccrd.ProbeMatches, e *capture.Event) {
	sent := r.probes.byID[probeKey{m.RelatesTo, e.Dst}]
	if sent != nil {
		x.Discovery.Probe = &sent.probe
		x.Request = &Message{Place: sent.place}
		x.Asked = capture.Moment{Frame: sent.place.Frame, Time: sent.place.Time}
	}
	x.Result = Miss
	for i := range m.ProbeMatch {
		match := &m.ProbeMatch[i]
		for _, n := range match.BlockCount {
			if n > 0 {
				x.Result = Hit
			}
		}
		for _, a := range match.Availability {
			if a != pccrd.AvailableNone {
				x.Result = Hit
			}
		}
		for _, id := range match.HoHoDk {
			if sent != nil && !sent.asks(id) {
				x.Result, x.Reason = Mismatched, "the answer has a segment that the Probe does not ask for"
				return
			}
		}
		if sent != nil && len(match.Availability) > (len(sent.probe.HoHoDk)+3)/4*4 {
			x.Result, x.Reason = Mismatched, "the answer is about more segments than the Probe asks for"
			return
		}
	}
}

// asks reports whether the Probe has a segment.
func (s *sentProbe) asks(id pccrd.HoHoDk) bool {
	for _, one := range s.probe.HoHoDk {
		if bytes.Equal(one, id) {
			return true
		}
	}
	return false
}

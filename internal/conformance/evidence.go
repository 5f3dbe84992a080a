package conformance

import (
	"net/netip"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

const (
	// patience is how long a capture must go on before something that a client
	// should send is missing: no request is outstanding for longer.
	patience = (spec.TicksToLive + 1) * spec.TickPeriod

	// hang is the same for a response on a connection that the server does not end.
	// The text has no limit, and a hosted cache may be slow.
	hang = 3 * patience

	// Bounds of memory.
	maxSuspected = 10_000 // twice as many are kept, and of these half
	maxServers   = 10_000
	maxLosses    = 65_536
)

// suspicion is a finding of the follower, not yet certain: a loss may turn up late.
type suspicion struct {
	spec.Violation
	request        bool // it is in the request
	at             capture.Place
	client, server netip.Addr
	answered       time.Duration
	earlier        *exchange // of a repeated RequestID
	blind          bool      // it depends on data after a problem of the whole capture
}

// evidence is what the capture shows and what it hides.
type evidence struct {
	suspected []suspicion

	blind     bool                         // something was hidden that may be anything,
	sight     time.Duration                // from here on
	damaged   map[int]bool                 // streams with a problem
	lost      map[netip.Addr]time.Duration // clients and servers: their last problem
	hidden    map[[2]netip.Addr]bool       // between these two
	forgetful bool
}

func newEvidence() evidence {
	return evidence{damaged: map[int]bool{}, lost: map[netip.Addr]time.Duration{}, hidden: map[[2]netip.Addr]bool{}}
}

// lose takes note of a problem: messages may have passed that the capture does not
// have.
func (v *evidence) lose(e *capture.Event, now time.Duration) {
	if e.Stream >= 0 && len(v.damaged) < maxLosses && len(v.lost) < maxLosses {
		v.damaged[e.Stream] = true
		v.lost[e.Src.Addr()], v.lost[e.Dst.Addr()] = now, now
		return
	}
	v.forgetful = v.forgetful || e.Stream >= 0
	if !v.blind {
		v.blind, v.sight = true, now
	}
}

// hide takes note of a connection that is not read, with TLS for instance.
func (v *evidence) hide(e *capture.Event) {
	if len(v.hidden) >= maxLosses {
		v.forgetful = true
		return
	}
	a, b := e.Src.Addr(), e.Dst.Addr()
	v.hidden[[2]netip.Addr{a, b}], v.hidden[[2]netip.Addr{b, a}] = true, true
}

// certain reports whether nothing outside of the capture can excuse a violation,
// see the package comment.
func (v *evidence) certain(s *suspicion, now time.Duration) bool {
	sight := now
	if v.blind {
		sight = v.sight
	}
	lost, anyLoss := v.lost[s.client]
	hidden := v.hidden[[2]netip.Addr{s.client, s.server}] || v.forgetful
	if strings.HasPrefix(s.Rule, "PCCR") && (s.blind || v.damaged[s.at.Stream]) {
		return false
	}
	switch s.Rule {
	case "PCCRR-3.1.4.4-RequestID": // a client may send again what it knows to be lost
		return s.earlier != nil && s.earlier.response.Frame > 0 && !anyLoss
	case "PCHC-3.1.5.1-Respond", "PCHC-3.1.5.2-Respond", "PCHC-3.1.5.3-Respond", "PCHC-3.1.5.4-Drop":
		return !s.blind && !v.damaged[s.at.Stream]
	case "PCHC-3.2.5.1-SegmentInfo", "PCHC-3.2.5.3-Resend":
		return s.request || !hidden && !(anyLoss && lost >= s.answered) && sight-s.answered >= patience
	case "PCHC-2.2.1.4-Interested", "PCHC-3.2.2-Late":
		return !hidden && !anyLoss && !s.blind
	}
	return true
}

package spec

import (
	"slices"
	"time"
)

// TickPeriod is the time between two ticks of the request timer. The expiry of a
// request is the tick counter plus TicksToLive (MS-PCHC 3.2.2).
const (
	TickPeriod  = 5 * time.Second
	TicksToLive = 2
)

// Outstanding is a request without a response so far (MS-PCHC 3.2.1).
type Outstanding struct {
	Request RequestID
	Type    uint16
	HoHoDks []string // of the segments that it offers; do not change them
	Expiry  uint64   // the last tick of the request timer at which it is still outstanding
}

// stored is an outstanding request with the messages that may have to be sent for it.
type stored struct {
	Outstanding
	message     Secret // sent again after a 401
	segmentInfo Secret // INITIAL_OFFER_MESSAGE: sent if the reply is INTERESTED
	legs        int    // how often it was sent with authentication
}

// outstandings is the set of outstanding requests with its request timer. The
// timer runs exactly while the set is not empty.
//
// A request expires at the first tick at which the counter exceeds its expiry,
// which is the third tick after it was sent. So a request that starts the timer
// lives for 15 seconds, and one sent between ticks for 10 to 15. A tick precedes
// all other events at the same time: a response that arrives then is late, a
// request that is sent then has 15 seconds.
type outstandings struct {
	set  []stored
	tick uint64        // the tick counter
	last time.Duration // of the last tick, or else of the timer's start
}

// advance lets the timer tick until now and returns what expires, in the order of
// sending.
func (s *outstandings) advance(now time.Duration) []RequestID {
	if len(s.set) == 0 || now-s.last < TickPeriod {
		return nil
	}
	ticks := (now - s.last) / TickPeriod
	s.last += ticks * TickPeriod
	s.tick += uint64(ticks)
	var expired []RequestID
	s.set = slices.DeleteFunc(s.set, func(o stored) bool {
		over := s.tick > o.Expiry
		if over {
			expired = append(expired, o.Request)
		}
		return over
	})
	return expired
}

// add adds a request that is sent now.
func (s *outstandings) add(now time.Duration, o stored) {
	if len(s.set) == 0 {
		s.last = now // the timer starts, with a whole period to its first tick
	}
	o.Expiry = s.tick + TicksToLive
	s.set = append(s.set, o)
}

// find returns the position of a request, or -1 if it is not outstanding.
func (s *outstandings) find(id RequestID) int {
	return slices.IndexFunc(s.set, func(o stored) bool { return o.Request == id })
}

// take removes a request.
func (s *outstandings) take(id RequestID) (o stored, found bool) {
	i := s.find(id)
	if i < 0 {
		return o, false
	}
	o = s.set[i]
	s.set = slices.Delete(s.set, i, i+1)
	return o, true
}

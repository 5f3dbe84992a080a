package spec

import (
	"net/netip"
	"slices"
	"time"
)

// An exchange that is younger than surelyAlive has not expired, one of
// surelyExpired has, whatever the phase of the client's timer (MS-PCHC 3.2.2).
const (
	surelyAlive   = TicksToLive * TickPeriod
	surelyExpired = surelyAlive + TickPeriod
)

// Bounds of the memories of a [Follower].
const (
	maxRemembered = 10_000
	maxHeld       = 256 // for a connection
)

// obligation is a request that a client has to send because of an answer.
type obligation struct {
	client   netip.Addr
	rule     string
	what     string // PCHC-3.2.5.3-Resend: the digest of the message; PCHC-3.2.5.1-SegmentInfo: the HoHoDk
	exchange RequestID
	due      time.Duration
	legs     int
	excused  bool // it may also stay out
	detail   string
}

// offered is what became of a client's offers of a segment in INITIAL_OFFER_MESSAGEs.
type offered struct {
	open         int    // offers without response
	asked        int    // answers INTERESTED without SEGMENT_INFO_MESSAGE
	interested   bool   // an answer INTERESTED came before the offer had expired
	late         bool   // and one when it had
	ok           bool   // an answer was OK
	acknowledged bool   // the SEGMENT_INFO_MESSAGE that the last INTERESTED asked for was answered
	on           uint64 // on this connection
}

type offerKey struct {
	client netip.Addr
	hoHoDk string
}

func (e *exchange) key() offerKey { return offerKey{e.From, e.hoHoDk} }

// Tick reports what clients should have done by now.
func (f *Follower) Tick(now time.Duration) (findings []Finding) {
	n := 0
	for ; n < len(f.owed) && f.owed[n].due <= now; n++ {
		if o := &f.owed[n]; !o.excused {
			findings = append(findings, finding(o.exchange, false, o.rule, o.detail))
		}
	}
	f.owed = slices.Delete(f.owed, 0, n)
	return findings
}

// owe adds an obligation. Until then, no other for the same is left.
func (f *Follower) owe(o obligation) {
	if first := f.settle(o.client, o.rule, o.what); first != nil && !first.excused {
		o.exchange = first.exchange
	}
	if len(f.owed) == maxRemembered {
		f.owed = slices.Delete(f.owed, 0, maxRemembered/10)
		f.forgetful = true
	}
	f.owed = append(f.owed, o)
}

// settle removes the oldest obligation of a client, of that kind and for that
// message or segment, "" for any. It returns nil if there is none.
func (f *Follower) settle(client netip.Addr, rule, what string) *obligation {
	for i, o := range f.owed {
		if o.client == client && o.rule == rule && (what == "" || o.what == what) {
			f.owed = slices.Delete(f.owed, i, i+1)
			return &o
		}
	}
	return nil
}

// Forgetful reports whether the Follower has had to forget something, so that
// violations may be missing from its findings.
func (f *Follower) Forgetful() bool { return f.forgetful || f.aborted.full || f.offers.full }

// table is a map that forgets the entry added first when it is full.
type table[K comparable, V any] struct {
	entries map[K]V
	order   []K // a ring
	next    int // of order, the entry to forget
	full    bool
}

func (t *table[K, V]) get(key K) V { return t.entries[key] }

func (t *table[K, V]) put(key K, value V) {
	if t.entries == nil {
		t.entries = map[K]V{}
	}
	if _, known := t.entries[key]; !known {
		if len(t.order) < maxRemembered {
			t.order = append(t.order, key)
		} else {
			t.full = true
			delete(t.entries, t.order[t.next])
			t.order[t.next] = key
			t.next = (t.next + 1) % maxRemembered
		}
	}
	t.entries[key] = value
}

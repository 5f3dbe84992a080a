package spec

import (
	"net/netip"
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
	owedKey
	exchange RequestID
	due      time.Duration
	number   int // counts up
	legs     int
	excused  bool // it may also stay out
	scheme   bool // the request was blamed for its scheme of authentication
	settled  bool
	detail   string
}

type owedKey struct {
	client netip.Addr
	rule   string
	what   string // PCHC-3.2.5.3-Resend: the digest of the message; PCHC-3.2.5.1-SegmentInfo: the HoHoDk
}

// obligations are those of all clients.
type obligations struct {
	byKey    map[owedKey]*obligation
	byWhat   map[owedKey][]*obligation // without their clients, in order of time
	queue    []*obligation             // in order of time; from first on
	first    int
	number   int                    // of the newest
	pardoned table[netip.Addr, int] // clients: up to this number
	spilled  []Finding              // of those that had to be forgotten
	full     bool
}

// offered is what became of a client's offers of a segment in INITIAL_OFFER_MESSAGEs.
type offered struct {
	open         int    // offers without response
	asked        int    // answers INTERESTED without SEGMENT_INFO_MESSAGE
	interested   bool   // an answer INTERESTED came before the offer had expired
	late         bool   // and one when it had
	ok           bool   // an answer was OK,
	okOn         uint64 // the last one on this connection
	acknowledged bool   // the SEGMENT_INFO_MESSAGE that the last INTERESTED asked for was answered
	on           uint64 // on this connection
}

type offerKey struct {
	client netip.Addr
	hoHoDk string
}

func (e *exchange) key() offerKey { return offerKey{e.From, e.hoHoDk} }

// End takes the end of what is seen, and reports what clients should have done by
// then.
func (f *Follower) End(now time.Duration) []Finding {
	for f.owed.first < len(f.owed.queue) {
		f.owed.forgetOldest(now)
	}
	return f.owed.spill()
}

// owe adds an obligation. Another one for the same is the same fault.
func (l *obligations) owe(now time.Duration, o obligation) {
	if first := l.settle(o.client, o.rule, o.what); first != nil && !first.excused {
		o.exchange = first.exchange
	}
	if len(l.queue)-l.first == maxRemembered {
		early := l.forgetOldest(now)
		l.full = l.full || early
	}
	if l.byKey == nil {
		l.byKey, l.byWhat = map[owedKey]*obligation{}, map[owedKey][]*obligation{}
	}
	l.number++
	o.number = l.number
	l.byKey[o.owedKey] = &o
	l.byWhat[o.anyone()] = append(l.byWhat[o.anyone()], &o)
	l.queue = append(l.queue, &o)
}

// settle ends the obligation of a client, of that kind and for that message or
// segment. It returns nil if there is none.
func (l *obligations) settle(client netip.Addr, rule, what string) *obligation {
	o := l.byKey[owedKey{client, rule, what}]
	if o != nil {
		o.settled = true
		delete(l.byKey, o.owedKey)
	}
	return o
}

// elsewhere excuses whoever owes that, as somebody did it who does not owe it: it may be
// the same client from another address, such as one of a pool of a NAT.
func (l *obligations) elsewhere(rule, what string) {
	key := owedKey{rule: rule, what: what}
	for _, o := range l.byWhat[key] {
		o.excused = true
	}
	delete(l.byWhat, key)
}

// anyone is the key without the client.
func (k owedKey) anyone() owedKey { return owedKey{rule: k.rule, what: k.what} }

// pardon excuses a client from what it owes so far.
func (l *obligations) pardon(client netip.Addr) {
	if len(l.byKey) > 0 {
		l.pardoned.put(client, l.number)
	}
}

// forgetOldest ends the oldest obligation, with a finding if it is due. It reports
// whether it still might have been met.
func (l *obligations) forgetOldest(now time.Duration) (early bool) {
	o := l.queue[l.first]
	if same := l.byWhat[o.anyone()]; len(same) > 1 && same[0] == o {
		l.byWhat[o.anyone()] = same[1:]
	} else if len(same) == 1 && same[0] == o {
		delete(l.byWhat, o.anyone())
	}
	if !o.settled {
		delete(l.byKey, o.owedKey)
		switch {
		case o.excused, o.number <= l.pardoned.get(o.client), l.pardoned.full:
		case o.due <= now:
			l.spilled = append(l.spilled, finding(o.exchange, false, o.rule, o.detail))
		default:
			early = true
		}
	}
	l.queue[l.first] = nil
	if l.first++; l.first > len(l.queue)/2 {
		l.queue = append(l.queue[:0], l.queue[l.first:]...)
		l.first = 0
	}
	return early
}

// spill returns the findings of obligations that were forgotten.
func (l *obligations) spill() []Finding {
	findings := l.spilled
	l.spilled = nil
	return findings
}

// Forgetful reports whether the Follower has had to forget something, so that
// violations may be missing from its findings.
func (f *Follower) Forgetful() bool {
	return f.forgetful || f.owed.full || f.owed.pardoned.full || f.aborted.full || f.offers.full
}

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

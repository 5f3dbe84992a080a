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

// restart is the time that a client needs at least to come up again.
const restart = time.Second

// Bounds of the memories of a [Follower].
const (
	maxRemembered = 10_000
	maxHeld       = 256 // for a connection
)

// obligation is a request that a client has to send because of an answer.
type obligation struct {
	owedKey
	exchange *exchange
	due      time.Duration
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
	byClient map[netip.Addr]*debtor
	queue    []*obligation // in order of time; from first on
	first    int
	newest   uint64    // connection
	spilled  []Finding // of those that had to be forgotten
	full     bool
}

// debtor is a client that owes something.
type debtor struct {
	list       []*obligation // in order of time
	heard      time.Duration // when it sent its last request
	connection uint64        // the newest at that time, or when it was asked
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

// owe adds an obligation because of an answer to a request that was sent at that
// time. Another one for the same is the same fault.
func (l *obligations) owe(now, sent time.Duration, o obligation) {
	if first := l.settle(o.client, o.rule, o.what); first != nil && !first.excused {
		o.exchange = first.exchange
	}
	if len(l.queue)-l.first == maxRemembered {
		early := l.forgetOldest(now)
		l.full = l.full || early
	}
	if l.byKey == nil {
		l.byKey, l.byWhat, l.byClient = map[owedKey]*obligation{}, map[owedKey][]*obligation{}, map[netip.Addr]*debtor{}
	}
	d := l.byClient[o.client]
	if d == nil {
		d = &debtor{heard: sent}
		l.byClient[o.client] = d
	}
	d.list, d.connection = append(d.list, &o), l.newest
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
	if d := l.byClient[client]; d != nil {
		for _, o := range d.list {
			o.excused = true
		}
		delete(l.byClient, client)
	}
}

// heard takes a request of a client. One that was silent for a while, and offers
// anew on a new connection, may have restarted: it does not know any more what it
// still had time for when it was last heard.
func (l *obligations) heard(now time.Duration, e *exchange, anew bool) {
	d := l.byClient[e.From]
	if d != nil && anew && e.Connection > d.connection && now-d.heard >= restart {
		for i := len(d.list) - 1; i >= 0 && d.list[i].due > d.heard; i-- {
			if d.list[i].due <= now+surelyExpired-restart { // it was asked that long ago
				d.list[i].excused = true
			}
		}
	}
	l.newest = max(l.newest, e.Connection)
	if d != nil {
		d.heard, d.connection = now, l.newest
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
	if d := l.byClient[o.client]; d != nil && d.list[0] == o {
		if d.list = d.list[1:]; len(d.list) == 0 {
			delete(l.byClient, o.client)
		}
	}
	if !o.settled {
		delete(l.byKey, o.owedKey)
		switch {
		case o.excused:
		case o.due <= now:
			l.spilled = append(l.spilled, o.exchange.finding(false, o.rule, o.detail))
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
	return f.forgetful || f.owed.full || f.aborted.full || f.offers.full
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

package capture

import "slices"

// exchange is one request of a connection, until its answer has come.
type exchange struct {
	number  int    // on the connection, from 1
	ours    bool   // a POST to a path of MS-PCHC
	head    bool   // HEAD: the answer has no body, whatever it says
	connect bool   // CONNECT: behind a successful answer other things follow than HTTP
	empty   bool   // its body was empty, and it is not yet known whether that is a message
	missed  bool   // the answer may be among bytes that were lost
	unsure  bool   // after a loss it is open which answer belongs to it
	kind    uint16 // the Type of its message, 0 unknown
	path    string // if ours
	at      stamp  // if empty
}

// exchanges matches the answers of a connection to its requests: they come in the same order.
type exchanges struct {
	waiting []exchange // requests without answer, oldest first
	sent    int        // requests seen
	heard   bool       // an answer has been seen
	ours    bool       // a POST to a path of MS-PCHC has been seen

	pipelined    bool // the client does not wait for answers
	lostRequests bool // requests were lost, and their answers have not been told from others yet
	lostAnswered bool // an answer has come since, or was lost, that belongs to none that was seen
}

const (
	// maxWaiting bounds the requests without answer: a capture of one direction has no answers at all.
	maxWaiting = 256

	// exchangeCost is what one takes in memory.
	exchangeCost = 64
)

// requestsLost takes note that requests may have been lost.
func (x *exchanges) requestsLost() { x.lostRequests, x.lostAnswered = true, false }

// answersLost takes note that answers may have been lost.
func (x *exchanges) answersLost() {
	x.lostAnswered = x.lostAnswered || !x.pipelined
	for i := range x.waiting {
		x.waiting[i].missed = true
	}
}

// open adds a request.
func (c *conn) open(e exchange) {
	// Segments are taken in the order of cause and effect: the client has had everything that came before this.
	x := &c.http
	if len(x.waiting) == 1 && x.waiting[0].missed {
		c.settleEmpty(c.shift(), 0) // also the answer to that
	}
	if len(x.waiting) > 0 {
		x.pipelined = true
	} else if x.lostAnswered {
		x.lostRequests = false
	}
	e.unsure = x.lostRequests || len(x.waiting) > 0 && x.waiting[len(x.waiting)-1].unsure
	if len(x.waiting) == maxWaiting {
		c.forget(maxWaiting / 2)
		e.unsure = true
	}
	x.waiting = append(x.waiting, e)
	c.r.pool.used += exchangeCost
}

// shift removes the oldest request that waits.
func (c *conn) shift() exchange {
	x := &c.http
	e := x.waiting[0]
	x.waiting = slices.Delete(x.waiting, 0, 1)
	c.r.pool.used -= exchangeCost
	return e
}

// forget gives up waiting for the answers to the n oldest requests.
func (c *conn) forget(n int) {
	x := &c.http
	for _, e := range x.waiting[:n] {
		c.settleEmpty(e, 0)
	}
	x.waiting = slices.Delete(x.waiting, 0, n)
	c.r.pool.used -= int64(n) * exchangeCost
	for i := range x.waiting {
		x.waiting[i].unsure = true
	}
}

// answered finds the request that an answer belongs to; the zero exchange if it was not captured.
func (c *conn) answered() exchange {
	x := &c.http
	missed := 0
	for missed < len(x.waiting) && x.waiting[missed].missed {
		missed++
	}
	switch {
	case missed == 1 && x.lostRequests: // the client has gone on, though we did not see it
		c.settleEmpty(c.shift(), 0)
	case missed > 1: // it is open how many of the answers were lost
		for i := range x.waiting {
			x.waiting[i].unsure, x.waiting[i].missed = true, false
		}
	}
	if len(x.waiting) == 0 {
		x.lostAnswered = true
		return exchange{}
	}
	e := c.shift()
	if e.unsure {
		e.kind = 0
	}
	return e
}

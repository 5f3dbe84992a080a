package capture

import "slices"

// exchange is one request of a connection, until its response has come.
type exchange struct {
	number  int    // on the connection, from 1
	ours    bool   // a POST to a path of MS-PCHC or MS-PCCRR, or in an excerpt to any
	head    bool   // HEAD: the response has no body, even with a Content-Length
	connect bool   // CONNECT: after a successful response, the data is not HTTP
	empty   bool   // its body was empty, and it is not yet known whether that is a message
	missed  bool   // the response may be among bytes that were lost
	unsure  bool   // after a loss it is open which response belongs to it
	allowed bool   // it has an Authorization field
	kind    uint16 // the Type of its message of MS-PCHC, 0 unknown
	path    string // if ours, or if there is a method
	method  string // of a request to a path of MS-PCHC or MS-PCCRR that is no POST
	auth    string // schemes of authentication, see [Event.Auth]
	end     int64  // offset of its end, 0 if it is not whole
	at      stamp  // of its latest frame that is known

	protocol Protocol
	peerDist *PeerDist // its header fields of PeerDist encoding, nil for none
}

// exchanges matches the responses of a connection to its requests: they come in
// the same order.
type exchanges struct {
	waiting []exchange // requests without response, oldest first
	sent    int        // requests seen
	empty   int        // those of waiting that are
	heard   bool       // a response has been seen
	limited bool       // more requests waited than are kept
	ours    bool       // a POST to a path of MS-PCHC or MS-PCCRR has been seen

	protocol Protocol // of the latest request of MS-PCHC or MS-PCCRR

	// What is not known after a loss: whether responses still come to requests
	// that were not seen. A client that waits for each response has had them all
	// when it sends the next request; of one that does not, this is known only
	// once a response has come that belongs to none that was seen.
	pipelined    bool // the client does not wait for each response
	lostRequests bool // requests may have been lost
	lostAnswered bool // and their responses have come by the time of the next request that finds none waiting
	presumed     bool // that they have come was concluded, while the client seemed to wait
	within       bool // the capture begins at a request within the connection: no other is taken to wait
	doubted      bool // and that is reported
}

const (
	// maxWaiting bounds the requests without response: a capture of one direction
	// has no responses at all.
	maxWaiting = 8192

	// exchangeCost is the memory of one exchange in bytes, without its PeerDist.
	exchangeCost = 248
)

// cost is the memory of one exchange in bytes.
func (e *exchange) cost() int64 {
	if p := e.peerDist; p != nil {
		return exchangeCost + int64(176+len(p.Coding)+len(p.XP2PPeerDist)+len(p.XP2PEx)+len(p.Range)+len(p.URL)+len(p.path))
	}
	return exchangeCost
}

// requestsLost takes note that requests may have been lost.
func (x *exchanges) requestsLost() { x.lostRequests, x.lostAnswered = true, false }

// responsesLost takes note that responses may have been lost.
func (x *exchanges) responsesLost() {
	if len(x.waiting) == 0 && !x.pipelined {
		x.lostAnswered = true
	}
	for i := range x.waiting {
		x.waiting[i].missed = true
	}
}

// open adds a request.
func (c *conn) open(e exchange) {
	// Segments are taken in the order of cause and effect: the client has had
	// everything that came before this.
	x := &c.exchanges
	if len(x.waiting) == 1 && x.waiting[0].missed {
		c.forgo(c.shift()) // also the response to that
		x.presumed = true
	}
	switch {
	case len(x.waiting) > 0:
		if x.presumed && !x.pipelined {
			x.requestsLost()
			for i := range x.waiting {
				x.waiting[i].unsure = true
			}
		}
		x.pipelined = true
	case x.lostAnswered && x.lostRequests:
		x.lostRequests, x.presumed = false, true
	}
	e.unsure = x.lostRequests || len(x.waiting) > 0 && x.waiting[len(x.waiting)-1].unsure
	if len(x.waiting) == maxWaiting {
		c.forget(maxWaiting / 2)
		x.limited = true
		e.unsure = true
	}
	x.waiting = append(x.waiting, e)
	c.r.pool.used += e.cost()
}

// shift removes the oldest request that waits.
func (c *conn) shift() exchange {
	x := &c.exchanges
	e := x.waiting[0]
	if len(x.waiting) > 64 { // moving what remains would take long
		x.waiting = x.waiting[1:]
	} else {
		x.waiting = slices.Delete(x.waiting, 0, 1)
	}
	c.r.pool.used -= e.cost()
	return e
}

// forget gives up waiting for the responses to the n oldest requests.
func (c *conn) forget(n int) {
	x := &c.exchanges
	for _, e := range x.waiting[:n] {
		c.r.pool.used -= e.cost()
		c.forgo(e)
	}
	x.waiting = slices.Delete(x.waiting, 0, n) // in place, so that the list is not allocated again
	for i := range x.waiting {
		x.waiting[i].unsure = true
	}
}

// answered finds the request that a response belongs to; the zero exchange if it
// was not captured.
func (c *conn) answered() exchange {
	x := &c.exchanges
	missed := 0
	for missed < len(x.waiting) && x.waiting[missed].missed {
		missed++
	}
	switch {
	case missed == 1 && x.lostRequests: // the client has gone on, though we did not see it
		c.forgo(c.shift())
	case missed > 1: // it is open how many of the responses were lost
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
	if !x.pipelined {
		x.lostAnswered = true
	}
	return e
}

package spec

import "time"

// The actions of the machines of MS-PCCRD beside [Drop].

// Multicast tells the caller to send a Probe to port 3702 of both groups (MS-PCCRD 2.1).
type Multicast struct{ Message string }

// Unicast tells the caller to send a ProbeMatches to where the Probe came from, at that
// time.
type Unicast struct {
	At      time.Duration
	Message string
}

// Found reports that a peer has a segment of a Probe (3.1.4.1): in version 1.0 that many
// blocks of it, in version 2.0 some or all.
type Found struct {
	Probe  string // its MessageID
	HoHoDk string
	Peer   string // host:port
	Blocks uint32 // version 1.0
	All    bool   // version 2.0
}

// Waited reports that answers to a Probe are no longer waited for (3.1.2).
type Waited struct{ Probe string }

func (Multicast) action() {}
func (Unicast) action()   {}
func (Found) action()     {}
func (Waited) action()    {}

package spec

import "time"

// The actions of the machines of MS-PCCRR beside [Send], [Expire] and [Drop].

// TakeBlock hands on a block of a segment (MS-PCCRR 3.1.5.3), encrypted as CryptoAlgoId
// says. It is not verified yet.
type TakeBlock struct {
	Request      RequestID
	SegmentID    string
	Index        uint32
	CryptoAlgoId uint32
	IV, Block    string
}

// HasBlocks reports blocks that the server has of those that were asked for (3.1.5.2).
type HasBlocks struct {
	Request RequestID
	Blocks  BlockRange
}

// HasSegments reports segments that the server has, at least partly, by their positions
// in the request (3.1.5.4), both included.
type HasSegments struct {
	Request     RequestID
	First, Last uint32
}

// HasAge reports for how long the server has had a segment (2.2.6.1).
type HasAge struct {
	Request RequestID
	Segment uint32 // position in the request
	Age     time.Duration
}

// NotThere reports that the server has nothing of what was asked for, or is busy.
type NotThere struct{ Request RequestID }

// Negotiated reports the highest version that both sides have (3.1.5.1). Without OK
// there is none.
type Negotiated struct {
	Request RequestID
	Major   uint16
	OK      bool
}

// GiveUp reports that a request is over because both sides have no version in common
// (3.1.5.1). That is no error of either.
type GiveUp struct{ Request RequestID }

// Reply tells the caller to answer a request with this message, and to abandon it where
// that takes until after the deadline (3.2.2).
type Reply struct {
	Message  string
	Deadline time.Duration
}

func (TakeBlock) action()   {}
func (HasBlocks) action()   {}
func (HasSegments) action() {}
func (HasAge) action()      {}
func (NotThere) action()    {}
func (Negotiated) action()  {}
func (GiveUp) action()      {}
func (Reply) action()       {}

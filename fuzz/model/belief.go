package model

import "github.com/hostedcache/pchc/spec"

// belief is what is known of a hosted cache about one segment, as two machines of MS-PCHC
// 3.1: must has what the hosted cache has to know, may all that it can know. They differ
// after messages that may not have arrived, after a restart, and where the hosted cache
// may have forgotten the segment to make room. What one of them answers is allowed.
type belief struct {
	content   *content
	must, may spec.Server
	told      []told       // that it can know
	held      []bool       // the blocks that it must have
	sent      []bool       // the blocks that a client has sent it
	damaged   []bool       // the blocks of which a client has sent it others
	offered   map[int]bool // the clients that have offered it
	batched   map[int]bool // those that have done so in a batch
	doubted   bool         // its blocks may be wrong, since nobody could verify them
}

// told is a SEGMENT_INFO_MESSAGE that may have arrived.
type told struct {
	from    spec.Post
	message []byte
}

func newBelief(c *content) *belief {
	return &belief{content: c, held: make([]bool, c.blocks()), sent: make([]bool, c.blocks()), damaged: make([]bool, c.blocks()), offered: map[int]bool{}, batched: map[int]bool{}}
}

// complete reports whether a machine has all block hashes.
func (b *belief) complete(s *spec.Server) bool {
	segment, ok := s.Segment(b.content.id)
	return ok && segment.Complete
}

// forget says that the hosted cache need not know the segment any more. It still can.
func (b *belief) forget() {
	b.must = spec.Server{}
	clear(b.held)
}

// knows says that the hosted cache has shown that it knows the block hashes, which it can.
func (b *belief) knows() {
	b.must = spec.Server{}
	for _, t := range b.told {
		b.must.Receive(t.from, t.message)
	}
	for i, held := range b.held {
		if held {
			b.must.Retrieved(b.content.id, spec.BlockRange{First: uint32(i), Last: uint32(i)})
		}
	}
}

// forgot says that the hosted cache has shown that it lacks block hashes.
func (b *belief) forgot() {
	b.must, b.may, b.told = spec.Server{}, spec.Server{}, nil
	for i, held := range b.held {
		if held {
			b.must.Retrieved(b.content.id, spec.BlockRange{First: uint32(i), Last: uint32(i)})
		}
	}
}

// has says that the hosted cache has shown that it has a block.
func (b *belief) has(block int) {
	b.held[block] = true
	r := spec.BlockRange{First: uint32(block), Last: uint32(block)}
	b.must.Retrieved(b.content.id, r)
	b.may.Retrieved(b.content.id, r)
}

// receives passes a message on. certain says that it has arrived. It returns the actions
// that are then required.
func (b *belief) receives(p spec.Post, message []byte, isInfo, certain bool) (required []spec.Action) {
	if isInfo {
		b.told = append(b.told, told{p, message})
	}
	b.may.Receive(p, message)
	if certain {
		required = b.must.Receive(p, message)
	}
	return required
}

// codes returns which ResponseCodes are allowed in the answer to an INITIAL_OFFER_MESSAGE.
func (b *belief) codes() (interested, ok bool) { return !b.complete(&b.must), b.complete(&b.may) }

// wants returns the blocks that the hosted cache is required to retrieve: of those, it may
// have some by now. A segment whose block hashes are not all known is left out, since
// nothing shows yet that they are right (MS-PCCRC 2.2).
func (b *belief) wants(required []spec.Action, batch bool) (blocks []int) {
	if b.doubted || !batch && !b.complete(&b.must) {
		return nil
	}
	for _, a := range required {
		if r, ok := a.(spec.Retrieve); ok && r.HoHoDk == b.content.id {
			for i := r.Blocks.First; i <= r.Blocks.Last; i++ {
				blocks = append(blocks, int(i))
			}
		}
	}
	return blocks
}

package hostedcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"sync"

	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/blocklist"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/queue"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Errors of a Fetch, beside blockstore.ErrFull and ErrClientFull, pccrr.ErrNoBlock, and those of
// connections, of HTTP and of malformed answers.
var (
	ErrTooMany = queue.ErrTooMany
	ErrClient  = errors.New("pchc: there is no address and port to fetch the segment from (MS-PCHC 2.2.1.2)")
	ErrHashes  = errors.New("pchc: the block hashes of the segment are not all known, or HoD is not the hash of them (MS-PCCRC 2.2)")
	ErrSize    = errors.New("pchc: no segment has blocks of these sizes (MS-PCCRC 2.3.1.1, 2.4.1.2)")
	ErrBlock   = blocklist.ErrBlock
)

// Fetch is the end of an attempt to fetch an offered segment.
type Fetch struct {
	Client  netip.AddrPort // whom it was fetched from
	HoHoDk  []byte         // identifier of the segment
	Fetched int            // blocks that were added to the store
	Missing int            // blocks that the store still lacks
	// Err is why blocks are missing. It is nil if the client has no more of them.
	Err error
	// Dropped is how many other segments of the client will not be fetched either,
	// because it cannot be reached, or does not answer as it has to.
	Dropped int
}

// Run fetches the blocks of segments that clients offer, from the address that the
// offer came from and the port that it says (MS-PCHC 3.1.5), and adds them to the Store,
// until ctx is done. It returns when nothing is under way any more.
func (c *Cache) Run(ctx context.Context) {
	a := &exchange.Asker{Transport: c.Transport, Timeout: or(c.Timeout, exchange.RequestTimeout)}
	if a.Transport == nil {
		t := NewTransport()
		defer t.CloseIdleConnections()
		a.Transport = t
	}
	var workers sync.WaitGroup
	for range or(c.MaxFetches, 8) {
		workers.Go(func() {
			for {
				client, id, o, ok := c.queue.Take(ctx)
				if !ok {
					return
				}
				f := c.fetch(ctx, a, client, []byte(id), o)
				f.Dropped = c.queue.Release(client, isGone(f.Err))
				c.fetched(f)
			}
		})
	}
	workers.Wait()
}

// isGone reports whether err says that nothing more is to be had from a client: it is
// about the client, not about a segment.
func isGone(err error) bool {
	for _, about := range []error{nil, ErrBlock, ErrSize, ErrHashes, blockstore.ErrFull, blockstore.ErrClientFull, pccrr.ErrNoBlock} {
		if errors.Is(err, about) {
			return false
		}
	}
	return true
}

func (c *Cache) fetched(f Fetch) {
	if c.Fetched != nil {
		c.Fetched(f)
	}
}

// enqueue has a segment fetched, unless all its blocks are there.
func (c *Cache) enqueue(offer Offer, o offered) {
	blocks, err := c.blocks(offer.HoHoDk, o)
	from, addressErr := netip.ParseAddrPort(offer.Client)
	client := netip.AddrPortFrom(from.Addr().Unmap(), offer.Port)
	if addressErr != nil || offer.Port == 0 {
		err = ErrClient
	}
	if err == nil {
		has, verified := c.store().Blocks(offer.HoHoDk)
		if !o.batched {
			has = verified
		}
		if blocks = blocks.Without(has); blocks.Len() == 0 {
			return
		}
		err = c.queue.Put(client, string(offer.HoHoDk), o, or(c.MaxOffers, 1<<16), or(c.MaxOffersOfClient, 1<<14))
	}
	if err != nil {
		c.fetched(Fetch{Client: client, HoHoDk: bytes.Clone(offer.HoHoDk), Missing: blocks.Len(), Err: err})
	}
}

// blocks returns the blocks that a segment has.
func (c *Cache) blocks(id []byte, o offered) (pccrr.BlockSet, error) {
	if l := c.lists.Get(string(id)); l != nil {
		o.size, o.block = l.Size(), pccrc.BlockSizeV1
	} else if !o.batched {
		return pccrr.BlockSet{}, ErrHashes
	}
	n := (uint64(o.size) + uint64(o.block) - 1) / max(uint64(o.block), 1)
	if o.size == 0 || o.block == 0 || o.block > pccrc.MaxSegmentSizeV2 || n > pccrr.MaxBlocks {
		return pccrr.BlockSet{}, ErrSize
	}
	return pccrr.FirstBlocks(int(n)), nil
}

// fetch fetches what is missing of a segment.
func (c *Cache) fetch(ctx context.Context, a *exchange.Asker, client netip.AddrPort, id []byte, o offered) (f Fetch) {
	f = Fetch{Client: client, HoHoDk: id}
	all, err := c.blocks(id, o)
	if err != nil {
		f.Err = err
		return f
	}
	list := c.lists.Get(string(id))
	defer func() {
		has, _ := c.store().Blocks(id)
		missing := all.Without(has)
		f.Missing = missing.Len()
	}()
	if list != nil {
		if f.Err = c.verifyStored(id, list, all); f.Err != nil {
			return f
		}
	}
	has, _ := c.store().Blocks(id)
	url := (&url.URL{Scheme: "http", Host: client.String(), Path: pccrr.Path}).String()
	wanted, err := a.Available(ctx, url, id, all.Without(has))
	if err != nil {
		f.Err = err
		return f
	}
	// Not from the first one, so that two who offer the same are of use to each other.
	start := rand.Uint32N(pccrr.MaxBlocks)
	for i := range uint32(pccrr.MaxBlocks) {
		index := (start + i) % pccrr.MaxBlocks
		if has, _ := c.store().Blocks(id); !wanted.Has(index) || has.Has(index) {
			continue
		}
		m, err := a.GetBlock(ctx, url, id, index)
		if err == nil {
			m, err = o.check(m, list, index)
		}
		if err == nil {
			err = c.store().Put(m, client.Addr(), list != nil)
		}
		if err != nil {
			f.Err = err
			if !errors.Is(err, pccrr.ErrNoBlock) {
				return f
			}
			continue // the others may be there
		}
		f.Fetched++
	}
	return f
}

// verifyStored compares the blocks that came before there was a block list with it. If
// one is wrong, none is believed.
func (c *Cache) verifyStored(id []byte, l *blocklist.List, all pccrr.BlockSet) error {
	has, verified := c.store().Blocks(id)
	todo := has.And(all).Without(verified)
	for index := range uint32(pccrr.MaxBlocks) {
		if !todo.Has(index) {
			continue
		}
		if _, err := l.Verify(c.store().Block(id, index, 0), index); err != nil {
			return c.store().Remove(id)
		}
		c.store().SetVerified(id, index)
	}
	return nil
}

// offered is what an offer says of a segment that waits to be fetched.
type offered struct {
	batched     bool   // in a BATCHED_OFFER_MESSAGE, which has the sizes
	size, block uint32 // of the segment and its blocks in bytes; 0 if the block list says it
}

// check returns the block that is to be stored of what a client has sent for it. l is
// nil if there is no block list: then there is no key to decrypt it, nothing to compare
// it with, and its length is all that can be checked.
func (o *offered) check(m pccrr.MsgBlk, l *blocklist.List, index uint32) (pccrr.MsgBlk, error) {
	stored := pccrr.NewMsgBlk(m.SegmentId, index)
	stored.CryptoAlgoId, stored.Block = m.CryptoAlgoId, m.Block
	if m.CryptoAlgoId != pccrr.CryptoNone {
		stored.IVBlock = m.IVBlock
	}
	if l != nil {
		return l.Verify(stored, index)
	}
	length := min(uint64(o.block), uint64(o.size)-uint64(index)*uint64(o.block))
	if err := stored.CheckBlockLength(int(length)); err != nil {
		return m, fmt.Errorf("%w: %w", ErrBlock, err)
	}
	return stored, nil
}

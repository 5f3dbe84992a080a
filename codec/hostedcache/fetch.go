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

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Errors of a Fetch, beside ErrTooMany, ErrStoreFull, pccrr.ErrNoBlock, and those of
// connections, of HTTP and of malformed answers.
var (
	ErrClient = errors.New("pchc: there is no address and port to fetch the segment from (MS-PCHC 2.2.1.2)")
	ErrHashes = errors.New("pchc: the block hashes of the segment are not all known, or HoD is not the hash of them (MS-PCCRC 2.2)")
	ErrSize   = errors.New("pchc: no segment has blocks of these sizes (MS-PCCRC 2.3.1.1, 2.4.1.2)")
	ErrBlock  = errors.New("pchc: a block is not the one that was offered: its hash or its length is wrong")
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
	a := &asker{transport: c.Transport, timeout: or(c.Timeout, requestTimeout)}
	if a.transport == nil {
		t := NewTransport()
		defer t.CloseIdleConnections()
		a.transport = t
	}
	var workers sync.WaitGroup
	for range or(c.MaxFetches, 8) {
		workers.Go(func() {
			for {
				client, id, o, ok := c.queue.take(ctx)
				if !ok {
					return
				}
				f := c.fetch(ctx, a, client, id, o)
				f.Dropped = c.queue.release(client, isGone(f.Err))
				c.fetched(f)
			}
		})
	}
	workers.Wait()
}

// isGone reports whether err says that nothing more is to be had from a client: it is
// about the client, not about a segment.
func isGone(err error) bool {
	for _, about := range []error{nil, ErrBlock, ErrSize, ErrHashes, ErrStoreFull, pccrr.ErrNoBlock} {
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
	id := string(offer.HoHoDk)
	blocks, err := c.blocks(id, o)
	client, addressErr := netip.ParseAddrPort(offer.Client)
	if addressErr != nil || o.port == 0 {
		err = ErrClient
	}
	if err == nil {
		has, verified, _ := c.store().look(id)
		if !o.batched {
			has = verified
		}
		if blocks = blocks.without(has); blocks.len() == 0 {
			return
		}
		err = c.queue.put(client.Addr().Unmap(), id, o, or(c.MaxOffers, 1<<16), or(c.MaxOffersOfClient, 1<<14))
	}
	if err != nil {
		c.fetched(Fetch{Client: netip.AddrPortFrom(client.Addr().Unmap(), o.port), HoHoDk: bytes.Clone(offer.HoHoDk), Missing: blocks.len(), Err: err})
	}
}

// blocks returns the blocks that a segment has.
func (c *Cache) blocks(id string, o offered) (blockSet, error) {
	if l := c.list(id); l != nil {
		o.size, o.block = l.size, pccrc.BlockSizeV1
	} else if !o.batched {
		return blockSet{}, ErrHashes
	}
	n := (uint64(o.size) + uint64(o.block) - 1) / max(uint64(o.block), 1)
	if o.size == 0 || o.block == 0 || o.block > pccrc.MaxSegmentSizeV2 || n > pccrr.MaxBlocks {
		return blockSet{}, ErrSize
	}
	return firstBlocks(int(n)), nil
}

// fetch fetches what is missing of a segment.
func (c *Cache) fetch(ctx context.Context, a *asker, client netip.Addr, id string, o offered) (f Fetch) {
	f = Fetch{Client: netip.AddrPortFrom(client, o.port), HoHoDk: []byte(id)}
	all, err := c.blocks(id, o)
	if err != nil {
		f.Err = err
		return f
	}
	list := c.list(id)
	defer func() {
		has, _, _ := c.store().look(id)
		missing := all.without(has)
		f.Missing = missing.len()
	}()
	if list != nil {
		if f.Err = c.verifyStored(id, list); f.Err != nil {
			return f
		}
	}
	has, _, _ := c.store().look(id)
	url := (&url.URL{Scheme: "http", Host: f.Client.String(), Path: pccrr.Path}).String()
	wanted, err := a.available(ctx, url, []byte(id), all.without(has))
	if err != nil {
		f.Err = err
		return f
	}
	// Not from the first one, so that two who offer the same are of use to each other.
	start := rand.Uint32N(pccrr.MaxBlocks)
	for i := range uint32(pccrr.MaxBlocks) {
		index := (start + i) % pccrr.MaxBlocks
		if has, _, _ := c.store().look(id); !wanted.has(index) || has.has(index) {
			continue
		}
		m, err := a.getBlock(ctx, url, []byte(id), index)
		if err == nil {
			m, err = o.check(m, list, index)
		}
		if err == nil {
			err = c.store().put(id, m, list != nil)
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
func (c *Cache) verifyStored(id string, l *blockList) error {
	has, verified, _ := c.store().look(id)
	todo := has.without(verified)
	for index := range uint32(l.blocks) {
		if !todo.has(index) {
			continue
		}
		if _, err := l.verify(c.store().block([]byte(id), index, 0), index); err != nil {
			return c.store().drop(id)
		}
		c.store().verify(id, index)
	}
	return nil
}

// verify compares a block with its hash, and returns it as it is to be stored:
// encrypted. It tries the whole secret as a key, too, whatever CryptoAlgoId says, as
// Microsoft's test suite has it; and the length that the padding tells, since that of
// the last block is not proven.
func (l *blockList) verify(m pccrr.MsgBlk, index uint32) (pccrr.MsgBlk, error) {
	info := l.info(index)
	var plain, hash []byte
	for _, m.CryptoAlgoId = range []pccrr.CryptoAlgoId{m.CryptoAlgoId, pccrr.CryptoAES256} {
		for _, length := range []int{info.Length, -1} {
			var err error
			if plain, err = m.AppendPlain(plain[:0], info.SegmentSecret, length); err != nil || len(plain) > pccrc.BlockSizeV1 {
				continue
			}
			if hash, err = info.HashAlgorithm.AppendHash(hash[:0], plain); err != nil || !bytes.Equal(hash, info.Hash) {
				continue
			}
			if m.CheckBlockLength(len(plain)) != nil || m.CryptoAlgoId == pccrr.CryptoNone {
				err = m.Encrypt(nil, plain, pccrr.CryptoAES128, info.SegmentSecret)
			}
			return m, err
		}
	}
	return m, ErrBlock
}

// check returns the block that is to be stored of what a client has sent for it. l is
// nil if there is no block list: then there is no key to decrypt it, nothing to compare
// it with, and its length is all that can be checked.
func (o *offered) check(m pccrr.MsgBlk, l *blockList, index uint32) (pccrr.MsgBlk, error) {
	stored := pccrr.NewMsgBlk(m.SegmentId, index)
	stored.CryptoAlgoId, stored.Block = m.CryptoAlgoId, m.Block
	if m.CryptoAlgoId != pccrr.CryptoNone {
		stored.IVBlock = m.IVBlock
	}
	if l != nil {
		return l.verify(stored, index)
	}
	length := min(uint64(o.block), uint64(o.size)-uint64(index)*uint64(o.block))
	if err := stored.CheckBlockLength(int(length)); err != nil {
		return m, fmt.Errorf("%w: %w", ErrBlock, err)
	}
	return stored, nil
}

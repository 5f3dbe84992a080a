package hostedcache

import (
	"net/http"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/blocklist"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/queue"
	"github.com/hostedcache/pchc/codec/pccrr"
)

// Offer says that a client has a segment.
type Offer struct {
	Client string // IP address and port of the connection
	Port   uint16 // where the client serves blocks
	HoHoDk []byte // identifier of the segment; valid until Offered returns
	Tag    codec.ContentTag
	Known  bool // the cache has all block hashes, or needs none, so it can retrieve the blocks
}

// Cache is a hosted cache: an http.Handler for what clients offer (MS-PCHC) and what
// they retrieve (MS-PCCRR), to which [Cache.Run] fetches the blocks. The zero value is
// ready for use. Set its fields before the first request; it then serves any number of
// goroutines.
type Cache struct {
	// Store has the blocks. Nil is one in memory, of 64 MiB.
	Store *blockstore.Store
	// MaxBytes limits the memory for block hashes, roughly. The oldest segments
	// are dropped first, and then asked for again. 0 means 64 MiB.
	MaxBytes int
	// MaxOffers limits how many segments wait to be fetched, and MaxOffersOfClient how
	// many of them the clients at one IP address have offered. What is offered beyond that
	// is not fetched. 0 means 65536 and 16384.
	MaxOffers, MaxOffersOfClient int
	// MaxFetches is how many IP addresses Run fetches from at the same time. 0 means 8.
	MaxFetches int
	// Timeout is how long a client may take to answer for a block. 0 means 2 seconds
	// (MS-PCCRR 3.1.2).
	Timeout time.Duration
	// Transport sends the requests for blocks to clients, by their address, and must not
	// follow redirections. Nil is that of NewTransport.
	Transport http.RoundTripper
	// Windows answers OK to the malformed requests that Windows servers answer
	// and ignore (codec.WindowsAnswersOK), rather than drop them as MS-PCHC
	// 3.1.5.4 says.
	Windows bool
	// Offered, if not nil, is called for each segment that a client offers,
	// before the cache answers. It must not block.
	Offered func(Offer)
	// Fetched, if not nil, is called at the end of each attempt to fetch a segment, and
	// for each segment that is offered and will not be fetched, perhaps by several
	// goroutines at once. It must not block.
	Fetched func(Fetch)

	lists  blocklist.Lists
	queue  queue.Queue[offered]
	server exchange.Server
	memory blockstore.Store
}

// maxClients is how many requests for blocks a hosted cache answers at the same time,
// before it says that it is busy (MS-PCCRR 3.2.5).
const maxClients = 1024

// ServeHTTP answers one request of either protocol.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := codec.MajorVersionOfPath(r.URL.Path)
	switch {
	case pccrr.IsPath(r.URL.Path):
		c.server.Serve(w, r, maxClients, c.store())
		return
	case version == 0:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	message, ok := exchange.Read(w, r, codec.MaxRequestLen)
	if !ok {
		return
	}
	answer, ok := c.answer(version, r.RemoteAddr, message)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	exchange.Write(w, answer)
}

// answer returns the response to a message, or that it is to be dropped.
func (c *Cache) answer(version uint8, client string, message []byte) (response []byte, ok bool) {
	request, err := codec.DecodeRequestMessage(message)
	if err != nil || request.MessageHeader.MajorVersion != version {
		return nil, false
	}
	code := codec.ResponseOK
	if c.Windows && codec.WindowsAnswersOK(message) {
		response, err = codec.AppendResponseMessage(nil, code, request.MessageHeader.Type)
		return response, err == nil
	}
	offer := Offer{Client: client, Port: request.ConnectionInformation.Port}
	switch request.MessageHeader.Type {
	case codec.TypeInitialOffer:
		m, err := request.DecodeInitialOffer()
		if err != nil {
			return nil, false
		}
		if offer.HoHoDk, offer.Known = m.Hash, c.Complete(m.Hash); !offer.Known {
			code = codec.ResponseInterested
		}
		c.tell(offer)
		if offer.Known {
			c.enqueue(offer, offered{})
		}
	case codec.TypeSegmentInfo:
		m, err := request.DecodeSegmentInfo()
		if err != nil {
			return nil, false
		}
		offer.Tag, offer.HoHoDk = m.ContentTag, c.lists.Learn(&m.SegmentInformation, or(c.MaxBytes, 64<<20))
		offer.Known = c.Complete(offer.HoHoDk)
		c.tell(offer)
		c.enqueue(offer, offered{})
	case codec.TypeBatchedOffer:
		m, err := request.DecodeBatchedOffer()
		if err != nil {
			return nil, false
		}
		offer.Known = true
		for _, d := range m.SegmentDescriptors.All() {
			offer.HoHoDk, offer.Tag = d.SegmentHoHoDk()[:], *d.ContentTag()
			c.tell(offer)
			c.enqueue(offer, offered{true, d.SegmentSize(), d.BlockSize()})
		}
	}
	response, err = codec.AppendResponseMessage(nil, code, request.MessageHeader.Type)
	return response, err == nil
}

// Complete reports whether all block hashes of a segment are known.
func (c *Cache) Complete(hoHoDk []byte) bool { return c.lists.Get(string(hoHoDk)) != nil }

func (c *Cache) tell(o Offer) {
	if c.Offered != nil {
		c.Offered(o)
	}
}

func (c *Cache) store() *blockstore.Store {
	if c.Store != nil {
		return c.Store
	}
	return &c.memory
}

// or returns v, or what 0 stands for.
func or[T int | time.Duration](v, zero T) T {
	if v <= 0 {
		return zero
	}
	return v
}

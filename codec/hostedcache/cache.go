package hostedcache

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Offer says that a client has a segment.
type Offer struct {
	Client string // IP address and port of the connection
	Port   uint16 // where the client serves blocks
	HoHoDk []byte // identifier of the segment; valid until Offered returns
	Tag    codec.ContentTag
	Known  bool // the cache has all block hashes, or needs none, so it can retrieve the blocks
}

// Cache is a hosted cache. The zero value is ready for use. Set its fields
// before the first request; it then serves any number of goroutines.
type Cache struct {
	// MaxBytes limits the memory for block hashes, roughly. The oldest segments
	// are dropped first, and then asked for again. 0 means 64 MiB.
	MaxBytes int
	// Windows answers OK to the malformed requests that Windows servers answer
	// and ignore (codec.WindowsAnswersOK), rather than drop them as MS-PCHC
	// 3.1.5.4 says.
	Windows bool
	// Offered, if not nil, is called for each segment that a client offers,
	// before the cache answers. It must not block, and retrieves the blocks.
	Offered func(Offer)

	mu       sync.Mutex
	segments map[string]*segment // by HoHoDk
	oldest   []string            // their keys, in the order in which they came
	bytes    int
}

// segment is what the cache knows of a segment. Its block hashes are complete if
// there are as many as its length needs, and HoD is the hash of them: a client may
// send a part of them, of which not even the place is sure, or be wrong about the
// length.
type segment struct {
	blocks   uint64 // how many it has, as the last client says
	hashes   map[uint32]string
	complete bool // and then nothing changes any more
	bytes    int
}

// ServeHTTP answers one request.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := codec.MajorVersionOfPath(r.URL.Path)
	if version == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	message, err := read(w, r)
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer, ok := c.answer(version, r.RemoteAddr, message)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // the client is gone: it will offer again
}

// read reads the body of a request.
func read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, codec.MaxRequestLen))
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
		c.offered(offer)
	case codec.TypeSegmentInfo:
		m, err := request.DecodeSegmentInfo()
		if err != nil {
			return nil, false
		}
		offer.Tag, offer.HoHoDk, offer.Known = m.ContentTag, c.learn(&m.SegmentInformation), true
		c.offered(offer)
	case codec.TypeBatchedOffer:
		m, err := request.DecodeBatchedOffer()
		if err != nil {
			return nil, false
		}
		for _, d := range m.SegmentDescriptors.All() {
			offer.HoHoDk, offer.Tag, offer.Known = d.SegmentHoHoDk()[:], *d.ContentTag(), true
			c.offered(offer)
		}
	}
	response, err = codec.AppendResponseMessage(nil, code, request.MessageHeader.Type)
	return response, err == nil
}

func (c *Cache) offered(o Offer) {
	if c.Offered != nil {
		c.Offered(o)
	}
}

// Complete reports whether all block hashes of a segment are known.
func (c *Cache) Complete(hoHoDk []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.segments[string(hoHoDk)]
	return s != nil && s.complete
}

// learn takes in the block hashes of the one segment in v, and returns its
// HoHoDk.
func (c *Cache) learn(v *pccrc.ContentInformationV1) (hoHoDk []byte) {
	hoHoDk = v.AppendHoHoDk(nil, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.segments[string(hoHoDk)]
	if s == nil {
		if c.segments == nil {
			c.segments = map[string]*segment{}
		}
		s = &segment{}
		c.segments[string(hoHoDk)] = s
		c.oldest = append(c.oldest, string(hoHoDk))
	}
	if s.complete {
		return hoHoDk
	}
	c.bytes -= s.bytes
	s.learn(v)
	const entry = 64 // what a map has beside the hash, roughly
	s.bytes = entry + len(hoHoDk) + len(s.hashes)*(entry+v.DwHashAlgo().Size())
	c.bytes += s.bytes
	c.forget()
	return hoHoDk
}

// learn takes in the block hashes of v, and finds out whether the list is complete.
func (s *segment) learn(v *pccrc.ContentInformationV1) {
	first, blocks := listed(v)
	kept := s.hashes
	s.blocks, s.hashes = blocks, map[uint32]string{}
	for _, described := range v.All() {
		for i, hash := range described.Blocks.All() {
			if block := first + uint64(i); block < blocks {
				s.hashes[uint32(block)] = string(hash)
			}
		}
	}
	if s.complete = s.proven(v); s.complete {
		return // whatever others have said
	}
	for block, hash := range kept { // who came last is believed
		if _, ok := s.hashes[block]; !ok {
			s.hashes[block] = hash // perhaps it is the length that is wrong
		}
	}
	s.complete = s.proven(v)
}

// proven reports whether all hashes are there, and are those of which HoD is the hash.
func (s *segment) proven(v *pccrc.ContentInformationV1) bool {
	if s.blocks == 0 || uint64(len(s.hashes)) < s.blocks {
		return false
	}
	var list []byte
	for block := range uint32(s.blocks) {
		hash, ok := s.hashes[block]
		if !ok {
			return false
		}
		list = append(list, hash...)
	}
	hod, err := v.DwHashAlgo().AppendHash(nil, list)
	return err == nil && bytes.Equal(hod, v.At(0).SegmentHashOfData())
}

// listed tells which block the first hash of v's block list is of, and how many
// blocks the segment has. A list has the blocks from the segment's first to the
// last one of the content range, or only those of the range (MS-PCCRC 2.3).
func listed(v *pccrc.ContentInformationV1) (first, blocks uint64) {
	count := func(bytes uint64) uint64 { return (bytes + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1 }
	size := uint64(v.At(0).CbSegment())
	start, end := min(uint64(v.DwOffsetInFirstSegment), size), size
	if n := uint64(v.DwReadBytesInLastSegment); n > 0 {
		end = min(start+n, size)
	}
	for _, s := range v.All() {
		if skipped := start / pccrc.BlockSizeV1; uint64(s.Blocks.Len()) == count(end)-skipped {
			first = skipped
		}
	}
	return first, count(size)
}

// forget drops what came first until the rest is within the limit.
func (c *Cache) forget() {
	most := c.MaxBytes
	if most <= 0 {
		most = 64 << 20
	}
	for c.bytes > most && len(c.oldest) > 1 {
		c.bytes -= c.segments[c.oldest[0]].bytes
		delete(c.segments, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
}

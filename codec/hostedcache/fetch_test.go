package hostedcache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// urls is a transport that notes where requests go, and fails.
type urls struct {
	mu   sync.Mutex
	seen []string
}

var errNowhere = errors.New("nowhere")

func (u *urls) RoundTrip(r *http.Request) (*http.Response, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, r.Method+" "+r.URL.String()+" "+r.Host)
	return nil, errNowhere
}

// offerFrom has the cache take an offer of version 2.0 from an address.
func offerFrom(t *testing.T, c *Cache, from string, port uint16, block, size uint32, ids ...byte) {
	t.Helper()
	m := codec.NewBatchedOfferMessage(port)
	for _, id := range ids {
		if err := m.Append(codec.SegmentDescriptorFields{BlockSize: block, SegmentSize: size, HashAlgorithm: codec.HashTruncatedSHA512, SegmentHoHoDk: [32]byte{id}}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := m.AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest("POST", codec.PathV2, bytes.NewReader(b))
	r.RemoteAddr = from
	c.ServeHTTP(w, r)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), []byte{0, 0, 0, 1, 0}) {
		t.Errorf("the offer is answered %d %x", w.Code, w.Body)
	}
}

// The cache connects to the address of the offer and to the port in it, whatever else is
// in the request.
func TestWhereItFetches(t *testing.T) {
	for _, c := range []struct {
		from string
		port uint16
		want string // host, or nothing
	}{
		{"192.0.2.7:50000", 8080, "192.0.2.7:8080"},
		{"192.0.2.7:50000", 80, "192.0.2.7:80"},
		{"192.0.2.7:50000", 0, ""},
		{"[::ffff:192.0.2.7]:50000", 8080, "192.0.2.7:8080"},
		{"[2001:db8::1]:50000", 65535, "[2001:db8::1]:65535"},
		{"[fe80::1%eth0]:50000", 8080, "[fe80::1%25eth0]:8080"},
		{"@", 8080, ""},
		{"cache.example:443", 8080, ""},
		{"", 8080, ""},
	} {
		ends := make(chan Fetch, 9)
		to := &urls{}
		cache := &Cache{Transport: to, Fetched: func(f Fetch) { ends <- f }}
		stop := inBackground(t, func(ctx context.Context) error { cache.Run(ctx); return nil })
		offerFrom(t, cache, c.from, c.port, 9, 9, 1)
		f := <-ends
		stop()
		if c.want == "" {
			if f.Err != ErrClient || len(to.seen) != 0 {
				t.Errorf("%s: %+v, %v", c.from, f, to.seen)
			}
			continue
		}
		host := strings.ReplaceAll(c.want, "%25", "%")
		if want := "POST http://" + c.want + pccrr.Path + " "; !errors.Is(f.Err, errNowhere) || len(to.seen) != 1 || !strings.HasPrefix(to.seen[0], want) || f.Client.String() != host {
			t.Errorf("%s: %+v, %v, want %s", c.from, f, to.seen, want)
		}
	}
}

// What cannot be a segment, or is too much, is not fetched, and said to be.
func TestWhatIsNotFetched(t *testing.T) {
	const max = pccrc.MaxSegmentSizeV1
	for _, c := range []struct {
		block, size uint32
		blocks      int // 0 for ErrSize
	}{
		{1, 1, 1}, {65536, 1, 1}, {65536, 65537, 2}, {65536, max, 512}, {131072, 131072, 1}, {131072, 131073, 2},
		{0, 1, 0}, {1, 0, 0}, {0, 0, 0}, {131073, 131073, 0}, {65536, max + 1, 0}, {1, 512, 512}, {1, 513, 0}, {1<<32 - 1, 1<<32 - 1, 0}, {1, 1<<32 - 1, 0},
	} {
		var ends []Fetch
		cache := &Cache{Fetched: func(f Fetch) { ends = append(ends, f) }}
		offerFrom(t, cache, "192.0.2.1:1", 80, c.block, c.size, 1)
		all, err := cache.blocks(nil, offered{true, c.size, c.block})
		if c.blocks == 0 != (err == ErrSize) || all.Len() != c.blocks {
			t.Errorf("%d in blocks of %d: %d blocks, %v", c.size, c.block, all.Len(), err)
		}
		if c.blocks == 0 != (len(ends) == 1 && ends[0].Err == ErrSize) {
			t.Errorf("%d in blocks of %d: %v", c.size, c.block, ends)
		}
		if c.blocks == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if _, _, _, waits := cache.queue.Take(ctx); !waits {
			t.Errorf("%d in blocks of %d: nothing waits", c.size, c.block)
		}
		cancel()
	}

	// The limits of what waits.
	var ends []Fetch
	cache := &Cache{MaxOffers: 5, MaxOffersOfClient: 3, Fetched: func(f Fetch) { ends = append(ends, f) }}
	offerFrom(t, cache, "192.0.2.1:1", 80, 1, 1, 1, 2, 3, 4)
	offerFrom(t, cache, "192.0.2.1:2", 80, 1, 1, 1, 2, 3) // again
	offerFrom(t, cache, "192.0.2.1:2", 81, 1, 1, 1)       // another client at that address
	offerFrom(t, cache, "192.0.2.2:1", 80, 1, 1, 1, 2, 3)
	var got []string
	for _, f := range ends {
		got = append(got, fmt.Sprint(f.Client, f.HoHoDk[0], f.Missing, f.Err == ErrTooMany))
	}
	if want := "[192.0.2.1:80 4 1 true 192.0.2.1:81 1 1 true 192.0.2.2:80 3 1 true]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}

	// A list of block hashes that nothing proves.
	ends = nil
	for _, hashes := range [][]byte{{0, 1}, {0, 0, 0}} {
		m, _ := segmentInfo(t, 3*65536, 1, hashes...)
		if _, answer := post(cache, codec.PathV1, m); answer != ok {
			t.Errorf("answer %s", answer)
		}
	}
	if len(ends) != 2 || ends[0].Err != ErrHashes || ends[1].Err != ErrHashes {
		t.Errorf("%v", ends)
	}
}

// A client that cannot be reached is not tried again for each segment; one whose block is
// wrong is.
func TestGivesUpAClient(t *testing.T) {
	ends := make(chan Fetch, 999)
	to := &urls{}
	cache := &Cache{Transport: to, Fetched: func(f Fetch) { ends <- f }}
	offerFrom(t, cache, "192.0.2.1:1", 80, 9, 9, 1, 2, 3, 4, 5)
	offerFrom(t, cache, "192.0.2.2:1", 80, 9, 9, 1, 2)
	stop := inBackground(t, func(ctx context.Context) error { cache.Run(ctx); return nil })
	dropped := map[netip.AddrPort]int{}
	for range 2 {
		f := <-ends
		dropped[f.Client] = f.Dropped
	}
	if dropped[netip.MustParseAddrPort("192.0.2.1:80")] != 4 || dropped[netip.MustParseAddrPort("192.0.2.2:80")] != 1 || len(to.seen) != 2 {
		t.Errorf("%v %v", dropped, to.seen)
	}
	offerFrom(t, cache, "192.0.2.1:1", 80, 9, 9, 6) // but if it offers again
	<-ends
	stop()
	if len(to.seen) != 3 || len(ends) != 0 {
		t.Errorf("%v", to.seen)
	}
}

// Two clients at one address, as behind a NAT, offer the same segments. One is gone, and the
// cache still fetches all of them from the other (MS-PCHC 3.1.5.3).
func TestClientsAtOneAddress(t *testing.T) {
	const size, segments = 1000, 20
	b := content(segments*size, 3)
	info := describeV2(t, size, b)
	var peer client.Peer
	peer.Add(info, bytes.NewReader(b))
	ends := make(chan Fetch, 999)
	cache := &Cache{Timeout: patience, Fetched: func(f Fetch) { ends <- f }}
	here, gone := serveHandler(t, &peer), serveHandler(t, http.NotFoundHandler())
	offers := "http://127.0.0.1:" + itoa(serveHandler(t, cache))
	for _, port := range []uint16{here, gone} {
		c := client.Client{HTTP: offers, Port: port, Tag: codec.TagBITS, Timeout: patience}
		if err := c.Offer(t.Context(), info); err != nil {
			t.Fatal(err)
		}
	}
	inBackground(t, func(ctx context.Context) error { cache.Run(ctx); return nil })
	blocks, dropped := 0, 0
	for left := 2 * segments; left > 0; left-- {
		var f Fetch
		select {
		case f = <-ends:
		case <-time.After(2 * patience):
			t.Fatalf("%d of %d blocks are fetched, and then nothing; %d segments are dropped", blocks, segments, dropped)
		}
		if f.Client.Port() != here && f.Client.Port() != gone || (f.Err != nil) != (f.Client.Port() == gone && f.Missing > 0) {
			t.Errorf("%+v", f)
		}
		blocks, dropped, left = blocks+f.Fetched, dropped+f.Dropped, left-f.Dropped
	}
	if blocks != segments || len(ends) > 0 {
		t.Errorf("%d of %d blocks are fetched, %d segments dropped", blocks, segments, dropped)
	}
}

// A wrong block that version 2.0 let in is found by version 1.0, which has the hashes, and
// fetched anew. So it is after a restart, which leaves no hashes.
func TestVerifiesWhatIsThere(t *testing.T) {
	b := content(4*65536-5, 9)
	info := describeV1(t, pccrc.SHA256, b)
	dir := t.TempDir()
	store, err := blockstore.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, &Cache{Store: store})
	l := &liar{change: changeBlock(func(m *pccrr.MsgBlk) { m.Block[m.BlockIndex/3] ^= byte(m.BlockIndex) / 3 })} // block 3
	l.peer.Add(info, bytes.NewReader(b))
	bad := w.client(serveHandler(t, l))
	bad.HTTPS = ""
	if err := bad.Offer(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	w.fetched(t, 1)
	var f file
	if r, err := w.client(0).Retrieve(t.Context(), info, &f); err != nil || r.Wrong != 65536-5 {
		t.Fatalf("%+v %v", r, err)
	}
	var peer client.Peer
	peer.Add(info, bytes.NewReader(b))
	good := w.client(serveHandler(t, &peer))
	if err := good.Offer(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	if f := w.wait(t, 1)[0]; f.Err != nil || f.Fetched != 4 || f.Missing != 0 {
		t.Errorf("%+v", f)
	}
	w.retrieved(t, info, b, 0)
	w.stop()

	// After a restart the blocks are there, and only compared again.
	if store, err = blockstore.Open(dir, 0); err != nil {
		t.Fatal(err)
	}
	w = newWorld(t, &Cache{Store: store})
	w.retrieved(t, info, b, 0)
	good = w.client(good.Port)
	for range 2 { // the second time there is nothing to do
		if err := good.Offer(t.Context(), info); err != nil {
			t.Fatal(err)
		}
	}
	if f := w.wait(t, 1)[0]; f.Err != nil || f.Fetched != 0 || f.Missing != 0 {
		t.Errorf("%+v", f)
	}
	if _, verified := store.Blocks(info.AppendHoHoDk(nil, 0)); verified.Len() != 4 || len(w.fetches) > 1 {
		t.Errorf("%d blocks are verified", verified.Len())
	}
	if n := w.transport.count("SEGMENT_INFO_MESSAGE"); n != 1 {
		t.Errorf("%d times the hashes were asked for", n)
	}
	w.retrieved(t, info, b, 0)
}

// A client that says another length of the last block first does no harm.
func TestWrongLengthOfTheSegment(t *testing.T) {
	b := content(2*65536+100, 4)
	info := describeV1(t, pccrc.SHA256, b).(pccrc.ContentInformationV1)
	for _, size := range []uint32{2*65536 + 1, 2*65536 + 99, 2*65536 + 101, 3 * 65536} {
		w := newWorld(t, &Cache{})
		var peer client.Peer
		peer.Add(info, bytes.NewReader(b))
		c := w.client(serveHandler(t, &peer))
		lie := pccrc.NewV1(pccrc.SHA256)
		for _, s := range info.All() {
			err := lie.Append(pccrc.SegmentFieldsV1{CbSegment: size, CbBlockSize: 65536, SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret(), BlockHashes: s.Blocks.BlockHashes()})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Offer(t.Context(), lie); err != nil {
			t.Fatal(err)
		}
		w.fetched(t, 1)
		w.retrieved(t, info, b, 0)
	}
}

// Many clients offer the same at the same time, and others retrieve meanwhile.
func TestManyClients(t *testing.T) {
	cache := &Cache{MaxFetches: 4, Store: &blockstore.Store{MaxBytes: 2 << 20}}
	w := newWorld(t, cache)
	b := content(1<<20, 11)
	infos := []pccrc.ContentInformation{describeV1(t, pccrc.SHA256, b), describeV2(t, 50_000, b)}
	var peer client.Peer
	for _, info := range infos {
		peer.Add(info, bytes.NewReader(b))
	}
	port := serveHandler(t, &peer)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			info := infos[i%2]
			if err := w.client(port).Offer(t.Context(), info); err != nil {
				t.Error(err)
			}
			for range 3 {
				var f file
				if r, err := w.client(0).Retrieve(t.Context(), info, &f); err != nil || r.Wrong != 0 || r.Bytes+total(r.Missing) != uint64(len(b)) {
					t.Errorf("%+v %v", r, err)
				}
			}
		})
	}
	all.Wait()
	w.wait(t, 1+infos[1].Len())
	if _, used := cache.Store.Usage(); used > 2<<20 {
		t.Errorf("%d bytes", used)
	}
}

// Run and Serve end when they are told to, whatever is under way, and leave nothing.
func TestCancellation(t *testing.T) {
	entered := make(chan struct{}, 99)
	hang := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		_, _ = http.MaxBytesReader(w, r.Body, 1<<20).Read(make([]byte, 1<<20))
		<-r.Context().Done()
	})
	port := serveHandler(t, hang)
	w := newWorld(t, &Cache{Timeout: time.Hour, MaxFetches: 3})
	b := content(100_000, 1)
	info := describeV2(t, 65536, b)
	if err := w.client(port).Offer(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	<-entered
	w.stop() // Serve returns, with Run, although nobody answers
	f := w.wait(t, 1)[0]
	if !errors.Is(f.Err, context.Canceled) || f.Dropped != 1 {
		t.Errorf("%+v", f)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(w.http, "http://")); err == nil {
		_ = conn.Close()
		t.Error("the cache still listens")
	}

	// A client that is told to stop, and one that gets no answer.
	ctx, cancel := context.WithCancel(t.Context())
	c := &client.Client{HTTP: "http://127.0.0.1:" + itoa(port), Port: 1}
	go func() { <-entered; cancel() }()
	if err := c.Offer(ctx, info); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	c.Timeout = 20 * time.Millisecond
	r, err := c.Retrieve(t.Context(), info, &file{})
	if !contains(err, "no answer within 20ms") || total(r.Missing) != uint64(len(b)) || len(r.Missing) != 1 || r.Bytes != 0 {
		t.Errorf("%+v %v", r, err)
	}
	<-entered
}

// hosts is a transport to handlers by IP address, as if each was on a machine of its own.
type hosts map[string]http.Handler

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h[r.URL.Hostname()].ServeHTTP(w, r)
	return w.Result(), nil
}

// One client that offers more than there is room for does not put out what is from others.
func TestOneClientOffersTooMuch(t *testing.T) {
	var peer client.Peer
	info := func(n int, seed uint64) pccrc.ContentInformation {
		b := content(n, seed)
		v := describeV2(t, 20_000, b)
		peer.Add(v, bytes.NewReader(b))
		return v
	}
	kept, flood, more := info(60_000, 1), info(500_000, 2), info(500_000, 3)
	fetches := make(chan Fetch, 99)
	cache := &Cache{Store: &blockstore.Store{MaxBytes: 400_000}, Transport: hosts{"192.0.2.1": &peer, "2001:db8::1": &peer}, Fetched: func(f Fetch) { fetches <- f }}
	inBackground(t, func(ctx context.Context) error { cache.Run(ctx); return nil })
	offer := func(from string, info pccrc.ContentInformation) {
		descriptors, err := codec.SegmentDescriptors{}.AppendSegments(codec.TagBITS, info.Segments())
		if err != nil {
			t.Fatal(err)
		}
		for m := range codec.SplitDescriptors(80, descriptors) {
			b, err := m.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("POST", codec.PathV2, bytes.NewReader(b))
			r.RemoteAddr = from
			cache.ServeHTTP(httptest.NewRecorder(), r)
		}
		for range info.Len() {
			if f := <-fetches; f.Err != nil || f.Fetched != 1 {
				t.Errorf("%+v", f)
			}
		}
	}
	there := func(info pccrc.ContentInformation) (n int) {
		for _, s := range info.Segments() {
			has, _ := cache.Store.Blocks(s.AppendHoHoDk(nil))
			n += has.Len()
		}
		return n
	}
	offer("[2001:db8::1]:1", kept)
	offer("[::ffff:192.0.2.1]:2", flood)
	offer("192.0.2.1:3", more)
	if got := there(kept); got != kept.Len() {
		t.Errorf("%d of %d segments of the other client are left", got, kept.Len())
	}
	if got, more := there(flood), there(more); got != 0 || more != 300_000/20_640 { // which is what one counts, roughly
		t.Errorf("%d and %d segments of the client that offers too much are there", got, more)
	}
}

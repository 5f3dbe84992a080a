package model

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/spec"
)

// mode is how a client's server answers.
type mode uint8

const (
	serving mode = iota
	gone         // it closes connections without an answer
	spoiled      // its blocks are damaged
)

// servers are the two servers for the blocks of a client, at one address. They run as long
// as the program tests, so that no other client ever has their ports.
type servers struct {
	ports   [2]uint16
	running [2]*http.Server
	ended   sync.WaitGroup

	mu       sync.Mutex
	index    int // of the client
	watcher  *watcher
	mode     mode
	listened int // which server has blocks
	machine  spec.RetrievalServer
	contents map[string]*content // that the client has, by HoHoDk
}

// newServers listens at an address.
func newServers(at netip.Addr) (s *servers, err error) {
	s = new(servers)
	for i := range s.running {
		l, err := net.Listen("tcp", netip.AddrPortFrom(at, 0).String())
		if err != nil {
			s.close()
			return nil, err
		}
		s.ports[i] = uint16(l.Addr().(*net.TCPAddr).Port)
		s.running[i] = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(i, w, r) }), ReadHeaderTimeout: time.Minute}
		s.ended.Go(func() { _ = s.running[i].Serve(l) })
	}
	return s, nil
}

// close ends the servers.
func (s *servers) close() {
	for _, r := range s.running {
		if r != nil {
			_ = r.Close()
		}
	}
	s.ended.Wait()
}

// begin makes them those of a client in a new conversation, which has nothing.
func (s *servers) begin(w *watcher, index int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher, s.index, s.mode, s.listened, s.contents, s.machine = w, index, serving, 0, map[string]*content{}, spec.RetrievalServer{}
}

// has gives the client a segment.
func (s *servers) has(c *content) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contents[c.id] = c
	return s.add(c)
}

// add gives the blocks of a segment to the machine.
func (s *servers) add(c *content) error {
	for i := range c.blocks() {
		b, err := c.served(i, s.mode == spoiled)
		if err != nil {
			return err
		}
		s.machine.Add(0, c.id, uint32(i), b)
	}
	return nil
}

// become changes how they answer, and which of them has the blocks.
func (s *servers) become(m mode, port int) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.listened, s.machine = m, port, spec.RetrievalServer{}
	for _, c := range s.contents {
		err = errors.Join(err, s.add(c))
	}
	return err
}

func (s *servers) now() mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// answer answers a request for blocks, which only the hosted cache should send.
func (s *servers) answer(port int, w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(io.LimitReader(r.Body, pccrr.MaxRequestSize+1))
	if err != nil || !pccrr.IsPath(r.URL.Path) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.mu.Lock()
	if s.watcher == nil {
		s.mu.Unlock()
		w.WriteHeader(http.StatusNotFound)
		return
	}
	m, damaged, watcher := s.mode, s.mode == spoiled, s.watcher
	e := event{client: s.index, port: port, stale: port != s.listened}
	var action spec.Action = spec.Drop{}
	if !e.stale && m != gone {
		action = s.machine.Receive(0, message)
	}
	s.mu.Unlock()
	e.request(message)
	answer, replied := action.(spec.Reply)
	if replied {
		e.sends([]byte(answer.Message))
	}
	e.damaged = damaged
	if d, ok := action.(spec.Drop); ok {
		e.malformed = d.Rule
	}
	watcher.add(e)
	if !replied {
		panic(http.ErrAbortHandler) // closes the connection
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = io.WriteString(w, answer.Message)
}

// event is a request of the hosted cache for blocks of a segment.
type event struct {
	client, port int
	stale        bool   // the client has said that its blocks are on the other port
	id           string // HoHoDk, "" for a request without one
	block        int    // that is sent, -1 for none
	damaged      bool
	malformed    string // the rule that the request violates
}

// request notes which segment a request is about.
func (e *event) request(message []byte) {
	e.block = -1
	r, err := pccrr.DecodeRequestMessage(message)
	if err != nil {
		return
	}
	body, err := r.DecodeBody()
	if err != nil {
		return
	}
	switch m := body.(type) {
	case pccrr.MsgGetBlkList:
		e.id = string(m.SegmentID)
	case pccrr.MsgGetBlks:
		e.id = string(m.SegmentID)
	}
}

// sends notes which block an answer has.
func (e *event) sends(answer []byte) {
	if m, err := pccrr.DecodeMsgBlk(answer); err == nil && len(m.Block) > 0 {
		e.block = int(m.BlockIndex)
	}
}

// watcher collects what the servers of all clients are asked for in a conversation.
type watcher struct {
	mu     sync.Mutex
	events []event
	news   chan struct{} // has one element if there may be new events
}

func newWatcher() *watcher { return &watcher{news: make(chan struct{}, 1)} }

func (w *watcher) add(e event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// since returns the events from the nth on.
func (w *watcher) since(n int) []event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[n:len(w.events):len(w.events)]
}

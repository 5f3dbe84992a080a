// Package simulation drives clients against a hosted cache through a network
// that loses, delays, duplicates, reorders and spoils messages, in simulated
// time. It is a package of its own for the same reason as package invariant.
package simulation

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/spec"
)

// A segment is what clients may offer. Block i has the hash i i i..., so that
// the lists of different clients agree.
type segment struct {
	hoHoDk, hod string
	blocks      uint32
}

var pool = func() (list []segment) {
	var c2 []byte
	for _, u := range utf16.Encode([]rune("MS_P2P_CACHING\x00")) {
		c2 = binary.LittleEndian.AppendUint16(c2, u)
	}
	for i := range byte(4) {
		var hashes []byte
		for block := range 1 + i {
			hashes = append(hashes, bytes.Repeat([]byte{block}, 32)...)
		}
		whole := sha256.Sum256(hashes)
		hod := whole[:]
		mac := hmac.New(sha256.New, secret)
		mac.Write(append(bytes.Clone(hod), c2...))
		list = append(list, segment{string(mac.Sum(nil)), string(hod), 1 + uint32(i)})
	}
	return list
}()

var secret = bytes.Repeat([]byte{0x55}, 32)

func find(hoHoDk string) segment {
	return pool[slices.IndexFunc(pool, func(s segment) bool { return s.hoHoDk == hoHoDk })]
}

// offer offers the segment with the hashes of its first blocks.
func (s segment) offer(listed uint32) spec.Offer {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, 0x0100)
	b = le.AppendUint32(b, 0x800C)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, s.blocks<<16)
	b = le.AppendUint32(b, 1<<16)
	b = append(append(b, s.hod...), secret...)
	b = le.AppendUint32(b, listed)
	for i := range listed {
		b = append(b, bytes.Repeat([]byte{byte(i)}, 32)...)
	}
	return spec.Offer{HoHoDk: s.hoHoDk, ContentTag: [16]byte{'t', 'a', 'g'}, SegmentInformation: spec.NewSecret(string(b)),
		BlockSize: 1 << 16, SegmentSize: s.blocks << 16, HashAlgorithm: 1}
}

// A packet is a request on its way to the server, or an answer on its way back.
type packet struct {
	client   int
	request  spec.RequestID
	answer   bool
	status   int // of an answer
	auth     bool
	message  []byte
	exchange spec.RequestID
	spoiled  bool
}

// life is what a client must make of a request.
type life struct {
	from   time.Duration // when it was sent, or refused
	typ    uint16
	hoHoDk string
	legs   int  // how often it was refused
	over   bool // answered, dropped or expired
}

type world struct {
	now      time.Duration
	clients  []*spec.Client
	lives    []map[spec.RequestID]*life
	server   spec.Server
	network  []packet
	tasks    []spec.Retrieve
	hashes   map[string]map[uint32]bool // that the server was sent, by segment
	held     map[string]map[uint32]bool // that it was given
	exchange spec.RequestID
}

func newWorld(authenticate bool) *world {
	return &world{
		clients: []*spec.Client{{Version: 1, Port: 1001}, {Version: 2, Port: 1002}, {Version: 1, Port: 1003}},
		lives:   []map[spec.RequestID]*life{{}, {}, {}},
		server:  spec.Server{Authenticate: authenticate},
		hashes:  map[string]map[uint32]bool{},
		held:    map[string]map[uint32]bool{},
	}
}

func address(client int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(client)}) }

// offer has a client offer segments.
func (w *world) offer(t *rapid.T, client int, offers ...spec.Offer) {
	w.obey(t, client, w.clients[client].Offer(w.now, offers...))
}

// obey does what a client wants, and checks that it may want it. It returns
// the actions that are about a request, not those that time has brought.
func (w *world) obey(t *rapid.T, client int, actions []spec.Action) (others []spec.Action) {
	for _, action := range actions {
		switch action := action.(type) {
		case spec.Expire:
			l := w.lives[client][action.Request]
			if l == nil || l.over || w.now-l.from <= 10*time.Second {
				t.Fatalf("client %d at %v: request %d expires, having %+v", client, w.now, action.Request, l)
			}
			l.over = true
			continue
		case spec.Send:
			message := action.Message.Reveal()
			d := spec.Dissect(spec.Request, []byte(message))
			if len(d.Violations) != 0 {
				t.Fatalf("client %d sends a message with %v", client, d.Violations)
			}
			l := w.lives[client][action.Request]
			if action.Authenticate != (l != nil) || l != nil && l.over {
				t.Fatalf("client %d sends %+v for %+v", client, action, l)
			}
			if l == nil {
				l = &life{typ: binary.BigEndian.Uint16([]byte(message)[2:])}
				w.lives[client][action.Request] = l
				switch l.typ {
				case spec.TypeInitialOffer:
					l.hoHoDk = message[16:]
				case spec.TypeSegmentInfo:
					l.hoHoDk = pool[slices.IndexFunc(pool, func(s segment) bool { return s.hod == message[66:98] })].hoHoDk
				}
			}
			l.from = w.now
			w.exchange++
			w.network = append(w.network, packet{client: client, request: action.Request, auth: action.Authenticate,
				message: []byte(message), exchange: w.exchange})
		}
		others = append(others, action)
	}
	return others
}

// serve hands a request to the server and checks what it does.
func (w *world) serve(t *rapid.T, p packet) {
	version := w.clients[p.client].Version
	actions := w.server.Receive(spec.Post{From: address(p.client), URL: version, Authorized: p.auth}, p.message)
	if w.server.Authenticate && version == 1 && !p.auth {
		if diff := cmp.Diff([]spec.Action{spec.Challenge{}}, actions); diff != "" {
			t.Fatalf("a request without authorization (-want +got):\n%s", diff)
		}
		w.reply(p, 401, nil)
		return
	}
	if violation, malformed := spec.Dissect(spec.Request, p.message).First(); malformed {
		if diff := cmp.Diff([]spec.Action{spec.Drop{Rule: violation.Rule}}, actions); diff != "" {
			t.Fatalf("a malformed request (-want +got):\n%s", diff)
		}
		return
	}
	code, wanted := spec.CodeOK, map[string][]uint32{} // blocks by segment
	tags := 0
	switch binary.BigEndian.Uint16(p.message[2:]) {
	case spec.TypeInitialOffer:
		s := find(string(p.message[16:]))
		if len(w.hashes[s.hoHoDk]) == int(s.blocks) {
			wanted[s.hoHoDk] = w.missing(s.hoHoDk, s.blocks)
		} else {
			code = spec.CodeInterested
		}
	case spec.TypeSegmentInfo:
		s := pool[slices.IndexFunc(pool, func(s segment) bool { return s.hod == string(p.message[66:98]) })]
		for i := range binary.LittleEndian.Uint32(p.message[130:]) {
			put(w.hashes, s.hoHoDk, i)
		}
		wanted[s.hoHoDk] = w.missing(s.hoHoDk, uint32(len(w.hashes[s.hoHoDk])))
		tags = 1
	case spec.TypeBatchedOffer:
		for at := 16; at < len(p.message); at += 59 {
			s := find(string(p.message[at+27 : at+59]))
			wanted[s.hoHoDk] = append(wanted[s.hoHoDk], w.missing(s.hoHoDk, s.blocks)...)
			tags++
		}
	}
	if actions[0] != (spec.Respond{Code: code}) {
		t.Fatalf("answer %+v, want code %d; hashes %v", actions[0], code, w.hashes)
	}
	for _, action := range actions[1:] {
		switch action := action.(type) {
		case spec.PassTag:
			if tags--; action.ContentTag != "tag"+strings.Repeat("\x00", 13) {
				t.Fatalf("tag %q", action.ContentTag)
			}
		case spec.Retrieve:
			if want := netip.AddrPortFrom(address(p.client), w.clients[p.client].Port); action.From != want {
				t.Fatalf("blocks are retrieved from %v, not %v", action.From, want)
			}
			for block := action.Blocks.First; block <= action.Blocks.Last; block++ {
				i := slices.Index(wanted[action.HoHoDk], block)
				if i < 0 {
					t.Fatalf("block %d is retrieved without need: %v", block, wanted)
				}
				wanted[action.HoHoDk] = slices.Delete(wanted[action.HoHoDk], i, i+1)
			}
			w.tasks = append(w.tasks, action)
		default:
			t.Fatalf("%#v", action)
		}
	}
	for hoHoDk, blocks := range wanted {
		if len(blocks) != 0 {
			t.Fatalf("blocks %v of %x are not retrieved", blocks, hoHoDk)
		}
	}
	if tags != 0 {
		t.Fatalf("%d tags are not passed", tags)
	}
	w.reply(p, 200, spec.Respond{Code: code}.Message())
}

// missing lists the blocks below n that the server does not hold.
func (w *world) missing(hoHoDk string, n uint32) (list []uint32) {
	for i := range n {
		if !w.held[hoHoDk][i] {
			list = append(list, i)
		}
	}
	return list
}

func put(m map[string]map[uint32]bool, hoHoDk string, block uint32) {
	if m[hoHoDk] == nil {
		m[hoHoDk] = map[uint32]bool{}
	}
	m[hoHoDk][block] = true
}

func (w *world) reply(p packet, status int, message []byte) {
	p.answer, p.status, p.message = true, status, message
	w.network = append(w.network, p)
}

// answer hands an answer to its client and checks what it does.
func (w *world) answer(t *rapid.T, p packet) {
	c, l := w.clients[p.client], w.lives[p.client][p.request]
	w.obey(t, p.client, c.Tick(w.now)) // what is late is over now
	over := l.over
	var actions []spec.Action
	if p.status == 401 {
		actions = c.Unauthorized(w.now, p.request, spec.Answer{Status: 401, Negotiate: true, Token: true})
	} else {
		actions = c.Receive(w.now, p.request, p.message)
		l.over = true
	}
	var send spec.Send
	if len(actions) > 0 {
		send, _ = actions[len(actions)-1].(spec.Send)
	}
	w.obey(t, p.client, actions)
	var want []spec.Action
	d := spec.DissectResponse(p.message, l.typ)
	violation, malformed := d.First()
	switch {
	case over:
		want = []spec.Action{spec.Drop{Request: p.request, Rule: "PCHC-3.2.5.1-Discard"}}
	case p.status == 401 && l.legs == spec.MaxLegs:
		l.over = true
		want = []spec.Action{spec.Refuse{Request: p.request}}
	case p.status == 401:
		l.legs++
		want = []spec.Action{spec.Send{Request: p.request, Message: send.Message, Authenticate: true}}
	case malformed:
		want = []spec.Action{spec.Drop{Request: p.request, Rule: violation.Rule}}
	case p.message[4] == spec.CodeInterested:
		next := w.lives[p.client][send.Request]
		if next == nil || next.typ != spec.TypeSegmentInfo || next.hoHoDk != l.hoHoDk || next.over {
			t.Fatalf("INTERESTED in %+v is followed by %+v", l, next)
		}
		want = []spec.Action{send}
	}
	if diff := cmp.Diff(want, actions, cmp.Comparer(func(a, b spec.Secret) bool { return a == b })); diff != "" {
		t.Fatalf("client %d at %v, request %+v, over %t (-want +got):\n%s", p.client, w.now, l, over, diff)
	}
}

// deliver takes a packet off the network.
func (w *world) deliver(t *rapid.T, i int) packet {
	p := w.network[i]
	w.network = slices.Delete(w.network, i, i+1)
	if p.answer {
		w.answer(t, p)
	} else {
		w.serve(t, p)
	}
	return p
}

// fetch retrieves some blocks of a task.
func (w *world) fetch(task spec.Retrieve, blocks spec.BlockRange) {
	w.server.Retrieved(task.HoHoDk, blocks)
	for block := blocks.First; block <= blocks.Last; block++ {
		put(w.held, task.HoHoDk, block)
	}
}

// check asserts what holds at any time.
func (w *world) check(t *rapid.T) {
	for i, c := range w.clients {
		open := map[spec.RequestID]bool{}
		for _, o := range c.Outstanding() {
			open[o.Request] = true
			if l := w.lives[i][o.Request]; l == nil || l.over || o.Type != l.typ || w.now-l.from >= 15*time.Second {
				t.Fatalf("client %d at %v: %+v is outstanding, having %+v", i, w.now, o, l)
			}
		}
		for id, l := range w.lives[i] {
			if !l.over && !open[id] {
				t.Fatalf("client %d at %v: request %d is not outstanding, having %+v", i, w.now, id, l)
			}
		}
		next, running := c.NextTick()
		if running != (len(open) > 0) || running && (next <= w.now || next > w.now+spec.TickPeriod) {
			t.Fatalf("client %d at %v: %d outstanding, next tick %v, running %t", i, w.now, len(open), next, running)
		}
	}
	for _, s := range pool {
		got, _ := w.server.Segment(s.hoHoDk)
		held := 0
		for _, r := range got.Held {
			held += int(r.Last - r.First + 1)
		}
		if held != len(w.held[s.hoHoDk]) || len(got.BlockHashes) != len(w.hashes[s.hoHoDk]) ||
			got.Complete != (len(got.BlockHashes) == int(s.blocks)) {
			t.Fatalf("segment %x: %+v; hashes %v, held %v", s.hoHoDk, got, w.hashes[s.hoHoDk], w.held[s.hoHoDk])
		}
		for _, h := range got.BlockHashes {
			if h.Hash != strings.Repeat(string([]byte{byte(h.Block)}), 32) {
				t.Fatalf("block %d has hash %x", h.Block, h.Hash)
			}
		}
	}
}

func (w *world) any(t *rapid.T) int {
	if len(w.network) == 0 {
		t.Skip("nothing on the way")
	}
	return rapid.IntRange(0, len(w.network)-1).Draw(t, "packet")
}

func drawOffers(t *rapid.T) (list []spec.Offer) {
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pool)-1), 1, 3).Draw(t, "segments") {
		list = append(list, pool[i].offer(rapid.Uint32Range(1, pool[i].blocks).Draw(t, "listed")))
	}
	return list
}

// TestBadNetwork: whatever happens to the messages, the machines keep to the rules.
func TestBadNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Bool().Draw(t, "authenticate"))
		deliver := func(t *rapid.T) { w.deliver(t, w.any(t)) }
		t.Repeat(map[string]func(*rapid.T){
			"": w.check,
			"offer": func(t *rapid.T) {
				w.offer(t, rapid.IntRange(0, len(w.clients)-1).Draw(t, "client"), drawOffers(t)...)
			},
			"deliver":   deliver,
			"deliver 2": deliver, // more often than anything else
			"lose":      func(t *rapid.T) { i := w.any(t); w.network = slices.Delete(w.network, i, i+1) },
			"duplicate": func(t *rapid.T) { w.network = append(w.network, w.network[w.any(t)]) },
			"spoil": func(t *rapid.T) {
				p := &w.network[w.any(t)]
				if p.spoiled { // twice may make another well-formed message
					return
				}
				p.spoiled = true
				switch rapid.IntRange(0, 2).Draw(t, "how") {
				case 0:
					p.message = p.message[:rapid.IntRange(0, len(p.message)).Draw(t, "length")]
				case 1:
					p.message = append(slices.Clip(p.message), 1)
				default:
					p.message = bytes.Clone(p.message)
					if len(p.message) > 0 {
						p.message[0] ^= 1
					}
				}
			},
			"wait": func(t *rapid.T) {
				wait := time.Duration(rapid.Int64Range(0, int64(7*time.Second)).Draw(t, "wait"))
				if rapid.Bool().Draw(t, "till a tick") {
					if next, running := w.clients[0].NextTick(); running {
						wait = next - w.now
					}
				}
				w.now += wait
				for i, c := range w.clients {
					w.obey(t, i, c.Tick(w.now))
				}
			},
			"fetch": func(t *rapid.T) {
				if len(w.tasks) == 0 {
					t.Skip("nothing to fetch")
				}
				task := w.tasks[rapid.IntRange(0, len(w.tasks)-1).Draw(t, "task")]
				first := rapid.Uint32Range(task.Blocks.First, task.Blocks.Last).Draw(t, "first")
				w.fetch(task, spec.BlockRange{First: first, Last: rapid.Uint32Range(first, task.Blocks.Last).Draw(t, "last")})
			},
		})
	})
}

// TestGoodNetwork: where nothing is lost, whatever its order, the cache comes
// to hold every block whose hash a client told it or that was in a batch, no
// request expires, and one who follows the exchanges has nothing to complain of.
func TestGoodNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Bool().Draw(t, "authenticate"))
		var f spec.Follower
		complain := func(findings []spec.Finding) {
			if len(findings) != 0 {
				t.Fatalf("%+v", findings)
			}
		}
		offered := map[string]uint32{} // blocks by segment
		for range rapid.IntRange(1, 6).Draw(t, "offers") {
			client := rapid.IntRange(0, len(w.clients)-1).Draw(t, "client")
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pool)-1), 1, 3).Draw(t, "segments") {
				offered[pool[i].hoHoDk] = pool[i].blocks
				w.offer(t, client, pool[i].offer(pool[i].blocks))
			}
			for len(w.network) > 0 && rapid.Bool().Draw(t, "deliver") {
				w.now += time.Duration(rapid.Int64Range(0, int64(time.Millisecond)).Draw(t, "delay"))
				w.follow(t, &f, complain)
			}
		}
		for len(w.network) > 0 {
			w.follow(t, &f, complain)
		}
		for _, task := range w.tasks {
			w.fetch(task, task.Blocks)
		}
		w.check(t)
		for i, c := range w.clients {
			if open := c.Outstanding(); len(open) != 0 {
				t.Fatalf("client %d awaits %+v", i, open)
			}
		}
		for hoHoDk, blocks := range offered {
			if diff := cmp.Diff([]spec.BlockRange{{First: 0, Last: blocks - 1}}, held(&w.server, hoHoDk)); diff != "" {
				t.Fatalf("segment %x (-want +got):\n%s", hoHoDk, diff)
			}
		}
		complain(f.End(w.now + time.Hour))
	})
}

func held(s *spec.Server, hoHoDk string) []spec.BlockRange {
	segment, _ := s.Segment(hoHoDk)
	return segment.Held
}

// follow delivers any packet, in sight of the follower.
func (w *world) follow(t *rapid.T, f *spec.Follower, complain func([]spec.Finding)) {
	p := w.deliver(t, w.any(t))
	if p.answer {
		complain(f.Response(w.now, p.exchange, spec.Answer{Status: p.status, Negotiate: p.status == 401, Token: p.auth}, p.message))
	} else {
		complain(f.Request(w.now, p.exchange, spec.Post{From: address(p.client), URL: w.clients[p.client].Version,
			Authorized: p.auth, Scheme: scheme(p.auth), Connection: uint64(p.exchange)}, p.message))
	}
}

func scheme(auth bool) string {
	if auth {
		return "Negotiate"
	}
	return ""
}

// TestDeterministic: the same events give the same actions.
func TestDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offers := drawOffers(t)
		waits := rapid.SliceOfN(rapid.Int64Range(0, int64(6*time.Second)), 0, 20).Draw(t, "waits")
		play := func() (log []spec.Action) {
			c, s := spec.Client{Version: 1, Port: 7}, spec.Server{}
			now := time.Duration(0)
			todo := c.Offer(now, offers...)
			for i := 0; i < len(todo); i++ {
				log = append(log, todo[i])
				if send, ok := todo[i].(spec.Send); ok {
					if i < len(waits) {
						now += time.Duration(waits[i])
					}
					for _, action := range s.Receive(spec.Post{From: address(1), URL: 1}, []byte(send.Message.Reveal())) {
						log = append(log, action)
						if r, ok := action.(spec.Respond); ok {
							todo = append(todo, c.Receive(now, send.Request, r.Message())...)
						}
					}
				}
			}
			return log
		}
		if first, second := play(), play(); !slices.Equal(first, second) {
			t.Fatalf("%v, then %v", first, second)
		}
	})
}

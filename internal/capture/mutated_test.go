package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestMutatedCaptures changes one thing in a drawn capture at a time: a frame is
// dropped, swapped, repeated or cut, or a bit of it flips. Nothing ends the
// program or fills its memory, and nothing is invented:
//
//   - What other connections said is found, all of it and nothing else.
//   - A bit in a field that does not count, such as TTL, changes nothing.
//   - After a loss, each message found is one that was said.
//   - After a bit of the payload, the bytes of a message are bytes that its
//     sender sent, in this order.
//
// A bit in addresses, numbers or lengths makes another connection or other data
// of a frame, of which nothing is known but that it is one frame.
func TestMutatedCaptures(t *testing.T) {
	captures, mutants := uint64(200), 50
	if testing.Short() {
		captures = 15
	}
	for seed := range captures {
		v := capturetest.Converse(seed, capturetest.Pathologies{Plain: true, Short: true, Reorder: seed%2 == 0})
		frames := records(v.File)
		before := sayings(t, v.File)
		allowed := maps.Clone(before.all)
		for _, m := range v.Others { // which shows only where nothing is lost
			kind := map[string]EventKind{"request": Request, "response": Response, "failure": Failure}[m.Kind]
			s := saying{m.Src, m.Dst, kind, m.Status, "", string(m.Body)}
			allowed[s]++
			s.path = m.Path
			allowed[s]++
		}
		random := rand.New(rand.NewPCG(seed, 8))
		for n := range mutants {
			m := &mutation{frames: slices.Clone(frames), known: before.ends}
			m.change(random)
			after := sayings(t, slices.Concat(append([][]byte{v.File[:24]}, m.frames...)...))
			check := func(what string, s saying, fine bool) {
				if !fine {
					t.Fatalf("capturetest.Converse(%d, ...), mutant %d, %s: %s: %v > %v kind %d status %d %s %d bytes %.40x", seed, n, m.what, what, s.src, s.dst, s.kind, s.status, s.path, len(s.body), s.body)
				}
			}
			for s := range after.all {
				check("found, though nobody said it, or not so often", s, after.all[s] <= allowed[s] || !m.exact && m.touches(s))
			}
			for s := range before.all {
				check("not found", s, after.all[s] >= before.all[s] || (m.loses || !m.exact) && m.touches(s))
			}
			if !m.payload {
				continue
			}
			streams := make(map[[2]netip.AddrPort][]byte)
			for s := range after.all {
				if way := [2]netip.AddrPort{s.src, s.dst}; m.touches(s) && streams[way] == nil {
					streams[way] = sentBy(m.frames, s.src, s.dst)
				}
				check("has bytes that were not sent, or not in this order", s, !m.touches(s) || within(s.body, streams[[2]netip.AddrPort{s.src, s.dst}]))
			}
		}
	}
}

// records are the records of a little-endian pcap.
func records(file []byte) (all [][]byte) {
	for b := file[24:]; len(b) > 0; {
		n := 16 + binary.LittleEndian.Uint32(b[8:])
		all = append(all, b[:n:n])
		b = b[n:]
	}
	return all
}

// saying is a message found. Path is empty in one of the two that are counted for
// each.
type saying struct {
	src, dst netip.AddrPort
	kind     EventKind
	status   int
	path     string
	body     string
}

// found is what was found in a capture.
type found struct {
	all  map[saying]int
	ends map[[2]netip.AddrPort]bool // of connections with messages
}

// sayings reads a capture. Each message counts twice, with and without its path,
// or once where it is open what it answers. Memory is checked on the way.
func sayings(t *testing.T, file []byte) *found {
	t.Helper()
	said := &found{map[saying]int{}, map[[2]netip.AddrPort]bool{}}
	const bound = 1 << 20
	var r *Reader
	r = NewReader(Options{Exchanges: true, MaxBuffered: bound}, func(e *Event) error {
		if r.pool.used > 2*bound {
			t.Fatalf("%d bytes are held", r.pool.used)
		}
		switch e.Kind {
		case Request, Response, Failure:
			s := saying{e.Src, e.Dst, e.Kind, e.Status, "", string(e.Body)}
			said.ends[[2]netip.AddrPort{e.Src, e.Dst}] = true
			said.all[s]++
			if e.Kind == Request || e.Exchange > 0 {
				s.path = e.Path
				said.all[s]++
			}
		}
		return nil
	})
	if err := r.read(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	return said
}

// mutation is one change to the records of a capture.
type mutation struct {
	frames  [][]byte
	what    string
	hit     [][2]netip.AddrPort // the ends of the frame before and after
	known   map[[2]netip.AddrPort]bool
	wild    bool // it may make a new connection
	exact   bool // what is found was said before
	loses   bool // not all need be found
	payload bool // a bit of the payload flipped
}

// touches reports whether a saying is of a connection that was hit, or of one that
// the change may have made.
func (m *mutation) touches(s saying) bool {
	way, back := [2]netip.AddrPort{s.src, s.dst}, [2]netip.AddrPort{s.dst, s.src}
	return slices.Contains(m.hit, way) || slices.Contains(m.hit, back) || m.wild && !m.known[way] && !m.known[back]
}

// change makes one change. Frames are Ethernet, IP without options, TCP.
func (m *mutation) change(random *rand.Rand) {
	i := random.IntN(len(m.frames))
	was, f := m.frames[i], bytes.Clone(m.frames[i])
	src, _, tcp, data, end := parse(f)
	defer func() {
		for _, g := range [][]byte{was, f} {
			src, dst, _, _, _ := parse(g)
			m.hit = append(m.hit, [2]netip.AddrPort{src, dst})
		}
	}()
	m.exact, m.loses = true, true
	switch op := random.IntN(10); op {
	case 0:
		m.what = fmt.Sprintf("frame %d dropped", i+1)
		m.frames = slices.Delete(m.frames, i, i+1)
	case 1:
		j := min(i+1, len(m.frames)-1)
		m.what = fmt.Sprintf("frame %d behind the next", i+1)
		m.frames[i], m.frames[j] = m.frames[j], m.frames[i]
	case 2:
		m.what, m.loses = fmt.Sprintf("frame %d twice", i+1), false
		m.frames = slices.Insert(m.frames, i, f)
	case 3:
		n := 1 + random.IntN(len(f)-16)
		m.what = fmt.Sprintf("frame %d cut to %d bytes", i+1, n)
		binary.LittleEndian.PutUint32(f[8:], uint32(n))
		m.frames[i] = f[:16+n]
	case 4: // fields that do not count: MAC addresses, TTL, checksum, window, urgent pointer
		at := 16 + random.IntN(12)
		if random.IntN(2) == 0 {
			at = tcp + 14 + random.IntN(6)
		} else if src.Addr().Is4() && random.IntN(2) == 0 {
			at = 16 + 14 + pick(random, 1, 8, 10, 11)
		}
		m.what, m.loses = fmt.Sprintf("frame %d, byte %d", i+1, at-16), false
		f[at] ^= 1 << random.IntN(8)
		m.frames[i] = f
	case 5, 6, 7:
		if data == end {
			m.what = "nothing"
			return
		}
		at := data + random.IntN(end-data)
		m.what, m.payload, m.exact = fmt.Sprintf("frame %d, byte %d of the payload", i+1, at-data), true, false
		f[at] ^= 1 << random.IntN(8)
		m.frames[i] = f
	default:
		at := 16 + 12 + random.IntN(tcp+20-16-12)
		m.what, m.exact, m.wild = fmt.Sprintf("frame %d, byte %d of the headers", i+1, at-16), false, true
		f[at] ^= 1 << random.IntN(8)
		m.frames[i] = f
	}
}

func pick(random *rand.Rand, of ...int) int { return of[random.IntN(len(of))] }

// parse returns the ends of a record, and where in it TCP, its data and what is
// behind them begin.
func parse(f []byte) (src, dst netip.AddrPort, tcp, data, end int) {
	const ip = 16 + 14
	var a, b netip.Addr
	if f[ip]>>4 == 4 {
		tcp, end = ip+20, ip+int(binary.BigEndian.Uint16(f[ip+2:]))
		a, b = netip.AddrFrom4([4]byte(f[ip+12:])), netip.AddrFrom4([4]byte(f[ip+16:]))
	} else {
		tcp, end = ip+40, ip+40+int(binary.BigEndian.Uint16(f[ip+4:]))
		a, b = netip.AddrFrom16([16]byte(f[ip+8:])), netip.AddrFrom16([16]byte(f[ip+24:]))
	}
	if len(f) < tcp+20 { // not after a flip that makes it another version
		return netip.AddrPort{}, netip.AddrPort{}, tcp, 0, 0
	}
	data = tcp + int(f[tcp+12]>>4)*4
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(f[tcp:])), netip.AddrPortFrom(b, binary.BigEndian.Uint16(f[tcp+2:])), tcp, data, end
}

// sentBy is what one end sends: each byte as the first frame has it.
func sentBy(frames [][]byte, src, dst netip.AddrPort) []byte {
	type part struct {
		seq  uint32
		data []byte
	}
	var parts []part
	for _, f := range frames {
		from, to, tcp, data, end := parse(f)
		if from == src && to == dst && data < end {
			parts = append(parts, part{binary.BigEndian.Uint32(f[tcp+4:]), f[data:end]})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	base := parts[0].seq
	for _, p := range parts {
		if int32(p.seq-base) < 0 {
			base = p.seq
		}
	}
	var b []byte
	var has []bool
	for _, p := range parts {
		at := int(p.seq - base)
		if end := at + len(p.data); end > len(b) {
			b, has = append(b, make([]byte, end-len(b))...), append(has, make([]bool, end-len(has))...)
		}
		for i, c := range p.data {
			if !has[at+i] {
				b[at+i], has[at+i] = c, true
			}
		}
	}
	return b
}

// within reports whether the bytes of body are in b, in this order.
func within(body string, b []byte) bool {
	for _, c := range []byte(body) {
		i := bytes.IndexByte(b, c)
		if i < 0 {
			return false
		}
		b = b[i+1:]
	}
	return true
}

package capturetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// Pathologies are what may happen to a [Conversation] on its way into a capture.
type Pathologies struct {
	Plain   bool // Ethernet, IP and TCP without tags, extension headers and fragments
	Differ  bool // retransmissions differ from what they repeat
	Lose    bool // frames are lost, and cut
	Reorder bool
	Reuse   bool // although frames are lost, ports are used again, and what repeats bytes may be all there is of them, behind what answered them
	Short   bool // a few exchanges on each connection, which bear losses
	Spoken  bool // HTTP alone, as net/http accepts it, from the beginning of each connection to its end
}

// Conversation is a capture that is drawn from a seed, and what was said in it.
type Conversation struct {
	File        []byte
	Format      Format
	Said        []*Said // by connection, then in the order of its bytes
	Others      []*Said // what is not of MS-PCHC, or only a step of authentication
	Connections int
	Encrypted   int // connections with TLS, each to a server of its own
	Frames      int
}

// frame is one frame of a conversation.
type frame struct {
	conn     *party // nil for others
	way      int
	at       int // where in what that end sends the data begins
	data     []byte
	ack      int  // of the bytes that the other end sends
	end      bool // it ends the direction: FIN or RST
	raw      []byte
	datagram int // with the others of which it carries
	from, to int // this part
	whole    int // of so many bytes; the last of them are data
	padding  int // bytes of raw behind what it carries
	cut      int // bytes of raw that were not captured
}

// Converse draws a conversation.
func Converse(seed uint64, o Pathologies) *Conversation {
	random := rand.New(rand.NewPCG(seed, 7))
	v := &Conversation{Format: container(random, o)}
	var frames []*frame
	var before []*party
	for group := range 1 + random.IntN(2) {
		var conns []*party
		for n := range 1 + random.IntN(4) {
			c := newParty(random, o, v.Format.link(), 10*group+n)
			if (!o.Lose || o.Reuse) && !o.Short && group > 0 && n < len(before) && !before[n].noHandshake && random.IntN(2) == 0 {
				c.again(before[n])
			}
			conns = append(conns, c)
		}
		frames = append(frames, capture(random, o, &v.Format, conns, group<<15)...)
		before = conns
	}
	v.write(frames)
	v.answer(frames)
	return v
}

// container draws the file format and the link layer.
func container(random *rand.Rand, o Pathologies) Format {
	if o.Plain {
		return Format{Nano: true}
	}
	f := Format{
		Link:      pick(random, uint32(Ethernet), Ethernet, Ethernet, Linux, LinuxTwo, Loop, Raw, IPv4, IPv6, rawBSD, rawOpen),
		NullLink:  random.IntN(8) == 0,
		Pcapng:    random.IntN(2) == 0,
		BigEndian: random.IntN(2) == 0,
		Nano:      random.IntN(2) == 0,
		Gzip:      random.IntN(8) == 0,
	}
	if f.NullLink {
		f.Link = Null
	}
	if f.Pcapng {
		f.Simple, f.Old = !o.Lose && random.IntN(6) == 0, random.IntN(4) == 0
		f.Resolution = pick(random, byte(0), 3, 6, 7, 9, 0x80|20, 0x80|30)
	}
	return f
}

// newParty draws a connection and what is said on it.
func newParty(random *rand.Rand, o Pathologies, link uint32, n int) *party {
	c := &party{random: random, lossy: o.Lose || o.Short, short: o.Short, strict: o.Spoken, mss: 1 + random.IntN(1+random.IntN(3000)), end: ending(random.IntN(int(endings)))}
	c.ends = [2]netip.AddrPort{netip.MustParseAddrPort(fmt.Sprintf("10.0.0.1:%d", 40000+n)), netip.MustParseAddrPort(fmt.Sprintf("10.0.0.%d:80", 2+n))}
	if link == IPv6 || link != IPv4 && random.IntN(3) == 0 {
		c.ends = [2]netip.AddrPort{netip.MustParseAddrPort(fmt.Sprintf("[2001:db8::1]:%d", 40000+n)), netip.MustParseAddrPort(fmt.Sprintf("[2001:db8::%d]:80", 2+n))}
	}
	if random.IntN(2) == 0 { // the client's address is the higher one
		c.ends[0], c.ends[1] = netip.AddrPortFrom(c.ends[1].Addr(), c.ends[0].Port()), netip.AddrPortFrom(c.ends[0].Addr(), uint16(8080+n))
	}
	c.first = [2]uint32{random.Uint32(), pick(random, random.Uint32(), 1<<32-1, 1<<31-10, 1<<32-100)}
	if !o.Plain {
		c.format = Format{Options: random.IntN(4) == 0, Tags: pick(random, nil, nil, []uint16{0x8100}, []uint16{0x88a8, 0x8100}, []uint16{0x9100, 0x9200, 0x8100})}
	}
	c.serial = random.IntN(2) == 0
	if c.noHandshake = random.IntN(8) == 0 && !o.Spoken; c.noHandshake {
		c.mss += 300 // that its first segment has a whole start line shows what it is
	}
	if o.Spoken {
		c.converse()
	} else {
		c.talk(o)
	}
	if o.Short {
		c.mss += 300
	}
	c.mss = max(c.mss, (len(c.sent[0])+len(c.sent[1]))/1000)
	return c
}

// talk says something in HTTP, TLS or another protocol.
func (c *party) talk(o Pathologies) {
	switch c.random.IntN(12) {
	case 0:
		c.tls, c.noHandshake = true, false
		c.say(0, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
		c.say(1, "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00", string(make([]byte, 3000)))
		c.say(0, "\x17\x03\x03\x00\x20", string(make([]byte, 32)))
	case 1:
		c.noHandshake = false
		c.say(0, "SSH-2.0-y\r\n")
		if !o.Reuse { // else what is repeated may begin there
			c.say(0, string(Post(PathV2, OK)))
		}
		c.say(1, "SSH-2.0-x\r\n", string(make([]byte, c.random.IntN(2000))))
	default:
		c.converse()
	}
}

// again makes a connection use the ports of one that is over.
func (c *party) again(b *party) {
	if b.end == notEnded || c.noHandshake {
		return
	}
	c.ends = b.ends
	for _, m := range c.said {
		m.Src, m.Dst = c.ends[m.way], c.ends[1-m.way]
		if m.Kind == "unanswered" {
			m.Src, m.Dst = c.ends[1], c.ends[0]
		}
	}
	for i := range c.first { // 1 GiB further on
		c.first[i] = b.first[i] + 1<<30
	}
}

// packets are the segments of a connection, in the order in which they were sent.
func (c *party) packets(o Pathologies) (all []*frame) {
	var next [2]int // of each end, to be sent
	flags := byte(ACK)
	send := func(way, at int, data []byte, flags byte) {
		f := &frame{conn: c, way: way, at: at, data: data, ack: next[1-way], end: flags&(FIN|RST) != 0}
		p := Packet{Src: c.ends[way], Dst: c.ends[1-way], Flags: flags, Data: data, Seq: c.first[way] + 1 + uint32(at)}
		if flags&SYN != 0 {
			p.Seq--
		}
		if flags&ACK != 0 {
			p.Ack = c.first[1-way] + 1 + uint32(next[1-way])
		}
		if c.one(3) {
			p.Options = []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
		}
		f.raw = segment(&p)
		f.whole = len(f.raw)
		all = append(all, f)
		if c.one(10) { // the same again
			g := *f
			all = append(all, &g)
		}
	}
	if !c.noHandshake {
		send(0, 0, nil, SYN)
		send(1, 0, nil, SYN|ACK)
		send(0, 0, nil, ACK)
	}
	for _, t := range c.turns {
		for at := t.from; at < t.to; {
			to := min(at+c.mss, t.to)
			next[t.way] = at
			send(t.way, at, c.sent[t.way][at:to], flags|pick[byte](c.random, 0, PSH))
			next[t.way] = to
			if !o.Plain && c.one(12) {
				from := max(0, at-c.random.IntN(2*c.mss))
				if c.lossy && !o.Reuse { // where it may be the only copy, it comes before the response
					from = max(from, t.from)
				}
				send(t.way, from, c.repeated(t.way, from, min(to, from+1+c.random.IntN(3*c.mss)), o.Differ), flags)
			}
			if c.one(3) {
				send(1-t.way, next[1-t.way], nil, flags)
			}
			if c.one(30) { // a probe that the other end is alive repeats the byte before
				send(t.way, to-1, c.repeated(t.way, to-1, to, o.Differ), flags)
			}
			at = to
		}
	}
	switch c.end {
	case clientCloses, serverCloses:
		way := int(c.end - clientCloses)
		send(way, next[way], nil, flags|FIN)
		next[way]++
		send(1-way, next[1-way], nil, flags|FIN)
		next[1-way]++
		send(way, next[way], nil, flags)
	case serverResets:
		send(1, next[1], nil, flags|RST)
	}
	return all
}

// repeated is a run of bytes that was sent before, perhaps with other bytes in
// bodies of known length.
func (c *party) repeated(way, from, to int, differ bool) []byte {
	b := bytes.Clone(c.sent[way][from:to])
	for _, m := range c.said {
		if m.way != way || len(m.parts) != 1 || !differ {
			continue
		}
		for i := max(from, m.parts[0][0]); i < min(to, m.parts[0][1]); i++ {
			b[i-from] ^= 0x55
		}
	}
	return b
}

// capture takes down what connections send at the same time.
func capture(random *rand.Rand, o Pathologies, f *Format, conns []*party, datagrams int) (frames []*frame) {
	var sent [][]*frame
	for _, c := range conns {
		sent = append(sent, c.packets(o))
	}
	for len(sent) > 0 {
		i := random.IntN(len(sent))
		n := min(1+random.IntN(6), len(sent[i]))
		frames = append(frames, sent[i][:n]...)
		if sent[i] = sent[i][n:]; len(sent[i]) == 0 {
			sent = slices.Delete(sent, i, i+1)
		}
		if !o.Plain && random.IntN(20) == 0 {
			frames = append(frames, &frame{raw: f.other(random)})
		}
	}
	if !o.Spoken && random.IntN(2) == 0 { // what comes late, after the end
		for range random.IntN(4) {
			if g := *frames[random.IntN(len(frames))]; g.conn == nil || g.conn.end != notEnded {
				frames = append(frames, &g)
			}
		}
	}
	var all []*frame
	for i, g := range frames {
		all = append(all, g.fragments(random, o, f, datagrams+i)...)
	}
	if o.Reorder {
		shuffle(random, all)
	}
	if o.Lose {
		rate := random.Float64() / 10
		all = slices.DeleteFunc(all, func(*frame) bool { return random.Float64() < rate })
		for _, g := range all {
			if random.Float64() < rate/4 {
				g.cut = random.IntN(len(g.raw))
			}
		}
	}
	return all
}

// fragments puts the headers of IP and of the link layer before a segment.
func (g *frame) fragments(random *rand.Rand, o Pathologies, f *Format, datagram int) (all []*frame) {
	if g.conn == nil {
		return []*frame{g}
	}
	g.datagram = datagram
	own := *f
	own.Tags, own.Options = g.conn.format.Tags, g.conn.format.Options
	p := Packet{Src: g.conn.ends[g.way], Dst: g.conn.ends[1-g.way]}
	wrap := own.ipv4
	if p.Src.Addr().Is6() {
		wrap = own.ipv6
	}
	tcp := g.raw
	if o.Plain || len(tcp) < 64 || random.IntN(5) > 0 {
		own.NoLength = !o.Plain && len(tcp) > 100 && random.IntN(5) == 0
		g.enclose(&own, wrap(&p, tcp, uint32(datagram), 0, false, false))
		g.from, g.to = 0, len(tcp)
		return []*frame{g}
	}
	size := 8 * (1 + random.IntN(len(tcp)/8))
	size = max(size, (len(tcp)/40+7)&^7)
	for at := 0; at < len(tcp); at += size {
		part := *g
		part.from, part.to = at, min(at+size, len(tcp))
		if part.to < len(tcp) && random.IntN(4) == 0 { // overlaps the next
			part.to = min(part.to+8*random.IntN(3), (len(tcp)-1)&^7)
		}
		part.enclose(&own, wrap(&p, tcp[part.from:part.to], uint32(datagram), at, part.to < len(tcp), true))
		all = append(all, &part)
		if random.IntN(10) == 0 {
			twice := part
			all = append(all, &twice)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// enclose puts a link layer around an IP packet.
func (g *frame) enclose(f *Format, ip []byte) {
	g.raw = f.linkFrame(ip)
	if f.link() == Ethernet {
		g.padding = len(g.raw) - len(ip) - 14 - 4*len(f.Tags)
	}
}

// other is a frame that carries no TCP.
func (f *Format) other(random *rand.Rand) []byte {
	p := Packet{Src: netip.MustParseAddrPort("10.9.9.9:53"), Dst: netip.MustParseAddrPort("10.9.9.8:53"), Data: []byte("POST / HTTP/1.1\r\n\r\n")}
	ip := f.ipv4(&p, segment(&p), 1, 0, false, false)
	if f.link() == IPv6 {
		p.Src, p.Dst = netip.MustParseAddrPort("[2001:db8::9]:53"), netip.MustParseAddrPort("[2001:db8::8]:53")
		ip = f.ipv6(&p, segment(&p), 1, 0, false, false)
		ip[6] = pick[byte](random, 17, 58, 59)
		return f.linkFrame(ip)
	}
	ip[9] = pick[byte](random, 1, 17, 47)
	return f.linkFrame(ip)
}

// shuffle moves frames by a few places. The first of a connection stays the first,
// and all of one whose beginning was not captured stay in order.
func shuffle(random *rand.Rand, all []*frame) {
	order := make(map[*frame]int, len(all))
	for i, f := range all {
		order[f] = i
	}
	by := 2 + random.IntN(12)
	for i := 0; i < len(all); i += by {
		if part := all[i:min(i+by, len(all))]; random.IntN(3) == 0 {
			random.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
		}
	}
	of := make(map[*party][]*frame)
	for _, f := range all {
		of[f.conn] = append(of[f.conn], f)
	}
	sent := func(a, b *frame) int { return cmp.Compare(order[a], order[b]) }
	for c, list := range of {
		if c != nil && c.noHandshake {
			slices.SortFunc(list, sent)
		} else if c != nil {
			first := slices.Index(list, slices.MinFunc(list, sent))
			list[0], list[first] = list[first], list[0]
		}
	}
	for i, f := range all {
		all[i] = of[f.conn][0]
		of[f.conn] = of[f.conn][1:]
	}
}

// write makes the file.
func (v *Conversation) write(frames []*frame) {
	var b bytes.Buffer
	w := NewWriter(&b, v.Format)
	for i, f := range frames {
		w.format.Snap = 0
		if f.cut > 0 {
			w.format.Snap = len(f.raw) - f.cut
		}
		w.Frame(timeOf(i+1), f.raw)
	}
	w.Close()
	v.File, v.Frames = b.Bytes(), len(frames)
}

// timeOf is the time of a frame, before the file rounds it.
func timeOf(frame int) time.Time { return Start.Add(time.Duration(frame) * 1234567 * time.Nanosecond) }

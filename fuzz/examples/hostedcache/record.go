package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// recorder writes a capture (pcapng) of the connections passed to it: packets such
// as tcpdump would have, but for the timing and the size of segments. It needs no
// permissions. After a write error it writes nothing more.
type recorder struct {
	mu  sync.Mutex
	out io.Writer
	err error
}

// newRecorder begins a capture of IP packets.
func newRecorder(out io.Writer) *recorder {
	r := &recorder{out: out}
	const rawIP = 101 // LINKTYPE_RAW
	r.block(0x0A0D0D0A, le32(nil, 0x1A2B3C4D, 1, 0xFFFFFFFF, 0xFFFFFFFF))
	r.block(1, le32(nil, rawIP, 0))
	return r
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// block writes a block of pcapng.
func (r *recorder) block(kind uint32, body []byte) {
	if r.err != nil {
		return
	}
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(len(body) + 12)
	_, r.err = r.out.Write(le32(append(le32(nil, kind, n), body...), n))
}

// close ends the capture, and returns what went wrong.
func (r *recorder) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.err
	r.err = net.ErrClosed
	return err
}

// listen returns a listener whose connections are recorded.
func (r *recorder) listen(l net.Listener) net.Listener { return &recordedListener{l, r} }

type recordedListener struct {
	net.Listener
	r *recorder
}

// Accept implements net.Listener.
func (l *recordedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.r.record(c, 1), nil
}

// dial connects, as http.Transport needs it.
func (r *recorder) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return r.record(c, 0), nil
}

// recorded is a connection that is recorded.
type recorded struct {
	net.Conn
	r      *recorder
	ends   [2]netip.AddrPort // of the client and of the server
	next   [2]uint32         // sequence numbers
	local  int               // which of them is here
	closed sync.Once
}

const fin, syn, psh, ack = 1, 2, 8, 16

// record records a connection. local is which end is here: 0 the client, 1 the server.
func (r *recorder) record(c net.Conn, local int) net.Conn {
	s := &recorded{Conn: c, r: r, local: local}
	for end, a := range map[int]net.Addr{local: c.LocalAddr(), 1 - local: c.RemoteAddr()} {
		tcp, ok := a.(*net.TCPAddr)
		if !ok {
			return c
		}
		s.ends[end] = netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap(), tcp.AddrPort().Port())
	}
	s.packet(0, syn, nil)
	s.packet(1, syn|ack, nil)
	s.packet(0, ack, nil)
	return s
}

// Read implements net.Conn.
func (s *recorded) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.data(1-s.local, b[:n])
	return n, err
}

// Write implements net.Conn.
func (s *recorded) Write(b []byte) (int, error) {
	s.data(s.local, b) // before an answer to it can come
	return s.Conn.Write(b)
}

// Close implements net.Conn.
func (s *recorded) Close() error {
	s.closed.Do(func() {
		s.packet(s.local, fin|ack, nil)
		s.packet(1-s.local, fin|ack, nil)
		s.packet(s.local, ack, nil)
	})
	return s.Conn.Close()
}

func (s *recorded) data(from int, b []byte) {
	const segment = 1460
	for ; len(b) > 0; b = b[min(segment, len(b)):] {
		s.packet(from, psh|ack, b[:min(segment, len(b))])
	}
}

// packet writes one packet.
func (s *recorded) packet(from int, flags byte, data []byte) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	source, target := s.ends[from], s.ends[1-from]
	tcp := binary.BigEndian.AppendUint16(nil, source.Port())
	tcp = binary.BigEndian.AppendUint16(tcp, target.Port())
	tcp = binary.BigEndian.AppendUint32(tcp, s.next[from])
	tcp = binary.BigEndian.AppendUint32(tcp, s.next[1-from]*uint32(flags&ack/ack))
	tcp = append(tcp, 5<<4, flags, 0xFF, 0xFF, 0, 0, 0, 0)
	tcp = append(tcp, data...)
	s.next[from] += uint32(len(data))
	if flags&(syn|fin) != 0 {
		s.next[from]++
	}
	pseudo := append(append([]byte(nil), source.Addr().AsSlice()...), target.Addr().AsSlice()...)
	pseudo = append(binary.BigEndian.AppendUint32(pseudo, uint32(len(tcp))), 0, 0, 0, 6)
	binary.BigEndian.PutUint16(tcp[16:], checksum(append(pseudo, tcp...)))
	var ip []byte
	if source.Addr().Is4() {
		ip = append(binary.BigEndian.AppendUint16([]byte{4<<4 | 5, 0}, uint16(20+len(tcp))), 0, 0, 0x40, 0, 64, 6, 0, 0)
		ip = append(append(ip, source.Addr().AsSlice()...), target.Addr().AsSlice()...)
		binary.BigEndian.PutUint16(ip[10:], checksum(ip))
	} else {
		ip = append(binary.BigEndian.AppendUint16([]byte{6 << 4, 0, 0, 0}, uint16(len(tcp))), 6, 64)
		ip = append(append(ip, source.Addr().AsSlice()...), target.Addr().AsSlice()...)
	}
	ip = append(ip, tcp...)
	now := uint64(time.Now().UnixMicro())
	s.r.block(6, append(le32(nil, 0, uint32(now>>32), uint32(now), uint32(len(ip)), uint32(len(ip))), ip...))
}

// checksum is that of IP and TCP (RFC 1071).
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i, c := range b {
		sum += uint32(c) << (8 * (1 - i%2))
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return ^uint16(sum)
}

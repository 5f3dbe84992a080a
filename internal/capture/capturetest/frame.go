package capturetest

import (
	"encoding/binary"
	"net/netip"
)

// Link types that frames can be made for.
const (
	Null      = 0
	Ethernet  = 1
	Raw       = 101
	Loop      = 108
	Linux     = 113
	IPv4      = 228
	IPv6      = 229
	LinuxTwo  = 276
	rawBSD    = 12
	rawOpen   = 14
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

// frames makes the frames of a packet: one, or one for each fragment.
func (f *Format) frames(p *Packet, id uint32) [][]byte {
	tcp := segment(p)
	var all [][]byte
	for _, ip := range f.ip(p, tcp, id) {
		for _, wrap := range f.Tunnels {
			ip = wrap(ip)
		}
		packets := [][]byte{ip}
		if f.Split > 0 && ip[0]>>4 == 4 {
			packets = SplitIPv4(ip, f.Split)
		}
		for _, ip := range packets {
			if f.Frames != nil {
				all = append(all, f.Frames(ip))
			} else {
				all = append(all, f.linkFrame(ip))
			}
		}
	}
	return all
}

// userDatagram has ports, length and checksum, which IPv4 may leave out, before its payload.
func userDatagram(p *Packet) []byte {
	b := make([]byte, 8, 8+len(p.Data))
	binary.BigEndian.PutUint16(b, p.Src.Port())
	binary.BigEndian.PutUint16(b[2:], p.Dst.Port())
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(p.Data)))
	return append(b, p.Data...)
}

func segment(p *Packet) []byte {
	if p.UDP {
		return userDatagram(p)
	}
	b := make([]byte, 20, 20+len(p.Data))
	binary.BigEndian.PutUint16(b, p.Src.Port())
	binary.BigEndian.PutUint16(b[2:], p.Dst.Port())
	binary.BigEndian.PutUint32(b[4:], p.Seq)
	binary.BigEndian.PutUint32(b[8:], p.Ack)
	b[12], b[13] = byte(5+len(p.Options)/4)<<4, p.Flags
	binary.BigEndian.PutUint16(b[14:], 65535)
	b = append(append(b, p.Options...), p.Data...)
	binary.BigEndian.PutUint16(b[16:], checksum(b, pseudo(p.Src.Addr(), p.Dst.Addr(), len(b))))
	return b
}

func pseudo(src, dst netip.Addr, n int) uint32 {
	return sum(src.AsSlice()) + sum(dst.AsSlice()) + 6 + uint32(n)
}

func sum(b []byte) (s uint32) {
	for ; len(b) > 1; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

func checksum(b []byte, s uint32) uint16 {
	s += sum(b)
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}

// protocol is its number in IP.
func (p *Packet) protocol() byte {
	if p.UDP {
		return 17
	}
	return 6
}

// ip wraps a payload of TCP into one packet, or into several fragments.
func (f *Format) ip(p *Packet, tcp []byte, id uint32) [][]byte {
	wrap := f.ipv4
	if p.Src.Addr().Is6() {
		wrap = f.ipv6
	}
	if f.Fragment == 0 || len(tcp) <= f.Fragment {
		return [][]byte{wrap(p, tcp, id, 0, false, false)}
	}
	var all [][]byte
	for off := 0; off < len(tcp); off += f.Fragment {
		end := min(off+f.Fragment, len(tcp))
		all = append(all, wrap(p, tcp[off:end], id, off, end < len(tcp), true))
	}
	if f.FragmentsReversed {
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
	}
	return all
}

func (f *Format) ipv4(p *Packet, payload []byte, id uint32, off int, more, _ bool) []byte {
	b := make([]byte, 20, 64+len(payload))
	if f.Options {
		b = append(b, 0x94, 4, 0, 0, 1, 1, 1, 0) // router alert, padding
	}
	b[0] = 4<<4 | byte(len(b)/4)
	if !f.NoLength {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	}
	binary.BigEndian.PutUint16(b[4:], uint16(id))
	fragment := uint16(off / 8)
	if more {
		fragment |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], fragment)
	b[8], b[9] = 64, p.protocol()
	copy(b[12:], p.Src.Addr().AsSlice())
	copy(b[16:], p.Dst.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[10:], checksum(b, 0))
	return append(b, payload...)
}

func (f *Format) ipv6(p *Packet, payload []byte, id uint32, off int, more, fragment bool) []byte {
	b := make([]byte, 40, 96+len(payload))
	b[0], b[7] = 6<<4, 64
	copy(b[8:], p.Src.Addr().AsSlice())
	copy(b[24:], p.Dst.Addr().AsSlice())
	next := &b[6]
	extend := func(number byte, header ...byte) {
		*next = number
		b = append(b, header...)
		next = &b[len(b)-len(header)]
	}
	if f.Options {
		extend(0, 0, 0, 1, 4, 0, 0, 0, 0)                                                     // hop by hop
		extend(60, 0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)                           // destination
		extend(51, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) // authentication
	}
	if fragment {
		h := binary.BigEndian.AppendUint16([]byte{0, 0}, uint16(off))
		if more {
			h[3] |= 1
		}
		extend(44, binary.BigEndian.AppendUint32(h, id)...)
	}
	*next = p.protocol()
	if !f.NoLength {
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40+len(payload)))
	}
	return append(b, payload...)
}

// linkFrame puts the header of the link layer before an IP packet.
func (f *Format) linkFrame(ip []byte) []byte {
	ether, family := uint16(etherIPv4), uint32(2)
	if ip[0]>>4 == 6 {
		ether, family = etherIPv6, 30
	}
	var b []byte
	switch f.link() {
	case Ethernet:
		b = append(b, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)
	case Linux:
		b = append(b, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)
	case Null:
		if f.BigEndian {
			b = binary.BigEndian.AppendUint32(b, family)
		} else {
			b = binary.LittleEndian.AppendUint32(b, family)
		}
		return append(b, ip...)
	case Loop:
		return append(binary.BigEndian.AppendUint32(b, family), ip...)
	case LinuxTwo:
		b = f.etherTypes(b, ether)
		rest := []byte{0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}
		b = append(b[:2:2], append(rest, b[2:]...)...) // tags stand behind the header
		return append(b, ip...)
	default:
		return ip
	}
	b = append(f.etherTypes(b, ether), ip...)
	for f.link() == Ethernet && len(b) < 60 {
		b = append(b, 0xee) // padding up to the shortest frame, not zero so that taking it for data shows
	}
	return b
}

// etherTypes appends the VLAN tags and the EtherType.
func (f *Format) etherTypes(b []byte, ether uint16) []byte {
	for i, tag := range f.Tags {
		b = binary.BigEndian.AppendUint16(b, tag)
		b = binary.BigEndian.AppendUint16(b, uint16(100+i))
	}
	return binary.BigEndian.AppendUint16(b, ether)
}

package capture

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// TestPinnedViews: what the reader says of frames with views of them, of data without
// packets, of exported messages, and of the link type of damaged frames, all drawn from
// seeds, is what it said before.
func TestPinnedViews(t *testing.T) {
	capturetest.Pinned(t, "testdata/pinned_views.txt", 800, func(seed uint64) string {
		h, random := newHostile(seed), rand.New(rand.NewPCG(seed, 97))
		h.format = capturetest.Format{}
		h.o.Excerpt = seed%8 > 0
		var s strings.Builder
		r := NewReader(h.o, func(e *Event) error {
			s.WriteString(line(e) + "\n")
			return nil
		})
		frames := framesOf(t, &h.trace, h.format)
		switch seed % 4 {
		case 0, 1:
			for i := range frames {
				r.Frame(&frames[i], h.viewOf(random, i))
			}
		case 2:
			h.payloads(random, r)
		case 3:
			for _, p := range h.trace.Packets {
				if len(p.Data) > 0 {
					b := exportedPacket(random, &p)
					r.Frame(&pcapfile.Frame{Data: b, Wire: len(b) + random.IntN(10)/9, Link: linkExported}, nil)
				}
			}
		}
		sum, err := r.Close()
		fmt.Fprintln(&s, sum.Frames, sum.Connections, sum.Encrypted, sum.Requests, sum.Responses, sum.Contents, sum.Problems, err)
		for i := range frames {
			b := frames[i].Data[random.IntN(2)*14:]
			b[random.IntN(min(len(b), 60))] += byte(random.IntN(3) - 1)
			link, ok := GuessLink(b[:len(b)-random.IntN(2)*random.IntN(min(len(b), 70))])
			fmt.Fprintln(&s, link, ok)
		}
		return s.String()
	})
}

// viewOf makes up a view of a packet: what its end sent before, with it, a part of
// it, or more.
func (h *hostile) viewOf(random *rand.Rand, i int) *Views {
	p := &h.trace.Packets[i]
	var before, after []byte
	for k := range h.trace.Packets {
		if q := &h.trace.Packets[k]; q.Src == p.Src && k < i {
			before = append(before, q.Data...)
		} else if q.Src == p.Src && k > i {
			after = append(after, q.Data...)
		}
	}
	before, after = before[max(0, len(before)-random.IntN(600)):], after[:min(len(after), random.IntN(60))]
	part := p.Data[:random.IntN(len(p.Data)+1)]
	run := func() []byte {
		return slices.Concat(pickOne(random, [][]byte{before, p.Data}, [][]byte{before, part}, [][]byte{before}, [][]byte{p.Data}, [][]byte{part}, [][]byte{before, p.Data, after}, [][]byte{h.request(random)}, [][]byte{h.response(random)})...)
	}
	switch random.IntN(8) {
	case 0, 1, 2:
		return &Views{TCP: [][]byte{run()}}
	case 3:
		return &Views{TCP: [][]byte{run(), run()}}
	case 4:
		return &Views{HTTP: [][]byte{pickOne(random, h.request, h.response)(random)}}
	}
	return nil
}

// payloads gives what both ends say, in pieces, as data of one end or as HTTP alone.
func (h *hostile) payloads(random *rand.Rand, r *Reader) {
	for range 1 + random.IntN(6) {
		from := random.IntN(2)
		b := [...]func(*rand.Rand) []byte{h.request, h.response}[random.IntN(8)/7^from](random)
		if random.IntN(5) == 0 {
			r.HTTP(slices.Concat(b, h.response(random), h.request(random)))
			continue
		}
		for stream := uint64(random.IntN(3)); len(b) > 0; {
			n := min(len(b), 1+random.IntN(300))
			r.Payload(stream, from, b[:n:n])
			if b = b[n:]; random.IntN(6) == 0 {
				break
			}
		}
	}
}

// exportedPacket is a packet as Wireshark exports it, with a tag or two changed.
func exportedPacket(random *rand.Rand, p *capturetest.Packet) (b []byte) {
	tag := func(kind uint16, value []byte) {
		if random.IntN(20) == 0 {
			kind += uint16(random.IntN(3)) - 1
		}
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
	}
	tag(12, []byte("http"))
	src, dst := uint16(tagSrcIPv4), uint16(tagDstIPv4)
	if p.Src.Addr().Is6() {
		src, dst = tagSrcIPv6, tagDstIPv6
	}
	if random.IntN(4) > 0 {
		tag(src, p.Src.Addr().AsSlice())
		tag(dst, p.Dst.Addr().AsSlice())
	}
	tag(tagSrcPort, binary.BigEndian.AppendUint32(nil, uint32(p.Src.Port())))
	tag(tagDstPort, binary.BigEndian.AppendUint32(nil, uint32(p.Dst.Port())))
	tag(tagEnd, nil)
	if random.IntN(20) == 0 {
		b[random.IntN(len(b))]++
	}
	return append(b, p.Data...)
}

package capture

import (
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestNoteFinish: which segments finish a direction, and what takes that back.
func TestNoteFinish(t *testing.T) {
	const next, ack = 2000, 2000
	none, here := finish{}, finish{at: stamp{frame: 7}, ack: -1}
	for _, test := range []struct {
		name   string
		before finish
		s      segment
		want   finish // its ack counts from that of next, -1 for none
	}{
		{"data", none, segment{seq: next, ack: ack, flags: flagACK, data: []byte("x")}, none},
		{"FIN", none, segment{seq: next, ack: ack, flags: flagACK | flagFIN}, finish{at: stamp{frame: 9}}},
		{"FIN with data", none, segment{seq: next, ack: ack + 5, flags: flagACK | flagFIN, data: []byte("x")}, finish{at: stamp{frame: 9}, ack: 5}},
		{"FIN behind what is missing", none, segment{seq: next + 50, ack: ack, flags: flagACK | flagFIN}, finish{at: stamp{frame: 9}}},
		{"FIN without acknowledgement", none, segment{seq: next, ack: ack, flags: flagFIN}, finish{at: stamp{frame: 9}, ack: -1}},
		{"FIN again", here, segment{seq: next, ack: ack, flags: flagACK | flagFIN}, here},
		{"RST", none, segment{seq: next, ack: ack, flags: flagACK | flagRST}, finish{at: stamp{frame: 9}, reset: true}},
		{"RST alone", none, segment{seq: next, flags: flagRST}, finish{at: stamp{frame: 9}, ack: -1, reset: true}},
		{"RST elsewhere", none, segment{seq: next + 1, ack: ack, flags: flagACK | flagRST}, none},
		{"RST before", none, segment{seq: next - 1, ack: ack, flags: flagACK | flagRST}, none},
		{"more data", here, segment{seq: next, ack: ack, flags: flagACK, data: []byte("x")}, none},
		{"data again", here, segment{seq: next - 1, ack: ack, flags: flagACK, data: []byte("x")}, here},
		{"no data", here, segment{seq: next + 1, ack: ack, flags: flagACK}, here},
		{"more data, of the first frame", finish{at: stamp{frame: 1}}, segment{seq: next, ack: ack, flags: flagACK, data: []byte("x")}, none},
	} {
		r := NewReader(Options{}, nil)
		r.now.frame = 9
		c := &conn{r: r, halves: [2]halfConn{*half(false), *half(false)}}
		h, peer := &c.halves[0], &c.halves[1]
		h.finish = test.before
		c.noteFinish(0, &test.s)
		got := h.finish
		if got != test.before && got.ack >= 0 && got.at.frame > 0 {
			got.ack -= peer.offset(ack)
		}
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		top := int64(0)
		if test.s.flags&flagRST == 0 {
			top = h.offset(test.s.seq)
		}
		if h.top != top {
			t.Errorf("%s: the highest offset is %d, want %d", test.name, h.top, top)
		}
	}
	c := &conn{r: NewReader(Options{}, nil), halves: [2]halfConn{*half(false), {fin: noFin}}}
	c.noteFinish(0, &segment{seq: next, ack: ack, flags: flagACK | flagFIN})
	if got := c.halves[0].finish.ack; got != -1 {
		t.Errorf("an acknowledgement of an unknown direction counts as %d", got)
	}
}

// TestAckedTail acknowledges at the end what the capture does not have: one byte may be
// a FIN.
func TestAckedTail(t *testing.T) {
	for lost, want := range map[uint32]int{0: 0, 1: 0, 2: 1, 50: 1} {
		for client := range 2 {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.Send(capturetest.Post(v2, offer)).Reply(answer)
			if client == 0 {
				c.ClientSeq += lost
				c.FromServer(ACK, nil)
			} else {
				c.ServerSeq += lost
				c.FromClient(ACK, nil)
			}
			if got := readTrace(&trace); len(got.problems) != want {
				t.Errorf("%d bytes of end %d: problems %q", lost, client, got.problems)
			}
		}
	}
}

package capturetest

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// answer notes what of each message was captured, and when.
func (v *Conversation) answer(frames []*frame) {
	views := make(map[*party]*view)
	parts := make(map[int]*datagram)
	var starts []start
	for i, f := range frames {
		if f.conn == nil {
			continue
		}
		d := parts[f.datagram]
		if d == nil || d.done {
			d = &datagram{has: make([]bool, f.whole)}
			parts[f.datagram] = d
		}
		captured := d.add(f)
		if begun := d.begun(f); captured < 0 && begun > 0 {
			starts = append(starts, start{f, begun})
		}
		if captured < 0 {
			continue
		}
		w := views[f.conn]
		if w == nil {
			w = &view{stream: len(views)}
			for way := range w.frame {
				w.frame[way] = make([]int, len(f.conn.sent[way]))
				w.starts[way] = make([]bool, len(f.conn.sent[way]))
				w.bytes[way] = slices.Clone(f.conn.sent[way])
			}
			views[f.conn] = w
			if f.conn.tls {
				v.Encrypted++
			}
		}
		w.take(f, captured, i+1)
	}
	for _, s := range starts {
		if w := views[s.conn]; w != nil {
			for i := range s.has {
				w.starts[s.way][s.at+i] = true
			}
		}
	}
	v.Connections = len(views)
	for c, w := range views {
		for _, m := range c.said {
			w.judge(m)
			m.Time = v.Format.kept(m.Frame)
			if m.Path == "" || m.step {
				v.Others = append(v.Others, m)
			} else {
				v.Said = append(v.Said, m)
			}
		}
	}
	slices.SortStableFunc(v.Said, func(a, b *Said) int { return cmp.Or(a.Stream-b.Stream, a.way-b.way) })
}

// datagram is one of which frames carry fragments.
type datagram struct {
	has  []bool
	done bool
}

// add takes a fragment. It returns how many bytes of data are there once nothing
// is missing, and -1 before.
func (d *datagram) add(f *frame) int {
	got := max(f.to-f.from-max(f.cut-f.padding, 0), 0)
	if f.to-f.from == f.whole { // not a fragment: what there is counts
		if header := f.whole - len(f.data); got < header {
			return -1
		}
		d.done = true
		return got - (f.whole - len(f.data))
	}
	for i := range got {
		d.has[f.from+i] = true
	}
	if slices.Contains(d.has, false) {
		return -1
	}
	d.done = true
	return len(f.data)
}

// begun returns how many bytes of data a fragment has that is the first.
func (d *datagram) begun(f *frame) int {
	header := f.whole - len(f.data)
	if f.from > 0 || f.to == f.whole {
		return 0
	}
	return max(f.to-max(f.cut-f.padding, 0)-header, 0)
}

// start is the first fragment of a datagram, and how many bytes of data it has.
type start struct {
	*frame
	has int
}

// view is what a capture has of a connection: of each byte the first copy, and in
// which frame that is.
type view struct {
	stream int
	frame  [2][]int
	starts [2][]bool // a first fragment has it
	bytes  [2][]byte
	end    [2]int // frame with the FIN or RST
	from   [2]int // what frames show of the bytes that were sent: the first
	shown  [2]int // and behind the last
	heard  [2]bool
	begun  bool // there was data or a handshake: acknowledgements before that show nothing
}

// cut is the frame of bytes that the first frame with them was cut before.
const cut = -1

func (w *view) take(f *frame, captured, number int) {
	for i := range f.data {
		switch at := f.at + i; {
		case w.frame[f.way][at] != 0:
		case i < captured:
			w.frame[f.way][at] = number
			w.bytes[f.way][at] = f.data[i]
		default:
			w.frame[f.way][at] = cut
		}
	}
	w.heard[f.way] = true
	if !w.begun {
		w.from[f.way], w.from[1-f.way] = f.at, f.ack
		w.begun = len(f.data) > 0 || f.at+f.ack == 0
	}
	if !f.end || f.conn.end != serverResets { // the number of a RST shows nothing
		w.shown[f.way] = max(w.shown[f.way], f.at+len(f.data))
	}
	w.shown[1-f.way] = max(w.shown[1-f.way], min(f.ack, len(f.conn.sent[1-f.way])))
	if f.end && w.end[f.way] == 0 {
		w.end[f.way] = number
	}
}

// judge completes what is known of a message.
func (w *view) judge(m *Said) {
	m.Stream = w.stream
	m.Shown = w.heard[m.way] && m.from >= w.from[m.way] && w.shown[m.way] > m.from+1 // one byte may be a FIN that was not captured
	if m.Kind == "unanswered" {
		return
	}
	starts := 0
	for i, number := range w.frame[m.way][m.from:m.to] {
		m.Frame = max(m.Frame, number)
		switch {
		case m.trailer > 0 && m.from+i >= m.trailer: // not needed
		case number == 0:
			m.Lost++
			if w.starts[m.way][m.from+i] {
				starts++
			}
		case number == cut:
			m.Cut++
		}
	}
	if n := m.Lost; m.way == 0 && (n == 1 || n == 2) && w.frame[0][m.from+n-1] == 0 && w.frame[0][m.from] == 0 {
		m.Headless = true
	}
	m.Begun = starts > 0 && starts == m.Lost
	if m.untilEnd { // its end shows when everything before is there
		m.Frame = max(w.end[m.way], slices.Max(w.frame[0]), slices.Max(w.frame[1]))
	}
	m.Body = w.body(m)
	if m.Request != nil {
		if b := w.body(m.Request); len(b) >= 4 {
			m.Type = uint16(b[2])<<8 | uint16(b[3])
		}
	}
}

func (w *view) body(m *Said) (b []byte) {
	for _, p := range m.parts {
		b = append(b, w.bytes[m.way][p[0]:p[1]]...)
	}
	return b
}

// kept is the time of a frame as the file has it.
func (f *Format) kept(frame int) time.Time {
	at := timeOf(frame).UTC()
	switch {
	case frame == 0 || f.Pcapng && f.Simple:
		return time.Time{}
	case !f.Pcapng && f.Nano:
		return at
	case !f.Pcapng || f.Resolution == 0:
		return at.Truncate(time.Microsecond)
	}
	second := uint64(1)
	if f.Resolution&0x80 != 0 {
		second <<= f.Resolution & 0x7f
	}
	for range f.Resolution & 0x7f {
		if f.Resolution&0x80 == 0 {
			second *= 10
		}
	}
	ticks := f.ticks(at) % second
	high, low := bits.Mul64(ticks, 1e9)
	ns, _ := bits.Div64(high, low, second)
	return time.Unix(at.Unix(), int64(ns)).UTC()
}

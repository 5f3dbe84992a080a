package filter

import (
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Marks are the frames of what a Filter keeps: what is found about them later is kept,
// too. A frame takes one bit of memory.
type Marks struct {
	Filter *Filter
	frames []uint64
}

// Item takes note of an item.
func (m *Marks) Item(it *conversation.Item) {
	if m.Filter.Item(it) == Drop {
		return
	}
	m.mark(it.Event.Frame)
	if x := it.Exchange; x != nil && x.Done && x.Request != nil {
		m.mark(x.Request.Frame)
	}
}

func (m *Marks) mark(frame int64) {
	for frame>>6 >= int64(len(m.frames)) {
		m.frames = append(m.frames, 0)
	}
	m.frames[frame>>6] |= 1 << (frame & 63)
}

// Keeps reports whether a finding at a place is kept.
func (m *Marks) Keeps(p *capture.Place) bool {
	if p.Frame > 0 && p.Frame>>6 < int64(len(m.frames)) && m.frames[p.Frame>>6]&(1<<(p.Frame&63)) != 0 {
		return true
	}
	f := m.Filter
	if f.Protocols != nil && p.Frame > 0 || !f.place(p) {
		return false
	}
	met := f.at(p.Frame, p.Time)
	if p.Frame == 0 {
		met |= f.want & (byFrame | bySince | byUntil)
	}
	return met == f.want
}

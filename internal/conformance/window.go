package conformance

import "slices"

// window hands out findings by frame, those of a frame in the order in which they
// were added. It holds back a thousand, as some turn out late.
type window struct {
	found func(*Finding) error
	err   error // of found
	held  []*Finding
}

const maxHeld = 1000

func (w *window) add(f Finding) {
	i := len(w.held)
	for i > 0 && w.held[i-1].Frame > f.Frame {
		i--
	}
	w.held = slices.Insert(w.held, i, &f)
	w.flush(maxHeld)
}

// flush hands out all but the last n.
func (w *window) flush(n int) {
	for len(w.held) > n {
		if w.err == nil {
			w.err = w.found(w.held[0])
		}
		w.held = slices.Delete(w.held, 0, 1)
	}
}

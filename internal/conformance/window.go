package conformance

import "container/heap"

// window hands out findings by frame, those of a frame in the order in which they
// were added. It holds back a thousand, as some turn out late.
type window struct {
	found func(*Finding) error
	err   error // of found
	held  findingHeap
	added int
}

const maxHeld = 1000

type heldFinding struct {
	Finding
	number int
}

type findingHeap []*heldFinding

func (w *window) add(f Finding) {
	w.added++
	heap.Push(&w.held, &heldFinding{f, w.added})
	w.flush(maxHeld)
}

// flush hands out all but the last n.
func (w *window) flush(n int) {
	for len(w.held) > n {
		if f := heap.Pop(&w.held).(*heldFinding); w.err == nil {
			w.err = w.found(&f.Finding)
		}
	}
}

func (h findingHeap) Len() int      { return len(h) }
func (h findingHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h findingHeap) Less(i, j int) bool {
	if h[i].Frame != h[j].Frame {
		return h[i].Frame < h[j].Frame
	}
	return h[i].number < h[j].number
}

func (h *findingHeap) Push(f any) { *h = append(*h, f.(*heldFinding)) }

func (h *findingHeap) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return f
}

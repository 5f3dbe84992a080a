package input

import (
	"slices"
	"testing"
)

// TestQueue: what is taken of a queue comes in order, up to the first undecided message;
// a full one decides those that came first.
func TestQueue(t *testing.T) {
	var q queue
	decide := func(least int) (lines []int) {
		for _, m := range q.decide(least, func(m *pending) fate {
			switch {
			case m.orphan:
				return undecided
			case m.other:
				return dropped
			}
			return taken
		}) {
			lines = append(lines, m.Line)
		}
		return lines
	}
	add := func(line, size int, orphan, other bool) {
		q.add(pending{Message: Message{Line: line, Bytes: make([]byte, size)}, orphan: orphan, other: other})
	}
	add(1, 10, false, false)
	if got := decide(2); got != nil || q.size != 10 {
		t.Errorf("%d of one, at least 2; %d bytes", got, q.size)
	}
	add(2, 10, false, true)
	add(3, 10, false, false)
	add(4, 10, true, false)
	add(5, 10, false, false)
	if got := decide(2); !slices.Equal(got, []int{1, 3}) || q.size != 20 || len(q.list) != 2 {
		t.Errorf("took %d, %d messages of %d bytes are left", got, len(q.list), q.size)
	}
	q = queue{}
	for i := range maxPending {
		add(i, 1, true, false)
	}
	if got := decide(1); got != nil {
		t.Errorf("took %d of a queue that is not full", len(got))
	}
	add(maxPending, 1, false, false)
	if got := decide(1); len(got) != maxPending/2+1 || got[0] != 0 || got[len(got)-1] != maxPending/2 || q.size != maxPending/2 {
		t.Errorf("took %d of a full queue, %d bytes are left", len(got), q.size)
	}
	q = queue{}
	add(1, maxPendingSize/2, true, false)
	add(2, maxPendingSize/2, true, false)
	if got := decide(1); got != nil {
		t.Errorf("took %d of a queue that has as many bytes as it may", len(got))
	}
	add(3, 1, true, false)
	if got := decide(1); !slices.Equal(got, []int{1, 2}) || q.size != 1 {
		t.Errorf("took %d of a queue with too many bytes, %d are left", got, q.size)
	}
}

// TestRecent: the last keys are known, and one that was put long ago is not.
func TestRecent(t *testing.T) {
	var r recent[int, string]
	for i := range 3 * maxRecent {
		r.put(i, "v")
	}
	known := func(i int) bool { v, ok := r.get(i); return ok && v == "v" }
	if !known(3*maxRecent-1) || !known(2*maxRecent) || known(0) || len(r.young)+len(r.old) > 2*maxRecent {
		t.Errorf("%d and %d keys are known", len(r.young), len(r.old))
	}
	r.put(2*maxRecent-1, "v")
	if r.remove(2*maxRecent - 1); known(2*maxRecent - 1) {
		t.Error("a removed key is known")
	}
}

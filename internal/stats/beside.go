package stats

import (
	"sync"

	"github.com/hostedcache/pchc/codec"
)

// Batches have most of the offers of a capture. They are counted by another goroutine,
// while the capture is read on: it alone has what count changes, until wait returns.

// beside is that goroutine and what it is given.
type beside struct {
	work chan *batches // nil while there is no goroutine
	free chan *batches
	open *batches // not yet given
	left sync.WaitGroup
}

// batches are some batches with their descriptors.
type batches struct {
	list  []batch
	bytes []byte // of the descriptors

	hashes []uint64 // of their segments: the counting goroutine has the most to do
}

// batch is one: whose it is, where it is, and how long its descriptors are.
type batch struct {
	offers *Offers
	at     At
	length int
}

// later has a batch counted, of whose descriptors it keeps a copy.
func (s *Stats) later(o *Offers, d codec.SegmentDescriptors, where At) {
	const most = 128 << 10 // bytes that are given at a time
	b := &s.beside
	if b.work == nil {
		b.work, b.free = make(chan *batches, 2), make(chan *batches, 4)
		for range cap(b.free) {
			b.free <- new(batches)
		}
		go func(work <-chan *batches, free chan<- *batches) {
			for w := range work {
				s.countAll(w)
				free <- w
				b.left.Done()
			}
		}(b.work, b.free)
	}
	if b.open == nil {
		b.open = <-b.free
		b.open.list, b.open.bytes, b.open.hashes = b.open.list[:0], b.open.bytes[:0], b.open.hashes[:0]
	}
	b.open.list = append(b.open.list, batch{o, where, len(d.Bytes())})
	b.open.bytes = append(b.open.bytes, d.Bytes()...)
	b.open.hashes = s.appendHashes(b.open.hashes, d)
	if len(b.open.bytes) >= most {
		b.give()
	}
}

func (b *beside) give() {
	b.left.Add(1)
	b.work <- b.open
	b.open = nil
}

// wait waits until all batches are counted.
func (s *Stats) wait() {
	if s.beside.open != nil {
		s.beside.give()
	}
	s.beside.left.Wait()
}

// stop waits, and ends the goroutine.
func (s *Stats) stop() {
	s.wait()
	if s.beside.work != nil {
		close(s.beside.work)
		s.beside.work = nil
	}
	if s.untagged > 0 {
		s.beyond["content tags"] += s.untagged
		s.untagged = 0
	}
}

func (s *Stats) countAll(w *batches) {
	bytes, hashes := w.bytes, w.hashes
	for i := range w.list {
		one := &w.list[i]
		d, _ := codec.DecodeSegmentDescriptors(bytes[:one.length]) // they were well formed
		bytes = bytes[one.length:]
		s.count(one.offers, d, hashes[:d.Len()], one.at)
		hashes = hashes[d.Len():]
	}
}

package pccrc

import (
	"context"
	"errors"
	"hash"
	"io"
	"runtime"
	"strconv"
	"sync"
)

// A ContentError says where in a content reading it failed.
type ContentError struct {
	Offset uint64 // from the first byte of the content
	Err    error
}

// Error returns, for instance, "pchc: content at offset 65536: unexpected EOF".
func (e *ContentError) Error() string {
	return "pchc: content at offset " + strconv.FormatUint(e.Offset, 10) + ": " + e.Err.Error()
}

// Unwrap returns what went wrong.
func (e *ContentError) Unwrap() error { return e.Err }

// pieceLen is the number of bytes that a worker hashes at a time: two blocks of
// version 1.0, or two segments of version 2.0 of the largest size.
const pieceLen = 2 * MaxSegmentSizeV2

// pieceParts is the most parts of a piece, so that small segments do not need more
// memory than large ones.
const pieceParts = 4096

// A piece is consecutive parts of a content, blocks or segments, that one worker
// hashes.
type piece struct {
	start  uint64      // of its first byte in the content
	sizes  []int       // of its parts
	bytes  []byte      // of all of them; missing are read by the worker
	from   io.ReaderAt // for bytes
	offset int64       // of the bytes in from
	sums   []byte      // the hashes of its parts, one after the other
	units  []unit      // what the parts are, in a comparison, and what is absent between them
	err    error
	done   chan struct{}
	own    []byte // what room returns
}

// room returns pieceLen bytes to read into. A content in memory needs none.
func (p *piece) room() []byte {
	if p.own == nil {
		p.own = make([]byte, pieceLen)
	}
	return p.own
}

// A pipeline reads pieces of a content one after the other, hashes them on all
// cores, and hands them on in order.
type pipeline struct {
	algorithm HashAlgorithm
	workers   int // 0: as many as there are cores
	// next fills the sizes of the next piece, and its bytes unless from is set. No
	// sizes mean that there is none. It is called by one goroutine.
	next func(p *piece) error
	// take takes a piece that was hashed.
	take func(p *piece) error
}

// errStopped ends a pipeline early, without an error.
var errStopped = errors.New("enough")

// run returns the first error in the order of the content. It returns when all
// that it started has ended.
func (l *pipeline) run(ctx context.Context) error {
	workers := l.workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pieces := workers + 2 // one being read, one being taken
	free, work, order := make(chan *piece, pieces), make(chan *piece, pieces), make(chan *piece, pieces)
	for range pieces {
		free <- &piece{done: make(chan struct{}, 1)}
	}
	var running sync.WaitGroup
	running.Go(func() {
		defer close(work)
		defer close(order)
		for ctx.Err() == nil {
			var p *piece
			select {
			case p = <-free:
			case <-ctx.Done():
				return
			}
			p.sizes, p.sums, p.units, p.bytes, p.from, p.err = p.sizes[:0], p.sums[:0], p.units[:0], nil, nil, nil
			p.err = l.next(p)
			if p.err != nil { // it has its turn after the pieces before
				p.done <- struct{}{}
				order <- p
				return
			}
			if len(p.sizes)+len(p.units) == 0 {
				return
			}
			order <- p
			work <- p
		}
	})
	for range workers {
		running.Go(func() {
			h := l.algorithm.New()
			for p := range work {
				if ctx.Err() == nil {
					p.hash(h, l.algorithm.Size())
				}
				p.done <- struct{}{}
			}
		})
	}
	var failed error
	for p := range order {
		<-p.done
		if failed == nil {
			failed = context.Cause(ctx)
		}
		if failed == nil {
			failed = p.err
		}
		if failed == nil {
			failed = l.take(p)
		}
		if failed != nil {
			cancel(failed)
		}
		free <- p
	}
	running.Wait()
	if failed == nil {
		failed = context.Cause(ctx)
	}
	if failed == errStopped {
		return nil
	}
	return failed
}

// hash hashes the parts of p, reading them where they are not read yet.
func (p *piece) hash(h hash.Hash, size int) {
	if p.from != nil {
		total := 0
		for _, n := range p.sizes {
			total += n
		}
		p.bytes = p.room()[:total]
		if n, err := p.from.ReadAt(p.bytes, p.offset); n < total {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			p.err = &ContentError{p.start + uint64(n), err}
			return
		}
	}
	at := 0
	for _, n := range p.sizes {
		h.Reset()
		h.Write(p.bytes[at : at+n])
		end := len(p.sums) + size
		p.sums = h.Sum(p.sums)[:end] // truncated SHA-512 keeps half of it
		at += n
	}
}

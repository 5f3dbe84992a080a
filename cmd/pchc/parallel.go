package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/spf13/cobra"
)

// together reports whether the named captures can be read at the same time: several
// files, none of which grows or can be read only once.
func (a *app) together(names []string) bool {
	for _, name := range names {
		if info, err := os.Stat(name); name == standard || err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return false
		}
	}
	return len(names) > 1 && !a.follow && a.pager == nil && runtime.GOMAXPROCS(0) > 1
}

// inParallel reads captures, as many at a time as there are processors, with a run of its
// own for each: read gets the app and the output of that. What they write comes in the
// order of names, as if one were read after the other. done is called in this order when a
// capture has been read, before its successor may have what earlier tells it to wait for.
func (a *app) inParallel(cmd *cobra.Command, names []string, out *output, read func(n int, own *app, out *output, earlier func()) error, done func(n int)) error {
	type result struct {
		app *app
		err error
	}
	parts := make([]*part, len(names))
	results := make([]chan result, len(names))
	turns := make([]chan struct{}, len(names))
	var stopped sync.WaitGroup
	stop := make(chan struct{})
	fresh := *a
	fresh.status, fresh.parallel = statusFine, true
	free := make(chan struct{}, min(runtime.GOMAXPROCS(0), len(names)))
	for n := range names {
		parts[n], results[n], turns[n] = newPart(out, a.stderr, stop), make(chan result, 1), make(chan struct{})
	}
	stopped.Go(func() {
		for n := range names {
			select {
			case free <- struct{}{}:
			case <-stop:
				return
			}
			stopped.Go(func() {
				own := fresh
				own.stdout, own.stderr = parts[n], &parts[n].notes
				to := own.output("")
				err := to.close(read(n, &own, to, func() {
					select {
					case <-turns[n]:
					case <-stop:
					}
				}))
				<-free
				results[n] <- result{&own, err}
			})
		}
	})
	err := func() error {
		for n := range names {
			close(turns[n])
			if err := parts[n].begin(); err != nil {
				return err
			}
			r := <-results[n]
			done(n)
			if err := parts[n].end(); err != nil {
				return err
			}
			a.status = max(a.status, r.app.status)
			var u unread
			switch {
			case errors.As(r.err, &u):
				a.status = max(a.status, a.complain(cmd, r.err))
			case r.err != nil:
				return r.err
			}
		}
		return nil
	}()
	close(stop)
	stopped.Wait()
	for _, p := range parts {
		p.drop()
	}
	return err
}

// part is what the run of one capture writes. Until its turn comes it is held, what is more
// than fits in memory in a temporary file.
type part struct {
	out    *output
	stderr io.Writer
	stop   <-chan struct{}

	mu    sync.Mutex
	live  bool
	held  []byte
	file  *os.File
	notes notes
}

// mostHeld is how many bytes of one part are held in memory.
const mostHeld = 1 << 20

func newPart(out *output, stderr io.Writer, stop <-chan struct{}) *part {
	p := &part{out: out, stderr: stderr, stop: stop}
	p.notes.part = p
	return p
}

// Write writes, or holds b.
func (p *part) Write(b []byte) (int, error) {
	select {
	case <-p.stop:
		return 0, errQuiet
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.live:
		return p.out.Write(b)
	case p.file == nil && len(p.held)+len(b) <= mostHeld:
		p.held = append(p.held, b...)
		return len(b), nil
	case p.file == nil:
		var err error
		if p.file, err = os.CreateTemp("", "pchc-*.rows"); err != nil {
			return 0, err
		}
		if _, err := p.file.Write(p.held); err != nil {
			return 0, err
		}
		p.held = nil
	}
	return p.file.Write(b)
}

// begin writes what is held; all else is written at once.
func (p *part) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live = true
	if p.file != nil {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return failed(err)
		}
		if _, err := io.Copy(p.out, p.file); err != nil {
			return failed(err)
		}
	}
	if _, err := p.out.Write(p.held); err != nil {
		return err
	}
	p.held = nil
	return nil
}

// end writes the notes, which come behind the rows.
func (p *part) end() error {
	if err := p.out.flush(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.stderr.Write(p.notes.Bytes())
	return err
}

// drop removes the temporary file.
func (p *part) drop() {
	if p.file != nil {
		_, _ = p.file.Close(), os.Remove(p.file.Name())
	}
}

// notes are those of a part: few.
type notes struct {
	part *part
	bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.part.mu.Lock()
	defer n.part.mu.Unlock()
	return n.Buffer.Write(b)
}

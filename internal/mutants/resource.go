package main

import (
	"bytes"
	"hash/crc32"
	"os"
	"runtime"
)

// resourceFaults are of decoders that answer rightly, but use more than they should.
var resourceFaults = []fault{
	{name: "leak-message", what: "4 KiB are kept of each message", uses: "leak memory"},
	{name: "leak-refused", what: "4 KiB are kept of each message that is refused", uses: "leak memory"},
	{name: "leak-batch", what: "4 KiB are kept of each BATCHED_OFFER_MESSAGE, beside the heap", uses: "leak memory"},
	{name: "leak-sha384", what: "16 KiB are kept of each Content Information with SHA-384", uses: "leak memory"},
	{name: "leak-file", what: "a file stays open of each message", uses: "leak files"},
	{name: "leak-thread", what: "a thread stays of each message that is refused", uses: "leak threads"},
	{name: "quadratic-descriptors", what: "each descriptor is compared with all others, before they are counted", uses: "complexity time"},
	{name: "quadratic-hash", what: "Hash is copied once for each of its bytes", uses: "complexity time"},
	{name: "ages", what: "a list of all requests is searched for each", uses: "aging time"},
	{name: "spins", what: "a thread waits without sleeping", uses: "idle time"},
	{name: "status-at-end", what: "the exit status is 1 at the end of the input", uses: "crash"},

	{name: "buffer-grows", what: "nothing: a buffer as large as the largest message is kept", uses: "nothing"},
	{name: "saw-tooth", what: "nothing: up to 8 MiB are kept, and then forgotten", uses: "nothing"},
	{name: "thousand-kept", what: "nothing: the last thousand messages are kept", uses: "nothing"},
}

// waste is what a decoder or a hosted cache has kept.
type waste struct {
	kept     [][]byte
	files    []*os.File
	buffer   []byte
	arena    []byte
	requests [][]byte
	spinning bool
	sum      int
}

// keep uses resources because of a message of which everything is known.
func (d *decoder) keep(kind string, b []byte, bad violation) {
	w := &d.waste
	refused := bad.rule != ""
	if d.has("leak-message") || d.has("leak-refused") && refused {
		w.memory(4 << 10)
	}
	if d.has("leak-batch") && d.name == "BATCHED_OFFER_MESSAGE" && !refused {
		w.outside(4 << 10)
	}
	if d.has("leak-sha384") && d.name == "CONTENT_INFORMATION_V1" && !refused && d.v1.algorithm == 0x800D {
		w.memory(16 << 10)
	}
	if d.has("leak-file") {
		w.file()
	}
	if d.has("leak-thread") && refused {
		thread()
	}
	if d.has("quadratic-descriptors") && kind == "request" && len(b) > 16 && b[3] == 3 {
		w.compare(b[16:])
	}
	if d.has("quadratic-hash") && kind == "request" && len(b) > 3 && b[3] == 1 {
		var hash []byte
		for i := 16; i < len(b); i++ {
			hash = append(append(make([]byte, 0, i), hash...), b[i])
		}
		w.sum += len(hash)
	}
	if d.has("ages") && kind == "request" {
		for _, other := range w.requests {
			if crc32.ChecksumIEEE(other) == crc32.ChecksumIEEE(b[:min(16, len(b))]) {
				w.sum++
			}
		}
		w.requests = append(w.requests, bytes.Clone(b[:min(16, len(b))]))
	}
	if d.has("spins") && !w.spinning {
		w.spinning = true
		go func() {
			for {
				runtime.Gosched()
			}
		}()
	}
	if d.has("buffer-grows") {
		w.buffer = append(w.buffer[:0], b...)
	}
	if d.has("saw-tooth") {
		w.memory(4 << 10)
		if len(w.kept) > 2<<10 {
			w.kept = nil
		}
	}
	if d.has("thousand-kept") {
		w.memory(1 << 10)
		if len(w.kept) > 1000 {
			w.kept = w.kept[1:]
		}
	}
}

// resourceCaches are faults of hosted caches that use more than they should.
var resourceCaches = []fault{
	{name: "leak-connection", what: "a file stays open of each connection", uses: "leak files", path: pathV2, started: true},
	{name: "leak-dropped", what: "4 KiB are kept of each message that is dropped", uses: "leak memory", path: pathV2, started: true},
	{name: "leak-waiter", what: "a goroutine with 16 KiB waits for ever after each offer", uses: "leak memory", path: pathV1, started: true},
	{name: "cache-quadratic", what: "each descriptor is compared with all others", uses: "complexity time", path: pathV2, started: true},
}

// keep uses resources because of a message. The cache is locked.
func (c *cache) keep(d *decoder, body []byte, bad violation) {
	switch {
	case c.has("leak-dropped") && bad.rule != "":
		c.waste.memory(4 << 10)
	case c.has("leak-waiter") && d.name == "INITIAL_OFFER_MESSAGE":
		go func() {
			var own waste
			own.memory(16 << 10)
			<-make(chan bool) // of which nobody else knows
			runtime.KeepAlive(own.kept)
		}()
	case c.has("cache-quadratic") && len(body) > 16 && body[3] == 3:
		c.waste.compare(body[16:])
	}
}

// memory keeps n bytes, written to.
func (w *waste) memory(n int) {
	b := make([]byte, n)
	for i := 0; i < n; i += 512 {
		b[i] = 1
	}
	w.kept = append(w.kept, b)
}

func (w *waste) file() {
	if f, err := os.Open(os.DevNull); err == nil {
		w.files = append(w.files, f)
	}
}

// compare counts the descriptors that are there twice, by a checksum that it computes for
// each pair.
func (w *waste) compare(b []byte) {
	const size = 59
	for i := 0; i+size <= len(b); i += size {
		for j := 0; j < i; j += size {
			for range 8 { // a heavier one shows beside what a server in Go does
				if crc32.ChecksumIEEE(b[i:i+size]) == crc32.ChecksumIEEE(b[j:j+size]) {
					w.sum++
				}
			}
		}
	}
}

// thread starts a thread that never ends.
func thread() {
	started := make(chan bool)
	go func() {
		runtime.LockOSThread()
		started <- true
		select {}
	}()
	<-started
}

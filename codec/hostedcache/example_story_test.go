package hostedcache_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/pccrc"
)

// A client offers a content to a hosted cache, which fetches it; another client retrieves
// it.
func ExampleServer() {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		return l
	}

	fetched := make(chan hostedcache.Fetch)
	cache := &hostedcache.Cache{Fetched: func(f hostedcache.Fetch) { fetched <- f }}
	server := hostedcache.Server{Cache: cache}
	l := listen()
	running.Go(func() { _ = server.Serve(ctx, l, nil) }) // without HTTPS: version 2.0 only

	// The first client has the content, and its Content Information from the server.
	content := bytes.Repeat([]byte("What every client needs. "), 4000)
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("of the content server"))}
	info, err := maker.V2(ctx, bytes.NewReader(content))
	if err != nil {
		fmt.Println(err)
		return
	}
	var peer client.Peer
	peer.Add(info, bytes.NewReader(content))
	blocks := listen()
	running.Go(func() { _ = hostedcache.Serve(ctx, blocks, &peer) })
	first := client.Client{HTTP: "http://" + l.Addr().String(), Port: uint16(blocks.Addr().(*net.TCPAddr).Port), Tag: codec.TagBITS}
	if err := first.Offer(ctx, info); err != nil {
		fmt.Println(err)
		return
	}
	for range info.Len() {
		f := <-fetched
		fmt.Println(f.Fetched, "block fetched,", f.Missing, "missing,", f.Err)
	}

	// The second one has only the Content Information.
	second := client.Client{HTTP: first.HTTP}
	got := &buffer{}
	r, err := second.Retrieve(ctx, info, got)
	fmt.Println(r.Bytes, "bytes,", len(r.Missing), "missing,", bytes.Equal(got.b, content), err)
	// Output:
	// 1 block fetched, 0 missing, <nil>
	// 1 block fetched, 0 missing, <nil>
	// 100000 bytes, 0 missing, true <nil>
}

// buffer is an io.WriterAt. An os.File is one, too.
type buffer struct{ b []byte }

func (b *buffer) WriteAt(p []byte, at int64) (int, error) {
	b.b = append(b.b, make([]byte, max(0, int(at)+len(p)-len(b.b)))...)
	return copy(b.b[at:], p), nil
}

var _ io.WriterAt = (*buffer)(nil)

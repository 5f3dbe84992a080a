package client_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/pccrc"
)

// A client retrieves a content from another one, which serves its blocks as a hosted cache
// does. How both offer and fetch is in the example of hostedcache.Server.
func Example() {
	content := bytes.Repeat([]byte("What every client needs. "), 4000)
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("of the content server"))}
	info, err := maker.V2(context.Background(), bytes.NewReader(content))
	if err != nil {
		fmt.Println(err)
		return
	}
	var peer client.Peer
	peer.Add(info, bytes.NewReader(content))
	server := httptest.NewServer(&peer)
	defer server.Close()

	c := client.Client{HTTP: server.URL}
	got := make(buffer, len(content))
	r, err := c.Retrieve(context.Background(), info, got)
	fmt.Println(r.Bytes, "bytes,", len(r.Missing), "missing,", bytes.Equal(got, content), err)
	// Output: 100000 bytes, 0 missing, true <nil>
}

// buffer is an io.WriterAt. An os.File is one, too.
type buffer []byte

func (b buffer) WriteAt(p []byte, at int64) (int, error) { return copy(b[at:], p), nil }

package exchange_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/pccrr"
)

// two is a source with blocks 0 and 7 of every segment.
type two struct{}

func (two) Find([]byte) (pccrr.BlockSet, time.Time) {
	return pccrr.NewRanges(pccrr.Range{Index: 0, Count: 1}, pccrr.Range{Index: 7, Count: 1}).BlockSet(), time.Now()
}

func (two) Block(id []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
	m := pccrr.NewMsgBlk(id, index)
	m.Block = []byte("a block")
	return m
}

// A client asks a server for a block.
func Example() {
	var server exchange.Server
	const busy = 64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.Serve(w, r, busy, two{}) }))
	defer s.Close()
	transport := exchange.NewTransport()
	defer transport.CloseIdleConnections()
	a := exchange.Asker{Transport: transport, Timeout: exchange.RequestTimeout}
	for _, index := range []uint32{0, 1} {
		m, err := a.GetBlock(context.Background(), s.URL+pccrr.Path, make([]byte, 32), index)
		fmt.Printf("%q, the next one is %d, %v\n", m.Block, m.NextBlockIndex, err)
	}
	// Output:
	// "a block", the next one is 7, <nil>
	// "", the next one is 7, pchc: MSG_BLK has no block: the server does not have it, or is busy (MS-PCCRR 2.2.5.3)
}

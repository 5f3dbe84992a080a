package http_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/spec"
)

// A hosted cache that answers OK to whatever comes.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte{0, 0, 0, 1, 0})
	}))
	defer server.Close()
	cache, err := httptarget.New(server.URL+spec.PathV2, httptarget.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	session, err := cache.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	offer := generate.Simplest("BATCHED_OFFER_MESSAGE")
	cases := []target.Case{
		target.NewCase(offer),
		target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: offer.Bytes[:16]}), // an empty batch
	}
	_, err = session.Try(ctx, cases, func(i int, d *fuzz.Difference) { fmt.Println(i, d.Fault, d.Rule, d.Requirement) })
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1 answered PCHC-2.2.1.5-MinDescriptors PCHC-3.1.5.4-Drop
}

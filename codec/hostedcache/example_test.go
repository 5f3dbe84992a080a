package hostedcache_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
)

// A client offers a segment that the hosted cache does not know.
func ExampleCache() {
	server := httptest.NewServer(&hostedcache.Cache{})
	defer server.Close()
	offer := codec.NewInitialOfferMessage(51234, make([]byte, 32))
	message, err := offer.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := http.Post(server.URL+codec.PathV1, "application/octet-stream", bytes.NewReader(message))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	code, err := codec.DecodeResponseMessage(body, codec.TypeInitialOffer)
	fmt.Println(code, err)
	// Output: INTERESTED <nil>
}

package hostedcache

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/pccrr"
)

// What is malformed is dropped, what is too long too, by the cache and by a peer.
func TestDropsRequests(t *testing.T) {
	get, err := pccrr.NewMsgGetBlks(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, v byte) []byte {
		b := bytes.Clone(get)
		b[at] = v
		return b
	}
	blk, err := pccrr.NewMsgBlk(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	long := make([]byte, pccrr.MaxRequestSize)
	copy(long, get)
	binary.BigEndian.PutUint32(long[8:], uint32(len(long)))
	binary.BigEndian.PutUint32(long[64:], uint32(len(long)-len(get))) // SizeOfDataForVrfBlock
	for name, h := range map[string]http.Handler{"cache": &Cache{}, "peer": &client.Peer{}} {
		for _, c := range []struct {
			method, path string
			body         []byte
			want         int
		}{
			{"POST", pccrr.Path, get, 200},
			{"POST", strings.ToLower(pccrr.Path), get, 200},
			{"POST", strings.TrimSuffix(pccrr.Path, "/"), get, 200},
			{"POST", pccrr.Path + "deeper", get, 200},
			{"GET", pccrr.Path, nil, 405},
			{"PUT", pccrr.Path, get, 405},
			{"POST", "/", get, 404},
			{"POST", pccrr.Path, nil, 400},
			{"POST", pccrr.Path, get[:len(get)-1], 400},
			{"POST", pccrr.Path, append(bytes.Clone(get), 0), 400},
			{"POST", pccrr.Path, with(7, 8), 400},                     // MsgType
			{"POST", pccrr.Path, with(7, 5), 400},                     // of an answer
			{"POST", pccrr.Path, with(7, 6), 400},                     // of another request
			{"POST", pccrr.Path, with(7, 0), 400},                     // and MSG_NEGO_REQ has 8 bytes
			{"POST", pccrr.Path, with(15, 4), 400},                    // CryptoAlgoId
			{"POST", pccrr.Path, with(55, 2), 400},                    // ReqBlockRangeCount
			{"POST", pccrr.Path, with(19, 250), 400},                  // SizeOfSegmentID
			{"POST", pccrr.Path, with(3, 9), 200},                     // version
			{"POST", pccrr.Path, blk, 400},                            // an answer
			{"POST", pccrr.Path, long, 200},                           // as long as it may be
			{"POST", pccrr.Path, append(bytes.Clone(long), 0), 413},   // and longer
			{"POST", pccrr.Path, bytes.Repeat([]byte{0}, 1<<20), 413}, //
			{"POST", "/C574AC30-5794-4AEE-B1BB-6651C5315029", get, map[string]int{"cache": 400, "peer": 404}[name]},
		} {
			for _, body := range []io.Reader{bytes.NewReader(c.body), io.MultiReader(bytes.NewReader(c.body))} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, body))
				if w.Code != c.want || w.Body.Len() > 0 != (c.want == 200) || (w.Header().Get("Content-Type") == "application/octet-stream") != (c.want == 200) {
					t.Errorf("%s: %s %s with %d bytes: %d, and %d bytes; want %d", name, c.method, c.path, len(c.body), w.Code, w.Body.Len(), c.want)
				}
			}
		}
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// storyFile is a capture of all that passes in this story, of use to other tests. UPDATE=1
// records it anew.
const storyFile = "../../../cmd/pchc/testdata/retrieval/story.pcapng"

// The hosts of the story.
const (
	alice   = "127.0.0.11" // has the content first, and offers it
	bob     = "127.0.0.12" // retrieves it from the hosted cache
	branch  = "127.0.0.8"  // the hosted cache
	content = "127.0.0.9"  // the content server
)

// passed is what of the story is in a capture.
type passed struct {
	Messages                    map[string]int
	PeerDist                    int // Content Information with Content-Encoding: peerdist
	Plain                       int // bytes of contents from the content server
	Encrypted                   int // connections with TLS
	Verified, Empty, Unverified int // MSG_BLK
}

// TestStory: a content is offered by version 2.0, another one by 1.0. Alice asks the hosted
// cache, which has nothing, then the content server, and offers; the hosted cache fetches;
// Bob retrieves all from the hosted cache.
func TestStory(t *testing.T) {
	want := passed{
		Messages: map[string]int{
			"BATCHED_OFFER_MESSAGE": 1, "RESPONSE_MESSAGE": 1,
			"MSG_NEGO_REQ": 1, "MSG_NEGO_RESP": 1, "MSG_GETBLKLIST": 1, "MSG_BLKLIST": 1, "MSG_GETSEGLIST": 2, "MSG_SEGLIST": 2,
			"MSG_GETBLKS": 3 + 3 + 2 + 2 + 2, "MSG_BLK": 3 + 3 + 2 + 2 + 2,
		},
		PeerDist: 4, Plain: 13_893 + 66_894, Encrypted: 1, Verified: 10, Empty: 2,
	}
	for _, host := range []string{alice, bob, branch, content} {
		if l, err := net.Listen("tcp", host+":0"); err != nil {
			t.Logf("the story is only read, not told: this machine has no address %s: %v", host, err)
			break
		} else if _ = l.Close(); host == content {
			var told bytes.Buffer
			tell(t, &told)
			if diff := cmp.Diff(want, overhear(t, told.Bytes())); diff != "" {
				t.Fatalf("what passed (- wanted, + seen):\n%s", diff)
			}
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(storyFile, told.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	stored, err := os.ReadFile(storyFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, overhear(t, stored)); diff != "" {
		t.Errorf("%s (- wanted, + seen):\n%s", storyFile, diff)
	}
}

// numbers is the output of seq.
func numbers(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.Bytes()
}

// contentServer serves contents to clients with BranchCache and without (MS-PCCRTP 3.2).
type contentServer struct {
	contents map[string][]byte
	maker    pccrc.Maker
}

func (s *contentServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := s.contents[r.URL.Path]
	w.Header().Set("ETag", `"1"`)
	if r.Header.Get("Accept-Encoding") != "peerdist" {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
		return
	}
	var info pccrc.ContentInformation
	var err error
	if strings.Contains(r.Header.Get("X-P2P-PeerDistEx"), "MaxContentInformation=2.0") {
		info, err = s.maker.V2(r.Context(), bytes.NewReader(b))
	} else {
		info, err = s.maker.V1(r.Context(), pccrc.SHA256, bytes.NewReader(b))
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Encoding", "peerdist")
	w.Header().Set("X-P2P-PeerDist", fmt.Sprintf("Version=1.1, ContentLength=%d", len(b)))
	_, _ = info.WriteTo(w)
}

// tell plays the story, and records it at the listeners of all who serve.
func tell(t *testing.T, file io.Writer) {
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	r := newRecorder(file)
	listen := func(host string) (net.Listener, string) {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		return r.listen(l), l.Addr().String()
	}
	do := func(f func() error) {
		running.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	// transport connects from the address of a host.
	transport := func(host string) *http.Transport {
		tr := hostedcache.NewTransport()
		tr.DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}).DialContext
		tr.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		t.Cleanup(tr.CloseIdleConnections)
		return tr
	}

	l, origin := listen(content)
	server := &contentServer{map[string][]byte{"/new.txt": numbers(3000), "/old.txt": numbers(13_000)},
		pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("of the content server")), SegmentSize: 5000}}
	do(func() error { return hostedcache.Serve(ctx, l, server) })

	certificate, key := selfSigned(t)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	fetched := make(chan hostedcache.Fetch, 99)
	cache := hostedcache.Server{TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
		Cache: &hostedcache.Cache{Transport: transport(branch), Timeout: time.Minute, Fetched: func(f hostedcache.Fetch) { fetched <- f }}}
	plain, http1 := listen(branch)
	secure, https := listen(branch)
	do(func() error { return cache.Serve(ctx, plain, secure) })

	var peer client.Peer
	blocks, at := listen(alice)
	do(func() error { return hostedcache.Serve(ctx, blocks, &peer) })

	for _, c := range []struct {
		path, max string
		decode    func(b []byte) (pccrc.ContentInformation, error)
	}{
		{"/new.txt", "2.0", func(b []byte) (pccrc.ContentInformation, error) { return pccrc.DecodeV2(b) }},
		{"/old.txt", "1.0", func(b []byte) (pccrc.ContentInformation, error) { return pccrc.DecodeV1(b) }},
	} {
		want := server.contents[c.path]
		for _, host := range []string{alice, bob} {
			tr := transport(host)
			a := client.Client{HTTP: "http://" + http1, HTTPS: "https://" + https, Port: netip.MustParseAddrPort(at).Port(),
				Tag: codec.TagWinINet, Transport: tr, Timeout: time.Minute}
			info, err := c.decode(get(t, tr, "http://"+origin+c.path, "Accept-Encoding", "peerdist", "X-P2P-PeerDist", "Version=1.1",
				"X-P2P-PeerDistEx", "MinContentInformation=1.0, MaxContentInformation="+c.max))
			if err != nil {
				t.Fatal(err)
			}
			var got buffer
			result, err := a.Retrieve(ctx, info, &got)
			if err != nil {
				t.Fatal(err)
			}
			if host == bob {
				if !bytes.Equal(got, want) || len(result.Missing) > 0 {
					t.Fatalf("Bob has %d bytes: %+v", len(got), result)
				}
				continue
			}
			if len(result.Missing) != 1 {
				t.Fatalf("Alice misses %v", result.Missing)
			}
			m := result.Missing[0]
			b := get(t, tr, "http://"+origin+c.path, "X-P2P-PeerDist", "Version=1.1, MissingDataRequest=true",
				"Range", fmt.Sprintf("bytes=%d-%d", m.Start, m.Start+m.Length-1))
			peer.Add(info, bytes.NewReader(b))
			if err := a.Offer(ctx, info); err != nil {
				t.Fatal(err)
			}
			for range info.Len() {
				if f := <-fetched; f.Err != nil || f.Missing > 0 {
					t.Fatalf("%+v", f)
				}
			}
			if c.max == "1.0" { // what Windows does not do, or not for few blocks
				for _, m := range []pccrr.Body{
					pccrr.MsgNegoReq{ProtVer: pccrr.Version1, VersionRange: pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}},
					pccrr.NewMsgGetBlkList(info.AppendHoHoDk(nil, 0), pccrr.NewRanges(pccrr.Range{Count: 512})),
				} {
					b, err := m.MarshalBinary()
					if err != nil {
						t.Fatal(err)
					}
					request, err := http.NewRequest(http.MethodPost, "http://"+http1+pccrr.Path, bytes.NewReader(b))
					if err != nil {
						t.Fatal(err)
					}
					exchange(t, tr, request)
				}
			}
		}
	}
	// Who waits for another request closes first, so that nothing is cut off.
	stop()
	running.Wait()
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, tr http.RoundTripper, url string, header ...string) []byte {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return exchange(t, tr, r)
}

func exchange(t *testing.T, tr http.RoundTripper, r *http.Request) []byte {
	t.Helper()
	response, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s: status %d, %v", r.URL, response.StatusCode, err)
	}
	return b
}

type buffer []byte

func (b *buffer) WriteAt(p []byte, at int64) (int, error) {
	*b = append(*b, make([]byte, max(0, int(at)+len(p)-len(*b)))...)
	return copy((*b)[at:], p), nil
}

// overhear finds the messages in a capture, and decrypts and verifies the blocks.
func overhear(t *testing.T, file []byte) passed {
	t.Helper()
	p := passed{Messages: map[string]int{}}
	infos := map[string]pccrc.Segment{}
	var sent []pccrr.MsgBlk
	all := streams(t, file)
	for _, client := range all {
		server := all[slices.IndexFunc(all, func(s *stream) bool { return s.from == client.to && s.to == client.from })]
		switch {
		case len(client.data) == 0 || client.flags[0]&ack != 0: // from the server
			continue
		case client.data[0] == 22: // a TLS handshake
			p.Encrypted++
			continue
		}
		requests, answers := bufio.NewReader(bytes.NewReader(client.data)), bufio.NewReader(bytes.NewReader(server.data))
		for {
			request, err := http.ReadRequest(requests)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			sentBody, err := io.ReadAll(request.Body)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(answers, request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case response.Header.Get("Content-Encoding") == "peerdist":
				p.PeerDist++
				var info pccrc.ContentInformation
				if body[1] == 2 {
					info, err = pccrc.DecodeV2(body)
				} else {
					info, err = pccrc.DecodeV1(body)
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range info.Segments() {
					infos[string(s.AppendHoHoDk(nil))] = s
				}
			case pccrr.IsPath(request.URL.Path):
				asked, err := pccrr.DecodeRequestMessage(sentBody)
				if err != nil {
					t.Fatal(err)
				}
				r, err := pccrr.DecodeResponseMessage(body)
				if err != nil {
					t.Fatal(err)
				}
				p.Messages[asked.MessageHeader.MsgType.String()]++
				p.Messages[r.MessageHeader.MsgType.String()]++
				if m, err := r.DecodeBlk(); err == nil {
					sent = append(sent, m)
				}
			case codec.MajorVersionOfPath(request.URL.Path) == 2:
				if _, err := codec.DecodeBatchedOfferMessage(sentBody); err == nil {
					p.Messages["BATCHED_OFFER_MESSAGE"]++
				}
				if _, err := codec.DecodeResponseMessage(body, codec.TypeBatchedOffer); err == nil {
					p.Messages["RESPONSE_MESSAGE"]++
				}
			default:
				p.Plain += len(body)
			}
		}
	}
	for _, m := range sent {
		info, ok := pccrr.InfoOf(infos[string(m.SegmentId)], m.BlockIndex)
		if _, err := m.AppendVerified(nil, info); len(m.Block) == 0 {
			p.Empty++
		} else if ok && err == nil {
			p.Verified++
		} else {
			p.Unverified++
		}
	}
	return p
}

package conversationtest

import (
	"bytes"
	"net/netip"
	"os"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestCauses compares the captures of cmd/pchc/causes.md with what they are made of here.
// UPDATE=1 writes them anew.
func TestCauses(t *testing.T) {
	for name, make := range map[string]func(s *Story){
		"not-used":      notUsed,
		"never-fetched": neverFetched,
		"version":       version,
	} {
		var s Story
		make(&s)
		got := s.Encode(capturetest.Format{})
		file := "../../../cmd/pchc/testdata/causes/" + name + ".pcap"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one (%v)", file, err)
		}
	}
}

// notUsed: two clients look for a content in the hosted cache. It has nothing, since the
// first does not offer what it got.
func notUsed(s *Story) {
	c := NewContent(2, "setup.msi", 300_000)
	s.Information(Client, c)
	s.Blocks(Client, Cache, c, func(int, int) bool { return false })
	s.MissingData(Client, c, 0, len(c.Data))
	s.Information(Other, c)
	s.Blocks(Other, Cache, c, func(int, int) bool { return false })
	s.MissingData(Other, c, 0, len(c.Data))
}

// neverFetched: a client offers a content, the hosted cache says OK, but cannot connect to
// the client.
func neverFetched(s *Story) {
	c := NewContent(2, "setup.msi", 300_000)
	s.Information(Client, c)
	s.MissingData(Client, c, 0, len(c.Data))
	s.Offer(Client, c)
	s.Dial(Cache.Addr(), netip.AddrPortFrom(Client, OfferPort), false)
	s.Information(Other, c)
	s.Blocks(Other, Cache, c, func(int, int) bool { return false })
	s.MissingData(Other, c, 0, len(c.Data))
}

// version: one client speaks version 2.0 to a hosted cache that does not know it; another
// speaks version 1.0, in TLS of a version that the hosted cache refuses.
func version(s *Story) {
	c := NewContent(2, "setup.msi", 300_000)
	s.Information(Client, c)
	s.MissingData(Client, c, 0, len(c.Data))
	s.OfferFor(Client, c, capturetest.Answer(404, nil))
	s.Conn(Other, netip.AddrPortFrom(Cache.Addr(), 443)).Send(clientHello()).Reply([]byte{21, 3, 1, 0, 2, 2, 70}).CloseServer()
}

// clientHello returns what a client of TLS 1.0 begins with.
func clientHello() []byte {
	body := append([]byte{3, 1}, Stream("client random", 32)...)
	body = append(body, 0, 0, 4, 0, 0x2f, 0, 0x35, 1, 0) // no session; AES-128 and AES-256 with RSA; no compression
	n := len(body)
	return append([]byte{22, 3, 1, 0, byte(n + 4), 1, 0, 0, byte(n)}, body...)
}

package capturepage

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
	ct "github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/conversation"
	st "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

const (
	offerHex  = "0001000100000000c8220000000000007365296aa158f7a46a80b139608b1e663d46f4d3c019fa14381f3ead68db9dc5"
	secretHex = "6c16f115d77b0250790218519345bf990697c08069b56656187c6c712532ce89"
	infoHex   = "0001000200000000c822000000000000576562494f0000000000000000000000" +
		"00010c8000000000000003100000010000000000000000000000031000000000010" +
		"09ac2510eb84557ff6b9c8e95b1c5ee651c25f5901392747408025a8e427b6c13" + secretHex +
		"01000000e90004bf31e8991d83043cd9c5a3eec7cea5391e047c2d5270b2f7ee11b853f4"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// mixed is a capture with something of all: what is right, what violates rules, and a
// segment that was not captured.
func mixed() []byte {
	var s st.Story
	v1, v2 := st.NewContent(1, "old.txt", 70_000), st.NewContent(2, "new.txt", 40_000)
	s.Information(st.Client, v1)
	s.Information(st.Client, v2)
	s.Blocks(st.Client, st.Peer, v1, st.All)
	s.List(st.Other, st.Cache, v2, 0)
	s.Offer(st.Client, v2)
	s.Fetch(st.Client, v2)
	c := s.Conn(st.Other, st.Cache)
	c.Send(ct.Post(ct.PathV1, unhex(offerHex))).Reply(ct.Answer(200, ct.Interested))
	c.Send(ct.Post(ct.PathV1, unhex(infoHex))).Reply(ct.Answer(200, ct.OK)).Close()
	c = s.Conn(st.Other, st.Cache)
	c.Send(ct.Post(ct.PathV1, unhex(strings.Replace(offerHex, "c822", "0000", 1)))).Reply(ct.Answer(200, ct.OK))
	batch := ct.Batch(1, 3)
	c.Send(ct.Post(ct.PathV2, batch[:len(batch)-40])).Reply(ct.Answer(200, ct.Interested)).Close()
	lossy := s.Conn(netip.MustParseAddr("10.0.0.9"), st.Cache)
	at := len(s.Packets)
	lossy.Send(ct.Post(ct.PathV2, ct.Batch(2, 128))).Reply(ct.Answer(200, ct.OK)).Close()
	s.Packets = append(s.Packets[:at+1], s.Packets[at+2:]...)
	return s.Encode(ct.Format{})
}

// hostile is a capture whose sender wants the page to run a script.
func hostile() []byte {
	var s st.Story
	const script = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>\u2028"
	c := st.NewContent(2, "x", 4000)
	c.Path = "/a?" + script
	s.Information(st.Client, c)
	s.Conn(st.Client, st.Server).Send(ct.Message("GET /b HTTP/1.1", nil, "Host: "+script, "Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.1")).
		Reply(ct.Answer(200, c.Wire, "Content-Encoding: peerdist", "X-P2P-PeerDist: "+script)).Close()
	batch := ct.Batch(1, 2)
	copy(batch[26:], "<b>'\"&</script>")
	s.Conn(st.Client, st.Cache).Send(ct.Post(ct.PathV2, batch)).Reply(ct.Answer(200, []byte("<script>"))).Close()
	return s.Encode(ct.Format{})
}

const hostileName = `</script><script>alert("x")</script>.pcap`

func options() Options {
	return Options{By: "pchc pcap", Version: "pchc test", Show: "pchc pcap -v --frame FRAME FILE"}
}

// listed returns the page of a capture, without a check.
func listed(t testing.TB, file []byte, name string, p *Writer) {
	t.Helper()
	if err := p.Begin(name, "'"+name+"'"); err != nil {
		t.Fatal(err)
	}
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	_, err := conversation.Read(bytes.NewReader(file), conversation.Options{Capture: capture.Options{File: name, ByFrame: true, Updates: true}, Again: again, Offers: true}, p.Item)
	if err != nil {
		t.Fatal(err)
	}
	p.End("a line about it", false)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func listing(t testing.TB, file []byte, name string) string {
	t.Helper()
	var b bytes.Buffer
	listed(t, file, name, New(&b, options()))
	return b.String()
}

// checked returns the page of a checked capture, and its findings.
func checked(t testing.TB, file []byte, name string) (string, []conformance.Finding) {
	t.Helper()
	var b bytes.Buffer
	o := options()
	o.By, o.Findings = "pchc check", true
	p := New(&b, o)
	p.Begin(name, name)
	var all []conformance.Finding
	watch := func(it *conversation.Item) {
		if err := p.Item(it); err != nil {
			t.Fatal(err)
		}
	}
	_, err := conformance.Read(bytes.NewReader(file), name, nil, conformance.Options{Watch: watch}, func(f *conformance.Finding) error {
		all = append(all, *f)
		return p.Finding(f)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.End("a line about it", false)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), all
}

// save writes a page to a file.
func save(t testing.TB, page string) string {
	t.Helper()
	folder := os.Getenv("PAGES")
	if folder == "" {
		folder = t.TempDir()
	}
	file := filepath.Join(folder, strings.ReplaceAll(t.Name(), "/", "-")+".html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

var rowScripts = regexp.MustCompile(`(?s)<script type="application/json" class="rows">(.*?)</script>`)

// rowsOf returns what the script of a page reads.
func rowsOf(t testing.TB, page string) (all []map[string]any) {
	t.Helper()
	for _, m := range rowScripts.FindAllStringSubmatch(page, -1) {
		var list []any
		if err := json.Unmarshal([]byte(m[1]), &list); err != nil {
			t.Fatal(err)
		}
		for _, one := range list[1:] {
			all = append(all, one.(map[string]any))
		}
	}
	return all
}

// packed is a message of a row.
type packed struct {
	H, N string
	L    int
	B    []byte
	G    [][3]int
	R    [][]any
	K    int
}

func unpack(t testing.TB, row map[string]any) (all []packed) {
	t.Helper()
	text, ok := row["b"].(string)
	if !ok {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(flate.NewReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return all
}

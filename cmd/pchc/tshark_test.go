package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/xml"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/wireshark"
)

// These tests hold what tshark shows with the generated dissector against what
// package spec says of the same bytes.

// shown is a field as tshark shows it, and as spec would have it shown.
type shown struct {
	Field  string // "mspchc.messageheader.type"
	Offset int    // from the first byte of the message
	Length int
	Value  string // of an integer, decimal; of a byte string, hex; "" of a structure
}

// broken is a rule that a message breaks.
type broken struct {
	Rule   string
	Offset int
}

// dissected is a message in all its fields.
type dissected struct {
	Frame  int64
	Fields []shown
	Broken []broken // sorted
}

func (d *dissected) sort() {
	slices.SortFunc(d.Broken, func(a, b broken) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Rule, b.Rule))
	})
}

// expected returns what tshark must show of a message.
func expected(frame int64, d *spec.Dissection) dissected {
	e := dissected{Frame: frame}
	agreement := make(map[string]bool) // rules that the dissector leaves to others
	for _, l := range wireshark.Layouts() {
		if l.Message && l.Name == d.Message && l.Section == d.Root.Section {
			e.structure(l, &d.Root)
		}
		for _, f := range l.Fields {
			for _, c := range f.Comparisons {
				agreement[c.Rule] = !wireshark.Compares(c.Rule)
			}
		}
	}
	for _, b := range d.Violations {
		if !agreement[b.Rule] {
			e.Broken = append(e.Broken, broken{b.Rule, b.Offset})
		}
	}
	e.sort()
	return e
}

func (e *dissected) structure(l *spec.Layout, n *spec.Node) {
	if len(n.Raw()) == 0 {
		return
	}
	name := wireshark.Abbreviation(l)
	if l.Message {
		name, _, _ = strings.Cut(name, ".")
	}
	e.Fields = append(e.Fields, shown{name, n.Offset, len(n.Raw()), ""})
	for i := range n.Children {
		e.node(l, &n.Children[i])
	}
}

func (e *dissected) node(l *spec.Layout, n *spec.Node) {
	s := shown{Field: "mspchc.rest", Offset: n.Offset, Length: len(n.Raw()), Value: hex.EncodeToString(n.Raw())}
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Name != n.Name {
			continue
		}
		switch {
		case n.Form == spec.Structure:
			e.structure(f.Of, n)
			return
		case n.Form == spec.List:
			for j := range n.Children {
				e.node(l, &n.Children[j])
			}
			return
		case n.Form == spec.Integer && n.Truncated():
			s.Field = "mspchc.truncated"
		case n.Form == spec.Integer:
			s.Value = strconv.FormatUint(n.Value, 10)
			fallthrough
		default:
			s.Field = wireshark.FieldAbbreviation(l, f)
		}
	}
	e.Fields = append(e.Fields, s)
}

// element is a protocol or field in tshark's PDML.
type element struct {
	Name     string    `xml:"name,attr"`
	Show     string    `xml:"show,attr"`
	Value    string    `xml:"value,attr"`
	Pos      int       `xml:"pos,attr"`
	Size     int       `xml:"size,attr"`
	Children []element `xml:",any"`
}

// dissectors has the names of the protocols that the dissector shows.
var dissectors = map[string]bool{"mspchc": true, "mspccrc": true, "mspccrr": true, "mssmb2hash": true}

// integers has the names of all fields that are integers.
var integers = func() map[string]bool {
	all := make(map[string]bool)
	for _, l := range wireshark.Layouts() {
		for i := range l.Fields {
			all[wireshark.FieldAbbreviation(l, &l.Fields[i])] = l.Fields[i].Form == spec.Integer
		}
	}
	return all
}()

// read takes over what an element inside a message says; base is the message's position.
func (d *dissected) read(t *testing.T, e *element, base int) {
	s := shown{Field: e.Name, Offset: e.Pos - base, Length: e.Size}
	switch {
	case e.Name == "mspchc.rule":
		d.Broken = append(d.Broken, broken{e.Show, s.Offset})
		return
	case strings.HasPrefix(e.Name, "mspccrr.extensibleblob.") || e.Name == "mspccrr.plain" || e.Name == "mspccrr.verified" || e.Name == "mspccrr.decryption":
		return // what is no field of a message
	case dissectors[e.Name] || strings.HasPrefix(e.Name, "ms") && e.Value != "" && e.Show == "":
		// a structure, which has no value
	case !integers[e.Name]:
		s.Value = e.Value
	default:
		v, err := strconv.ParseUint(e.Show, 0, 64)
		if err != nil {
			t.Errorf("%s shows %q", e.Name, e.Show)
		}
		s.Value = strconv.FormatUint(v, 10)
	}
	d.Fields = append(d.Fields, s)
	for i := range e.Children {
		d.read(t, &e.Children[i], base)
	}
}

// secretsShown makes tshark show keys.
var secretsShown = []string{"-o", "mspccrc.show_secrets:TRUE"}

// runTshark runs tshark with the dissector over a capture.
func runTshark(t *testing.T, file []byte, args ...string) []byte {
	t.Helper()
	tshark := testutil.Tool(t, "tshark")
	dir := t.TempDir()
	in, script := filepath.Join(dir, "in.pcap"), filepath.Join(dir, "pchc.lua")
	for name, b := range map[string][]byte{in: file, script: []byte(wireshark.Dissector())} {
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tshark, append([]string{"-r", in, "-X", "lua_script:" + script}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir) // nobody's own settings and plugins
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || strings.Contains(strings.ToLower(stderr.String()), "lua") {
		t.Fatalf("tshark: %v\n%s", err, &stderr)
	}
	if i := bytes.Index(out, []byte("Lua Error")); i >= 0 {
		t.Fatalf("a Lua error: %.300s", out[i:])
	}
	return out
}

// tsharkShows returns the messages that tshark shows in a capture.
func tsharkShows(t *testing.T, file []byte, args ...string) (all []dissected) {
	t.Helper()
	out := runTshark(t, file, append([]string{"-T", "pdml"}, args...)...)
	var pdml struct {
		Packets []element `xml:"packet"`
	}
	if err := xml.Unmarshal(out, &pdml); err != nil {
		t.Fatal(err)
	}
	for i := range pdml.Packets {
		for _, proto := range pdml.Packets[i].Children {
			if dissectors[proto.Name] {
				d := dissected{Frame: int64(i + 1)}
				d.read(t, &proto, proto.Pos)
				d.sort()
				all = append(all, d)
			}
		}
	}
	return all
}

// captured returns what tshark must show of the messages in a capture.
func captured(t *testing.T, file []byte) (all []dissected) {
	t.Helper()
	_, err := capture.Read(bytes.NewReader(file), capture.Options{}, func(e *capture.Event) error {
		body := bytes.Clone(e.Body)
		switch e.Kind {
		case capture.Request:
			all = append(all, expected(e.Frame, spec.Dissect(spec.Request, body)))
		case capture.Response:
			all = append(all, expected(e.Frame, spec.DissectResponse(body, e.RequestType)))
		case capture.Content:
			all = append(all, expected(e.Frame, spec.Dissect(spec.Content, body)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func compareShown(t *testing.T, want, got []dissected) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if diff := gocmp.Diff(want[i], got[i]); diff != "" {
			t.Errorf("message %d in frame %d: %s", i, want[i].Frame, diff)
		}
	}
	if len(want) != len(got) {
		t.Errorf("tshark shows %d messages, want %d", len(got), len(want))
	}
}

// TestTsharkCaptures runs the dissector over captures.
func TestTsharkCaptures(t *testing.T) {
	files := map[string][]byte{"cache.pcap": captures()["cache.pcap"], "shapes.pcap": httpShapes()}
	for _, name := range []string{"plain.pcap", "keepalive.pcap", "ipv6.pcapng"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			want := captured(t, file)
			if len(want) < 8 {
				t.Fatalf("%d messages", len(want))
			}
			compareShown(t, want, tsharkShows(t, file, secretsShown...))
		})
	}
}

// httpShapes returns a capture of exchanges as awkward as HTTP lets them be.
func httpShapes() []byte {
	const v1, v2 = capturetest.PathV1, capturetest.PathV2
	offer, batch, info := unhex(offerHex), unhex(batchHex), unhex(infoHex)
	ok, interested := capturetest.Answer(200, capturetest.OK), capturetest.Answer(200, capturetest.Interested)
	var all capturetest.Trace
	n := 0
	open := func() *capturetest.Conn {
		n++
		c := all.Conn(n)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), uint16(50000+n)) // of no protocol
		return c.Open()
	}
	open().Send(capturetest.Post(strings.ToLower(v1), offer)).Reply(interested).Close()
	open().Send(capturetest.Post(strings.ToUpper(v2)+"/", batch)).Reply(ok).Close()
	open().Send(capturetest.Post("http://cache.example"+v2+"?a=b", batch)).Reply(ok).Close()
	open().Send(capturetest.Post("/elsewhere"+v2, batch)).Reply(ok).Close()
	open().Send(capturetest.Post(v2+"0", batch)).Reply(ok).Close()
	open().Send(capturetest.Message("POST "+v1+" HTTP/1.1", capturetest.Chunked(info, 50), "Host: c", "Transfer-Encoding: chunked")).
		Reply(capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(capturetest.OK, 2), "Transfer-Encoding: chunked")).Close()
	c := open() // one connection, several requests
	c.Send(capturetest.Post(v1, offer)).Reply(capturetest.Answer(401, []byte("no"))).
		Send(capturetest.Post(v1, offer)).Reply(interested).
		Send(capturetest.Post(v1, info)).Reply(interested). // which breaks a rule
		Send(capturetest.Post("/other", batch)).Reply(ok).
		Send(capturetest.Post(v2, batch)).Reply(ok).Close()
	// Two requests in one segment, and so their answers.
	open().Send(slices.Concat(capturetest.Post(v1, offer), capturetest.Post(v1, offer))).Reply(slices.Concat(interested, ok)).Close()
	for _, mediaType := range []string{"application/x-www-form-urlencoded", "text/plain", "text/html; charset=utf-8"} {
		length := "Content-Length: 75"
		open().Send(capturetest.Message("POST "+v2+" HTTP/1.1", batch, "Host: c", "Content-Type: "+mediaType, length)).
			Reply(capturetest.Answer(200, capturetest.OK, "Content-Type: "+mediaType)).Close()
		open().Send(capturetest.Message("POST /form HTTP/1.1", []byte("a=b"), "Host: c", "Content-Type: "+mediaType, "Content-Length: 3")).
			Reply(capturetest.Answer(200, []byte("fine"), "Content-Type: "+mediaType)).Close()
	}
	// Content Information: on any path, chunked, and two in one segment.
	get := capturetest.Message("GET /file HTTP/1.1", nil, "Host: c", "Accept-Encoding: peerdist")
	content := func(coding string) []byte {
		return capturetest.Answer(200, unhex(contentHex), "Content-Type: text/html", "Content-Encoding: "+coding)
	}
	open().Send(get).Reply(content("peerdist")).Send(get).Reply(content("PeerDist")).Send(get).Reply(content("gzip")).Close()
	open().Send(get).Reply(capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(unhex(contentHex), 50), "Transfer-Encoding: chunked", "Content-Encoding: peerdist")).Close()
	open().Send(slices.Concat(get, get)).Reply(slices.Concat(content("peerdist"), content("peerdist"))).Close()
	return all.Encode(capturetest.Format{})
}

// bare returns a capture of messages without anything around them, and the
// arguments by which tshark finds the dissector for them. Of each message snap
// bytes are captured, all if it is 0.
func bare(t *testing.T, dissector string, messages [][]byte, snap int) (file []byte, args []string) {
	t.Helper()
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{Link: 147, Snap: snap}) // USER0
	for i, m := range messages {
		w.Frame(time.Unix(int64(i), 0), m)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), append([]string{"-o", `uat:user_dlts:"User 0 (DLT=147)","` + dissector + `","0","","0",""`}, secretsShown...)
}

// TestTsharkVectors runs the dissector over all test vectors, and over what is
// left of them if they are cut or changed.
func TestTsharkVectors(t *testing.T) {
	testutil.Tool(t, "tshark")
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for dissector, kind := range map[string]spec.Kind{
		"mspchc_request": spec.Request, "mspchc_response": spec.Response, "mspccrc": spec.Content,
	} {
		t.Run(dissector, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(kind)))
			var messages [][]byte
			for _, v := range vectors {
				if string(v.Kind) != kindNames[kind-1] || len(v.Bytes) == 0 || len(v.Bytes) > 20000 {
					continue
				}
				changed := bytes.Clone(v.Bytes)
				for range 1 + random.IntN(3) {
					changed[random.IntN(min(len(changed), 120))] = byte(random.Uint32()) >> random.IntN(8)
				}
				cut := v.Bytes[:1+random.IntN(min(len(v.Bytes), 200))]
				messages = append(messages, v.Bytes, changed, cut)
			}
			file, args := bare(t, dissector, messages, 0)
			var want []dissected
			for i, m := range messages {
				want = append(want, expected(int64(i+1), spec.Dissect(kind, m)))
			}
			compareShown(t, want, tsharkShows(t, file, args...))
			t.Logf("%d messages", len(messages))
		})
	}
}

// TestTsharkSecrets looks for keys in what tshark shows unasked.
func TestTsharkSecrets(t *testing.T) {
	unknown := unhex(contentHex)
	unknown[2] = 0xff                                                                                 // of a hash function: nothing tells where the key is
	file, args := bare(t, "mspccrc", [][]byte{unhex(contentHex), unknown, unhex(contentHex)[:80]}, 0) // the last is cut in the key
	for _, preference := range []string{"FALSE", "TRUE"} {
		args[len(args)-1] = "mspccrc.show_secrets:" + preference
		out := string(runTshark(t, file, append(args, "-T", "pdml")...))
		_, out, _ = strings.Cut(out, `name="mspccrc"`)
		if got := strings.Contains(out, secretHex[:20]); got != (preference == "TRUE") {
			t.Errorf("show_secrets %s: the key is there: %t", preference, got)
		}
	}
}

// TestTsharkSnapped runs the dissector over messages that the capture cut: what
// is not there is no fault of the sender.
func TestTsharkSnapped(t *testing.T) {
	messages := [][]byte{unhex(batchHex), unhex(infoHex), unhex(offerHex), capturetest.Batch(1, 3)}
	for _, snap := range []int{17, 100} {
		file, args := bare(t, "mspchc_request", messages, snap)
		shown := tsharkShows(t, file, args...)
		if len(shown) != len(messages) {
			t.Errorf("%d messages, want %d", len(shown), len(messages))
		}
		for i, d := range shown {
			if len(d.Broken) > 0 {
				t.Errorf("message %d, %d bytes captured: %v", i, snap, d.Broken)
			}
		}
	}
}

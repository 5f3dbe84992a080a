package capturepage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	ct "github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
	st "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// TestMessages compares the messages on a page with those of the capture: their fields
// with the tree of package message, and their bytes, but for the gaps.
func TestMessages(t *testing.T) {
	file := mixed()
	page := listing(t, file, "mixed.pcap")
	rows := rowsOf(t, page)
	var printer message.Printer
	n, kinds := 0, map[int]int{}
	_, err := conversation.Read(bytes.NewReader(file), conversation.Options{Capture: capture.Options{ByFrame: true}, Offers: true}, func(it *conversation.Item) error {
		if it.Exchange != nil && !it.Exchange.Done {
			return nil
		}
		o, row := printer.Overview(it, false), rows[n]
		n++
		if row["n"] != o.Name {
			t.Fatalf("row %d is %v, want %s", n, row, o.Name)
		}
		all := unpack(t, row)
		if len(all) != len(o.Parts) {
			t.Fatalf("%s: %d messages, want %d", o.Name, len(all), len(o.Parts))
		}
		for i, part := range o.Parts {
			compareMessage(t, &part, &all[i])
			for _, gap := range all[i].G {
				kinds[gap[2]]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(rows) || n < 12 {
		t.Errorf("%d rows for %d items", len(rows), n)
	}
	if kinds[secret] == 0 || kinds[long] == 0 {
		t.Errorf("gaps %v: the capture lacks some", kinds)
	}
}

func compareMessage(t *testing.T, part *message.Part, got *packed) {
	t.Helper()
	name, body := part.Dissection.Message, part.Body
	if got.N != name || got.L != len(body) || got.H != part.Note {
		t.Errorf("%+v, want %s of %d bytes", got, name, len(body))
	}
	// The bytes: those kept, and the gaps between them.
	at, kept := 0, got.B
	for _, gap := range append(got.G, [3]int{len(body), 0, 0}) {
		n := gap[0] - at
		if n < 0 || n > len(kept) || !bytes.Equal(kept[:n], body[at:gap[0]]) {
			t.Fatalf("%s: bytes %x before the gap %v, want %x", name, kept, gap, body[at:gap[0]])
		}
		kept, at = kept[n:], gap[0]+gap[1]
		if hidden := (&hider{part}).any(gap[0], at); gap[2] == secret && !hidden || gap[2] != secret && gap[1] > 0 && hidden {
			t.Errorf("%s: a gap %v", name, gap)
		}
	}
	if at != len(body) || len(kept) > 0 {
		t.Errorf("%s: %d bytes and gaps to %d, want %d", name, len(kept), at, len(body))
	}
	// The fields: the rows of the tree, but for absent fields.
	var want, have []string
	for _, r := range (&message.Text{}).Tree(part.Message).Rows {
		if r.Offset < 0 || len(r.Raw) > 0 || r.Value != "" {
			want = append(want, r.Name)
		} else if strings.Contains(r.Name, "[") || len(r.Violations) == 0 {
			want = append(want, r.Name)
		}
	}
	for _, r := range got.R {
		have = append(have, r[4].(string))
		if o, l := r[0].(float64), r[1].(float64); o >= 0 && int(o+l) > len(body) {
			t.Errorf("%s: field %v of %d bytes", name, r, len(body))
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s: fields (- tree, + page):\n%s", name, diff)
	}
}

// hider knows which bytes of a message are secret, from the dissection.
type hider struct{ *message.Part }

func (h *hider) any(from, to int) bool {
	var find func(n *spec.Node) bool
	find = func(n *spec.Node) bool {
		for i := range n.Children {
			if find(&n.Children[i]) {
				return true
			}
		}
		return n.Secret && n.Offset < to && from < n.Offset+len(n.Raw())
	}
	return find(&h.Dissection.Root)
}

// TestSecrets looks for a key on pages of a message that is whole, cut, and damaged.
func TestSecrets(t *testing.T) {
	info, key := unhex(infoHex), unhex(secretHex)
	pack := func(body []byte, show bool) []byte {
		o := message.Overview{Parts: []message.Part{{Note: "request", Message: message.New(spec.Request, body, 0)}}}
		row := map[string]any{"b": new(packer).pack(&message.Text{ShowSecrets: show}, &o, nil)}
		return unpack(t, row)[0].B
	}
	if !bytes.Contains(pack(info, true), key) {
		t.Error("asked for, the key is not shown")
	}
	lacks := func(what string, body []byte) {
		t.Helper()
		b := pack(body, false)
		for i := 0; i+8 <= len(key); i++ {
			if bytes.Contains(b, key[i:i+8]) {
				t.Fatalf("%s: %x has bytes of the key", what, b)
			}
		}
	}
	for i := range info {
		lacks("cut", info[:i])
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := bytes.Clone(info)
			damaged[i] ^= flip
			lacks("damaged", damaged)
		}
	}
	var trace ct.Trace
	trace.Conn(1).Open().Send(ct.Post(ct.PathV1, info)).Reply(ct.Answer(200, ct.OK)).Close()
	page := listing(t, trace.Encode(ct.Format{}), "info.pcap")
	if strings.Contains(page, secretHex) || !strings.Contains(page, "SEGMENT_INFO_MESSAGE") {
		t.Error("the key is on the page")
	}
}

// TestLong checks that the bytes and the rows of a long message are bounded, and what is
// left out is told.
func TestLong(t *testing.T) {
	body := append(unhex(infoHex)[:32], st.NewContent(1, "long", 1<<20).Wire...)
	for _, n := range []int{0, 4, 4000} { // more and more lies outside of any field
		long := append(bytes.Clone(body), make([]byte, n)...)
		m := message.New(spec.Request, long, 0)
		got := unpack(t, map[string]any{"b": new(packer).pack(&message.Text{}, &message.Overview{Parts: []message.Part{{Note: "request", Message: m}}}, nil)})
		compareMessage(t, &message.Part{Note: "request", Message: m}, &got[0])
	}
	content := manySegments(9)
	m := message.New(spec.Content, content, 0)
	got := unpack(t, map[string]any{"b": new(packer).pack(&message.Text{}, &message.Overview{Parts: []message.Part{{Message: m}}}, nil)})[0]
	last := got.G[len(got.G)-1]
	if len(got.B) != MostBytes || len(got.R) != MostFields || got.K == 0 || last != [3]int{len(content) - last[1], last[1], beyond} {
		t.Errorf("%d bytes, %d rows, %d left out, last gap %v of %d", len(got.B), len(got.R), got.K, last, len(content))
	}
}

// manySegments is Content Information 1.0 of whole segments.
func manySegments(n uint32) []byte {
	const size, blocks = 32 << 20, 512
	little := binary.LittleEndian
	b := append([]byte{0, 1}, unhex("0c80000000000000")...)
	b = little.AppendUint32(little.AppendUint32(b, size), n)
	for i := range uint64(n) {
		b = little.AppendUint64(b, i*size)
		b = little.AppendUint32(little.AppendUint32(b, size), 64<<10)
		b = append(b, st.Stream("segment", 64)...)
	}
	for range n {
		b = append(little.AppendUint32(b, blocks), st.Stream("blocks", 32*blocks)...)
	}
	return b
}

// TestFull checks what a page says that has no room for all.
func TestFull(t *testing.T) {
	file := mixed()
	for _, room := range []struct{ messages, page int64 }{{1000, 1 << 20}, {1000, 2000}} {
		var b bytes.Buffer
		p := New(&b, options())
		p.most.messages, p.most.page = room.messages, room.page
		listed(t, file, "mixed.pcap", p)
		page := b.String()
		rows, without := rowsOf(t, page), 0
		for _, r := range rows {
			if r["o"] != nil {
				without++
			}
		}
		if without == 0 || !strings.Contains(page, fmt.Sprintf("The bytes and fields of %d exchanges are not on the page", without)) {
			t.Errorf("%v: %d rows without messages", room, without)
		}
		more := fmt.Sprintf("%d more rows of this run are not on the page", 13-len(rows))
		if strings.Contains(page, more) != (room.page == 2000) || len(rows) < 13 != (room.page == 2000) {
			t.Errorf("%v: %d rows", room, len(rows))
		}
		if !strings.Contains(page, "12 exchanges, 1 capture problem, 3 violations") {
			t.Errorf("the headline is about the page: %s", regexp.MustCompile("<h1.*").FindString(page))
		}
	}
}

// TestHostile checks that nothing of a capture, nor its name, is markup.
func TestHostile(t *testing.T) {
	page := listing(t, hostile(), hostileName)
	if n := strings.Count(page, "<script"); n != strings.Count(page, "</script>") || n != 3 {
		t.Errorf("%d scripts", n)
	}
	for _, foreign := range []string{"<img", "<b>'", "alert(\"x\")", "\u2028", "\u2029"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
	found := false
	for _, r := range rowsOf(t, page) {
		if x, _ := r["x"].(string); strings.Contains(x, "</script><script>alert(1)</script>") {
			found = true
		}
		unpack(t, r)
	}
	if !found {
		t.Error("no row has the hostile URL")
	}
}

// TestUpdates: messages of update services have rows, and fields without bytes.
func TestUpdates(t *testing.T) {
	var b bytes.Buffer
	p := New(&b, options())
	p.Begin("calls.pcap", "calls.pcap")
	e := &capture.Event{Kind: capture.Request, Protocol: capture.WUSP, Place: capture.Place{Frame: 7, Stream: 0},
		Body: []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetConfig xmlns="http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"/></s:Body></s:Envelope>`)}
	if err := errors.Join(p.Item(&conversation.Item{Event: e}), p.Close()); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, b.String())
	if len(rows) != 1 || rows[0]["p"] != float64(capture.WUSP) {
		t.Fatalf("%v", rows)
	}
	if m := unpack(t, rows[0]); len(m) != 1 || m[0].L != len(e.Body) || len(m[0].R) == 0 || m[0].B != nil {
		t.Errorf("%+v", m)
	}
}

// TestMissed: a capture that cannot be read is on the page, with the reason.
func TestMissed(t *testing.T) {
	var b bytes.Buffer
	p := New(&b, options())
	p.Missed("no.pcap", "no.pcap", errors.New("no.pcap is <text>"))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); !strings.Contains(page, "no.pcap is &lt;text&gt;") || !strings.Contains(page, "1 capture not read to the end") {
		t.Error(page[strings.Index(page, "<main>"):])
	}
	var empty bytes.Buffer
	if err := New(&empty, options()).Close(); err != nil || !strings.Contains(empty.String(), "0 exchanges") {
		t.Errorf("%v", err)
	}
}

// broken fails after some bytes.
type broken struct{ left int }

func (w *broken) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errors.New("no space")
	}
	return len(b), nil
}

// TestFailure: an error of the file is that of all that follows.
func TestFailure(t *testing.T) {
	p := New(&broken{20_000}, options())
	p.Begin("mixed.pcap", "mixed.pcap")
	_, err := conversation.Read(bytes.NewReader(mixed()), conversation.Options{Offers: true}, p.Item)
	if err == nil || p.Close() == nil {
		t.Errorf("%v", err)
	}
}

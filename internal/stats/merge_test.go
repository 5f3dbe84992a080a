package stats

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
)

// parts are captures with something of each table: retrieval from several servers with
// losses, offers that overlap, TLS.
func parts(t *testing.T) (all [][]byte) {
	t.Helper()
	for seed := range uint64(3) {
		var b bytes.Buffer
		if _, err := capturetest.Retrieve(&b, capturetest.RetrieveOptions{Seed: seed}); err != nil {
			t.Fatal(err)
		}
		all = append(all, b.Bytes(), b.Bytes()[:b.Len()*2/3]) // again, and cut
	}
	for n := range 3 {
		var trace capturetest.Trace
		c := trace.Conn(n)
		c.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(11 + n)}), 40000)
		bad := capturetest.Batch(9, 1)
		bad[0] = 1 // MinorVersion
		c.Open().Send(capturetest.Post(capturetest.PathV2, bad))
		for k := range 4 {
			c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(uint64(n+k), 20))).Reply(capturetest.Answer(200, capturetest.OK))
		}
		c.Close()
		trace.Conn(100 + n/2).Open().Send([]byte("\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03")).Close()
		all = append(all, trace.Encode(capturetest.Format{}))
	}
	return all
}

func partOf(t *testing.T, name string, b []byte) *Report {
	t.Helper()
	secrets := conversation.NewSecrets()
	s := New(secrets, DefaultLimits)
	s.Begin(name)
	sum, err := conversation.Read(bytes.NewReader(b), conversation.Options{
		Capture: capture.Options{File: name, ByFrame: true, Exchanges: true}, Secrets: secrets,
	}, func(it *conversation.Item) error { s.Item(it); return nil })
	if err != nil {
		t.Fatal(err)
	}
	s.End(sum)
	return s.Report()
}

// text returns all forms of a report.
func (r *Report) forms(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return string((&Text{Width: 100}).Append(b.Bytes(), r))
}

// TestMerge merges reports in memory, after they went through JSON, and in another
// grouping. The order of the captures is the same in each.
func TestMerge(t *testing.T) {
	all := parts(t)
	once := new(Report)
	var lines [3]bytes.Buffer // of the captures of each third
	for i, b := range all {
		name := string(rune('a'+i)) + ".pcap"
		r := partOf(t, name, b)
		if err := r.WriteJSON(&lines[i*3/len(all)]); err != nil {
			t.Fatal(err)
		}
		once.Merge(r, DefaultLimits)
	}
	want := once.forms(t)
	for _, name := range []string{"STATS_CONTENT", "STATS_CLIENT", "STATS_SERVER", "STATS_EXCHANGES", "STATS_OFFERS", "STATS_TAG", "STATS_SEGMENT", "STATS_RULE", "CAPTURE_PROBLEM", "CAPTURE_NOTE"} {
		if !strings.Contains(want, `"message":"`+name) {
			t.Errorf("no %s", name)
		}
	}
	grouped := new(Report)
	for i := range lines {
		text := lines[i].String()
		r, err := ReadJSON(&lines[i], DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		grouped.Merge(r, DefaultLimits)
		lines[i].WriteString(text)
	}
	if d := cmp.Diff(want, grouped.forms(t)); d != "" {
		t.Errorf("merged in groups (-all at once +in groups):\n%s", d)
	}
	joined := strings.Join([]string{lines[0].String(), lines[1].String(), lines[2].String()}, "\n")
	again, err := ReadJSON(strings.NewReader(joined), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, again.forms(t)); d != "" {
		t.Errorf("from one file (-all at once +read):\n%s", d)
	}
}

// TestMergeLimits: rows beyond a limit are counted.
func TestMergeLimits(t *testing.T) {
	limits := DefaultLimits
	limits.Segments, limits.Pairs, limits.Problems = 30, 1, 1
	r := new(Report)
	offers := int64(0)
	for i, b := range parts(t)[6:] {
		one := partOf(t, string(rune('a'+i)), b)
		r.Merge(one, limits)
		for _, s := range one.Segments {
			offers += s.Offers
		}
	}
	for _, s := range r.Segments {
		offers -= s.Offers
	}
	beyond := map[string]int64{}
	for _, b := range r.Beyond {
		beyond[b.What] = b.Count
	}
	if len(r.Segments) != 30 || len(r.Offers) != 1 || beyond[furtherSegments] != offers || offers == 0 || beyond["offers of further clients and caches"] != 10 {
		t.Errorf("%d segments, %d rows of offers, beyond %v", len(r.Segments), len(r.Offers), beyond)
	}
}

func TestReadJSONFails(t *testing.T) {
	var b bytes.Buffer
	if err := partOf(t, "a", parts(t)[0]).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(b.String()), "\n")
	whole := strings.Join(lines, "")
	for name, test := range map[string]struct{ in, want string }{
		"empty":           {"", "does not end with a STATS_CAPTURE"},
		"cut":             {strings.Join(lines[:len(lines)-1], ""), "does not end with a STATS_CAPTURE"},
		"cut in a line":   {whole[:len(whole)-3], "no JSON"},
		"text":            {"segments\n", "line 1 is no JSON: it is not what pchc stats --json writes, or not all of it"},
		"another message": {`{"message":"BATCHED_OFFER_MESSAGE"}`, `"BATCHED_OFFER_MESSAGE" is no message of pchc stats`},
		"other times":     {strings.Replace(whole, `"took":{"count":`, `"took":{"count":1`, 1), "the buckets have"},
		"too long":        {`{"message":"` + strings.Repeat("a", maxLine), "a line has more than"},
	} {
		if _, err := ReadJSON(strings.NewReader(test.in), DefaultLimits); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

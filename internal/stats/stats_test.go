package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// report reads a capture. It has the same report if each batch is waited for.
func report(t testing.TB, file []byte, limits Limits) *Report {
	t.Helper()
	r, serial := reportOf(t, file, limits, false), reportOf(t, file, limits, true)
	var got, want bytes.Buffer
	if err := errors.Join(r.WriteJSON(&got), serial.WriteJSON(&want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("counted beside (-want +got):\n%s", diff)
	}
	return r
}

func reportOf(t testing.TB, file []byte, limits Limits, serial bool) *Report {
	t.Helper()
	secrets := conversation.NewSecrets()
	s := New(secrets, limits)
	s.Begin("test.pcap")
	o := conversation.Options{
		Capture: capture.Options{File: "test.pcap", ByFrame: true, Exchanges: true}, Secrets: secrets,
		Again: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil },
	}
	sum, err := conversation.Read(bytes.NewReader(file), o, func(it *conversation.Item) error {
		s.Item(it)
		if serial {
			s.wait()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.End(sum)
	return s.Report()
}

// TestBeside: many batches from several clients, some of them again, between other
// messages, and more than there is room for. Every offer is counted once.
func TestBeside(t *testing.T) {
	var s ct.Story
	const clients, each = 5, 40
	for i := range clients * each {
		client := netip.AddrFrom4([4]byte{10, 0, 1, byte(i % clients)})
		s.Conn(client, ct.Cache).Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(uint64(i*2/3), 128))).Reply(capturetest.Answer(200, capturetest.OK)).Close()
		if i == 150 {
			s.Information(client, ct.NewContent(1, "between", 70000)) // from here on none is counted beside
		}
	}
	file := s.Encode(capturetest.Format{})
	for _, limits := range []Limits{DefaultLimits, {Contents: 9, Sources: 9, Ranges: 9, Pairs: 9, Servers: 99, Segments: 1000, Repeats: 5000, Tags: 1, Problems: 9, Reasons: 9, Addresses: 9}} {
		offers, untold := int64(0), int64(0)
		r := report(t, file, limits)
		for _, o := range r.Offers {
			offers += o.Offers
		}
		tagged := int64(0)
		for _, tag := range r.Tags {
			tagged += tag.Offers
		}
		for _, b := range r.Beyond {
			switch b.What {
			case "content tags":
				tagged += b.Count
			case "offers of which it is not known if they are repeats":
				untold = b.Count
			}
		}
		if want := int64(clients * each * 128); offers != want || tagged != want || (untold > 0) != (limits.Repeats == 5000) {
			t.Errorf("%d offers, %d with tags, %d untold; want %d", offers, tagged, untold, want)
		}
	}
}

// told is what a report says about a content, for comparisons.
type told struct {
	Length                    uint64
	Clients                   int
	From                      From
	Twice                     uint64
	Offered, Again            uint64
	Fetched                   uint64
	Verified, Unverified, Bad int64 // blocks in all; violations
}

func tell(r *Report, name string) (got told, why []string) {
	for _, c := range r.Contents {
		if c.Name == name {
			got = told{Length: c.Length, Clients: c.Clients, From: c.From, Twice: c.Twice, Offered: c.Offered, Again: c.OfferedAgain, Fetched: c.Fetched}
			for i := range c.Why {
				why = append(why, c.Why[i].String())
			}
		}
	}
	got.Verified = r.Blocks.Verified
	for _, u := range r.Blocks.Unverified {
		got.Unverified += u.Blocks
	}
	for _, rule := range r.Rules {
		got.Bad += rule.Count
	}
	return got, why
}

// TestCaptures: the numbers are counted by hand in the lists of messages of captures of
// other implementations, NAME.expected.json.
func TestCaptures(t *testing.T) {
	for _, c := range []struct {
		file, content string
		want          told
		why           string
		pairs         []string // protocol, client, server: requests, hits, misses, negotiated
	}{
		{"wpts-flow-v1", "http://127.0.0.10/v1.bin",
			told{Length: 70000, Clients: 1, From: From{ContentServer: 70000, HostedCache: 70000}, Twice: 70000, Offered: 70000, Fetched: 70000, Verified: 4},
			"hosted cache 127.0.0.20:80 answered an empty list of blocks for segment e16edb5cf87d3a3a... (at 09:21:28.134084, frame 27)",
			[]string{
				"MS-PCCRTP 127.0.0.1 127.0.0.10:80: 2 2 0 0", "MS-PCCRR 127.0.0.1 127.0.0.20:80: 5 3 1 1", "MS-PCCRR 127.0.0.20 127.0.0.1:8282: 4 3 0 1",
			}},
		{"ipxe-discovery", "http://192.168.77.1:8080/v1.bin",
			told{Length: 70000, Clients: 1, From: From{Peers: 70000}, Verified: 5}, "",
			[]string{
				"MS-PCCRD 192.168.77.2 192.168.77.1:3702: 0 2 0 0", "MS-PCCRTP 192.168.77.2 192.168.77.1:8080: 3 3 0 0",
				"MS-PCCRR 192.168.77.2 192.168.77.1:8081: 5 5 0 0", "MS-PCCRD 192.168.77.2 239.255.255.250:3702: 4 0 0 0",
				"MS-PCCRD fe80::5054:ff:fe12:3456 [ff02::c]:3702: 4 0 0 0",
			}},
		{"ipxe-discovery", "http://192.168.77.1:8080/v2.bin", told{Length: 40001, Clients: 1, From: From{Peers: 40001}, Verified: 5}, "", nil},
		{"ipxe-discovery", "http://192.168.77.1:8080/script.ipxe", told{Length: 170, Clients: 1, From: From{ContentServer: 170}, Verified: 5},
			"content server 192.168.77.1:8080 sent the content itself, though the client accepts Content Information (at 09:18:15.829008, frame 10)", nil},
	} {
		b, err := os.ReadFile("../conversation/testdata/" + c.file + ".pcap")
		if err != nil {
			t.Fatal(err)
		}
		r := report(t, b, DefaultLimits)
		got, why := tell(r, c.content)
		if diff := cmp.Diff(c.want, got); diff != "" || strings.Join(why, "\n") != c.why {
			t.Errorf("%s %s (-want +got):\n%s%q", c.file, c.content, diff, why)
		}
		var pairs []string
		for _, p := range r.Exchanges {
			pairs = append(pairs, fmt.Sprintf("%s %s %s: %d %d %d %d", p.Protocol, p.Client, p.Server, p.Requests, p.Hits, p.Misses, p.Negotiated))
		}
		if diff := cmp.Diff(c.pairs, pairs); c.pairs != nil && diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
		for _, e := range r.Clients {
			if (e.HitRate == 0) != (e.Hits == 0 || e.Protocol == discovery) { // Probes that nobody answers are no misses
				t.Errorf("%s: hit rate of %s in %s is %v", c.file, e.Address, e.Protocol, e.HitRate)
			}
		}
	}
}

// TestStories: captures that are made, one for each thing that goes wrong.
func TestStories(t *testing.T) {
	const n = 3*65536 + 1000
	all := uint64(n)
	no := func(int, int) bool { return false }
	for _, c := range []struct {
		name    string
		version int
		tell    func(s *ct.Story, c *ct.Content)
		want    told
		why     string // in the reasons, separated by |
	}{
		{"from the cache", 1, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, ct.All)
		}, told{Length: all, Clients: 1, From: From{HostedCache: all}, Verified: 4}, ""},
		{"the cache has nothing", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, no)
			s.MissingData(ct.Client, c, 0, n)
			s.Offer(ct.Client, c)
			s.Offer(ct.Client, c)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}, Offered: all, Again: all},
			"hosted cache 10.0.2.1:80 answered an empty block|(4 times|which did not fetch it"},
		{"the cache has half", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, func(segment, _ int) bool { return segment < 2 })
			s.MissingData(ct.Client, c, 2*65536, n)
			s.Offer(ct.Client, c)
			s.Fetch(ct.Client, c)
		}, told{Length: all, Clients: 1, From: From{HostedCache: 2 * 65536, ContentServer: all - 2*65536}, Offered: all, Fetched: all, Verified: 6},
			"hosted cache 10.0.2.1:80 answered an empty block for segment"},
		{"a second client", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
			s.Offer(ct.Client, c)
			s.Fetch(ct.Client, c)
			s.Information(ct.Other, c)
			s.Blocks(ct.Other, ct.Cache, c, ct.All)
		}, told{Length: all, Clients: 2, From: From{HostedCache: all, ContentServer: all}, Offered: all, Fetched: all, Verified: 8}, ""},
		{"the cache cannot connect", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
			s.Offer(ct.Client, c)
			s.Dial(ct.Other, netip.AddrPortFrom(ct.Client, ct.OfferPort), true) // somebody else
			s.Dial(ct.Cache.Addr(), netip.AddrPortFrom(ct.Client, ct.OfferPort+1), true)
			s.Dial(ct.Cache.Addr(), netip.AddrPortFrom(ct.Client, ct.OfferPort), false)
			s.Dial(ct.Cache.Addr(), netip.AddrPortFrom(ct.Client, ct.OfferPort), false)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}, Offered: all},
			"nobody asked|hosted cache 10.0.2.1:80 could not connect to the client that offered it: 10.0.0.1:8282 does not answer (2 times, first at "},
		{"the cache is refused", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
			s.Offer(ct.Client, c)
			s.Dial(ct.Cache.Addr(), netip.AddrPortFrom(ct.Client, ct.OfferPort), true)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}, Offered: all},
			"nobody asked|could not connect to the client that offered it: 10.0.0.1:8282 refuses connections"},
		{"the offer fails", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
			s.OfferFor(ct.Client, c, capturetest.Answer(404, nil))
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}, Offered: all},
			"nobody asked|hosted cache 10.0.2.1:80 answered the offer without success: HTTP status 404 Not Found (at "},
		{"the offer has no answer", 2, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
			s.OfferFor(ct.Client, c, nil)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}, Offered: all},
			"nobody asked|hosted cache 10.0.2.1:80 did not answer the offer: "},
		{"something is missing", 1, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, func(_, block int) bool { return block != 1 })
		}, told{Length: all, Clients: 1, From: From{HostedCache: all - 65536, Nobody: 65536}, Verified: 3}, "answered an empty block"},
		{"nobody was asked", 1, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.MissingData(ct.Client, c, 0, n)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}}, "nobody asked a hosted cache or a peer for it"},
		{"no Content Information", 1, func(s *ct.Story, c *ct.Content) { s.Plain(ct.Client, c) },
			told{Length: all, Clients: 1, From: From{ContentServer: all}}, "sent the content itself, though the client accepts Content Information"},
		{"an empty list", 1, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.List(ct.Client, ct.Cache, c, 0)
			s.MissingData(ct.Client, c, 0, n)
		}, told{Length: all, Clients: 1, From: From{ContentServer: all}}, "answered an empty list of blocks for segment"},
		{"the secrets come later", 1, func(s *ct.Story, c *ct.Content) {
			s.Blocks(ct.Client, ct.Cache, c, ct.All)
			s.Information(ct.Client, c)
		}, told{Length: all, Clients: 1, From: From{HostedCache: all}, Verified: 4}, ""},
		{"twice from the cache", 1, func(s *ct.Story, c *ct.Content) {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, ct.All)
			s.Blocks(ct.Client, ct.Cache, c, ct.All)
		}, told{Length: all, Clients: 1, From: From{HostedCache: all}, Verified: 8}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := ct.NewContent(c.version, "content", n)
			var s ct.Story
			c.tell(&s, content)
			r := report(t, s.Encode(capturetest.Format{}), DefaultLimits)
			got, why := tell(r, content.URL())
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, part := range strings.Split(c.why, "|") {
				if !strings.Contains(strings.Join(why, "\n"), part) || c.why == "" && len(why) > 0 {
					t.Errorf("reasons %q, want %q", why, part)
				}
			}
		})
	}
}

// TestNoSecret: blocks without a secret belong to no content but their segment.
func TestNoSecret(t *testing.T) {
	c := ct.NewContent(2, "content", 65536)
	var s ct.Story
	s.Blocks(ct.Client, ct.Cache, c, ct.All)
	r := report(t, s.Encode(capturetest.Format{}), DefaultLimits)
	want := []Unverified{{Fault: "no secret", Blocks: 1, Bytes: 65552}}
	if len(r.Contents) != 1 || !r.Contents[0].Segment || r.Contents[0].Name != fmt.Sprintf("%x", c.Info.AppendHoHoDk(nil, 0)) || r.Contents[0].From != (From{}) || !r.Faulty() {
		t.Errorf("%+v", r.Contents)
	}
	if u := r.Blocks.Unverified; len(u) != 1 || u[0].Fault != want[0].Fault || u[0].Blocks != 1 || u[0].Bytes != 65552 || !strings.Contains(u[0].Reason, "no secret of its segment") {
		t.Errorf("%+v, want %+v", u, want)
	}
}

// TestOffersAlone: offers, repeats, answers.
func TestOffersAlone(t *testing.T) {
	var trace capturetest.Trace
	post := func(n int, seed uint64, answer []byte) {
		c := trace.Conn(n).Open()
		c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(seed, 128)))
		if answer != nil {
			c.Reply(answer)
		}
		c.Close()
	}
	post(1, 1, capturetest.Answer(200, capturetest.OK))
	post(2, 1, capturetest.Answer(200, capturetest.OK)) // the same again
	post(3, 2, capturetest.Answer(503, nil))
	post(4, 3, nil)
	r := report(t, trace.Encode(capturetest.Format{}), DefaultLimits)
	o := r.Offers[0]
	o.Took, o.Bytes, o.number, o.port, o.at, o.failure, o.silent = Times{}, 0, 0, 0, nil, WhyRow{}, WhyRow{}
	want := Offers{Client: netip.MustParseAddr("10.0.0.1"), Cache: netip.MustParseAddrPort("10.0.0.2:80"), Messages: 4, Offers: 512, Repeats: 128, OK: 2, Failed: 1, Unanswered: 1}
	if diff := cmp.Diff(want, o, cmp.AllowUnexported(Offers{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.AllowUnexported(Times{})); diff != "" || len(r.Offers) != 1 || r.Offers[0].Took.Count != 3 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Segments) != 384 || r.Segments[0].Offers != 2 || r.Segments[0].Repeats != 1 {
		t.Errorf("%d segments, %+v", len(r.Segments), r.Segments[0])
	}
	text := string((&Text{}).Append(nil, r))
	if !strings.HasPrefix(text, "offers alone: 512 segments in 4 messages, ") {
		t.Error(text)
	}
	// What the capture has no answer to did not fail.
	if row := regexp.MustCompile(`INTERESTED +failed +unanswered +violations\n.* 2 +- +1 +1 +-\n`); !row.MatchString(text) {
		t.Errorf("no row like %s in:\n%s", row, text)
	}
}

// TestNoAnswer: what was not answered did not fail, and neither is that of which the
// capture lacks the answer, or a part of it.
func TestNoAnswer(t *testing.T) {
	const retrieval, offer = capturetest.PathRetrieval, capturetest.PathV2
	var s ct.Story
	information := ct.NewContent(1, "content", 70000)
	s.Information(ct.Client, information)
	id := information.Info.AppendHoHoDk(nil, 0)
	ask := capturetest.Post(retrieval, capturetest.GetBlks(id, 0))
	block := capturetest.Answer(200, make([]byte, 4000))
	batch := capturetest.Post(offer, capturetest.Batch(1, 3))
	long := capturetest.Answer(200, capturetest.OK, "X: "+strings.Repeat("x", 1400))
	for _, conn := range []struct {
		request, answer []byte
		lose            int // packets of the answer, of those with data from behind
	}{
		{ask, capturetest.Answer(503, nil), 0}, {ask, nil, 0}, {ask, capturetest.Answer(404, nil), 1}, {ask, block, 1}, {ask, block, 3},
		{batch, capturetest.Answer(200, capturetest.OK), 0}, {batch, nil, 0}, {batch, capturetest.Answer(200, capturetest.OK), 1}, {batch, long, 1},
	} {
		c := s.Conn(ct.Client, ct.Cache).Send(conn.request)
		if conn.answer != nil {
			c.Reply(conn.answer)
		}
		for i := len(s.Packets) - 1; conn.lose > 0; i-- {
			if p := s.Packets[i]; p.Src == ct.Cache && len(p.Data) > 0 {
				s.Packets = slices.Delete(s.Packets, i, i+1)
				conn.lose--
			}
		}
		c.CloseServer()
	}
	r := report(t, s.Encode(capturetest.Format{}), DefaultLimits)
	for _, e := range append(r.Clients[:1:1], r.Servers[0]) {
		e.Bytes, e.Busy, e.BusyBytes, e.Took = 0, 0, 0, Times{}
		if got, want := e.Counts, (Counts{Requests: 5, Failed: 1, Unanswered: 1, NotCaptured: 2, Incomplete: 1}); !cmp.Equal(got, want, cmp.AllowUnexported(Times{})) {
			t.Errorf("%s: %+v, want %+v", e.Address, got, want)
		}
	}
	if o := r.Offers[0]; o.Messages != 4 || o.OK != 1 || o.Failed != 0 || o.Unanswered != 1 || o.NotCaptured != 2 {
		t.Errorf("%+v", o)
	}
	text, table, page := string((&Text{}).Append(nil, r)), new(bytes.Buffer), new(bytes.Buffer)
	if err := errors.Join(r.WriteCSV(table), r.WriteHTML(page, "pchc")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`requests  hits  misses  hit rate  failed  unanswered  not captured +bytes.*\n10.0.0.1 +MS-PCCRR +5 +- +- +- +1 +1 +3 `,
		`\nnot captured: the answer, or a part of it, `,
		`10.0.2.1:80 +MS-PCCRR +hosted cache +5 +- +- +- +1 +1 +3 `,
		`failed  unanswered  not captured  violations\n10.0.0.1 > 10.0.2.1:80 +4 +12 +9 .* 1 +- +- +1 +2 `,
		`hosted cache 10.0.2.1:80 did not answer for segment [0-9a-f]+...: it ended the connection`,
		`hosted cache 10.0.2.1:80 has no answer in the capture for segment [0-9a-f]+... \(2 times`,
		`hosted cache 10.0.2.1:80 sent an answer that could not be read for segment `,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
	if !strings.Contains(table.String(), ",unanswered,notCaptured,malformed,") || strings.Count(page.String(), ">not captured</th>") != 3 {
		t.Errorf("%s%s", table, page)
	}
	// What an earlier version wrote does not tell them apart.
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	old, err := ReadJSON(strings.NewReader(regexp.MustCompile(`"notCaptured":\d+,`).ReplaceAllString(b.String(), "")), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	r.Merge(old, DefaultLimits)
	if c := r.Clients[0].Counts; c.Requests != 10 || c.Unanswered != 2 || c.NotCaptured != 2 {
		t.Errorf("merged: %+v", c)
	}
}

// TestNothing: a capture without anything says so.
func TestNothing(t *testing.T) {
	r := report(t, new(capturetest.Trace).Encode(capturetest.Format{}), DefaultLimits)
	if text := string((&Text{}).Append(nil, r)); text != "no messages of BranchCache\n" || r.Faulty() {
		t.Error(text)
	}
}

// TestLimits: with little room nothing is lost in silence, and sums stay what they are.
func TestLimits(t *testing.T) {
	var s ct.Story
	for i := range 6 {
		c := ct.NewContent(2, fmt.Sprint("content ", i), 3*65536)
		c.Path = fmt.Sprint("/content-", i)
		client := netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)})
		s.Information(client, c)
		s.Blocks(client, ct.Cache, c, func(segment, _ int) bool { return segment != 1 })
		s.MissingData(client, c, 100, 200)
		s.Offer(client, c)
		s.Fetch(client, c)
	}
	file := s.Encode(capturetest.Format{})
	whole := report(t, file, DefaultLimits)
	if len(whole.Beyond) > 0 {
		t.Errorf("beyond the default limits: %v", whole.Beyond)
	}
	little := report(t, file, Limits{1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	if little.Blocks.Verified != whole.Blocks.Verified || whole.Blocks.Verified != 6*2+6*3 {
		t.Errorf("%d blocks of %d", little.Blocks.Verified, whole.Blocks.Verified)
	}
	if len(little.Contents) != 1 || len(little.Exchanges) != 1 || len(little.Offers) != 1 || len(little.Segments) != 1 {
		t.Errorf("%d contents, %d exchanges, %d offers, %d segments", len(little.Contents), len(little.Exchanges), len(little.Offers), len(little.Segments))
	}
	said := fmt.Sprint(little.Beyond)
	for _, what := range []string{"contents", "ranges of contents", "exchanges of further clients and servers", "offers of further clients and caches", "offers of further segments", "offers of which it is not known if they are repeats", "roles of servers"} {
		if !strings.Contains(said, "{"+what+" ") {
			t.Errorf("%s: not said in %s", what, said)
		}
	}
}

// TestText stays within 80 columns but for words that are longer, and has the answer in
// its first line.
func TestText(t *testing.T) {
	for _, name := range []string{"wpts-flow-v1", "ipxe-discovery"} {
		b, err := os.ReadFile("../conversation/testdata/" + name + ".pcap")
		if err != nil {
			t.Fatal(err)
		}
		r := report(t, b, DefaultLimits)
		for _, width := range []int{80, 160} {
			text := string((&Text{Width: width}).Append(nil, r))
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns, not %d: %s", name, n, width, line)
				}
			}
			if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, "%") {
				t.Errorf("%s begins with %q", name, first)
			}
		}
	}
}

// TestHostileNames: nothing that a capture names reaches the terminal as it is.
func TestHostileNames(t *testing.T) {
	c := ct.NewContent(1, "content", 1000)
	c.Path = "/<script>\x1b[31m\u202e\xff"
	var s ct.Story
	s.Information(ct.Client, c)
	r := report(t, s.Encode(capturetest.Format{}), DefaultLimits)
	text := (&Text{}).Append(nil, r)
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var table, html bytes.Buffer
	if err := errors.Join(r.WriteCSV(&table), r.WriteHTML(&html, "pchc")); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(html.Bytes(), []byte("<script")) {
		t.Errorf("%s", &html)
	}
	for _, out := range [][]byte{text, b.Bytes(), table.Bytes(), html.Bytes()} {
		if bytes.ContainsAny(out, "\x1b\u202e") || !bytes.Contains(out, []byte("files.example/")) {
			t.Errorf("%q", out)
		}
	}
}

// TestJSON: each line is an object with its name first, and has no key.
func TestJSON(t *testing.T) {
	c := ct.NewContent(1, "content", 1000)
	var s ct.Story
	s.Information(ct.Client, c)
	s.Blocks(ct.Client, ct.Cache, c, ct.All)
	var b bytes.Buffer
	if err := report(t, s.Encode(capturetest.Format{}), DefaultLimits).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		var o struct{ Message string }
		if err := json.Unmarshal(line, &o); err != nil || !strings.HasPrefix(o.Message, "STATS_") || !bytes.HasPrefix(line, []byte(`{"message":"`+o.Message)) {
			t.Errorf("%v: %s", err, line)
		}
	}
	for _, segment := range c.Info.Segments() {
		key := fmt.Sprintf("%x", c.Wire[50+32:][:32]) // SegmentSecret of the only segment
		if segment.Length != 1000 || bytes.Contains(b.Bytes(), []byte(key)) {
			t.Errorf("the key is there")
		}
	}
}

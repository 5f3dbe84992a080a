package message

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1024: "1.0 KiB", 99710: "97.4 KiB", 1<<20 - 1: "1.0 MiB",
		1 << 20: "1.0 MiB", 32 << 20: "32.0 MiB", 1<<30 - 1: "1.0 GiB", 1 << 63: "8.0 EiB", 1<<64 - 1: "16.0 EiB",
	} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) is %s, want %s", n, got, want)
		}
	}
}

var batch = []byte("\x00\x02\x00\x03\x00\x00\x00\x00\xc8\x22\x00\x00\x00\x00\x00\x00" +
	"\x00\x01\x00\x00\x00\x02\x00\x00\x00\x10BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00\x04" + "0123456789abcdefghijklmnopqrstuv")

// TestWidth keeps to a narrow terminal by putting fewer bytes on a line.
func TestWidth(t *testing.T) {
	wrong := bytes.Clone(batch)
	wrong[42] = 9
	for _, c := range []struct{ width, bytes, longest int }{{0, 16, 999}, {150, 16, 150}, {104, 16, 104}, {103, 8, 103}, {80, 8, 80}, {72, 8, 80}} {
		text := string((&Text{Width: c.width}).Append(nil, New(spec.Request, wrong, 0)))
		for l := range strings.Lines(text) {
			if strings.HasSuffix(l, " \n") || strings.Contains(l, "\t") {
				t.Errorf("width %d: blanks in %q", c.width, l)
			}
			if n := len(l) - 1; n > c.longest {
				t.Errorf("width %d: %d columns: %s", c.width, n, l)
			}
		}
		if got := strings.Contains(text, "36 37  38 39"); got != (c.bytes == 16) {
			t.Errorf("width %d:\n%s", c.width, text)
		}
	}
}

// TestMarks points at bytes, and stands for those that are not there.
func TestMarks(t *testing.T) {
	for _, c := range []struct {
		b    string
		want []string
	}{
		{"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x50\x01\x02", []string{
			"000a  01 02 -- -- -- --          Padding              truncated\n",
			"      ^^ ^^                      ! truncated: 2 of 6 bytes present (PCHC-2.2.1.2-Truncated, MS-PCHC 2.2.1.2)\n",
		}},
		{string(batch[:43+3]), []string{
			"002b  30 31 32 -- -- -- -- --  -- -- -- -- -- -- -- --    SegmentHoHoDk        truncated\n",
			"      ^^ ^^ ^^                                            ! truncated: 3 of 32 bytes present",
		}},
		{string(batch[:43+8]), []string{"002b  30 31 32 33 34 35 36 37  -- -- -- -- -- -- -- --    SegmentHoHoDk"}},
		{string(batch[:43+17]), []string{
			"002b  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66    SegmentHoHoDk        truncated\n",
			"003b  67 -- -- -- -- -- -- --  -- -- -- -- -- -- -- --\n",
			"      ^^                                                  ! truncated: 17 of 32 bytes present",
		}},
		{string(batch[:26]), []string{"001a  --                         ContentTag\n"}},
		{"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x50\x00\x00\x00\x00\x00\x00" + "123456789", []string{
			"0010  31 32 33 34 35 36 37 38  39  Hash\n",
			"      ^^ ^^ ^^ ^^ ^^ ^^ ^^ ^^  ^^  ! has 9 bytes, must have 32, 48 or 64",
		}},
	} {
		text := string((&Text{}).Append(nil, New(spec.Request, []byte(c.b), 0)))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%x:\n%swant %s", c.b, text, want)
			}
		}
	}
}

// TestColours changes nothing but colours.
func TestColours(t *testing.T) {
	wrong := bytes.Clone(batch)
	wrong[42] = 9
	m := New(spec.Request, wrong[:70], 0)
	plain := string((&Text{}).Append(nil, m))
	painted := string((&Text{Style: Colours()}).Append(nil, m))
	if painted == plain {
		t.Error("no colours")
	}
	var bare strings.Builder
	for i, s := range strings.Split(painted, "\x1b[") {
		if i > 0 {
			_, s, _ = strings.Cut(s, "m")
		}
		bare.WriteString(s)
	}
	if bare.String() != plain {
		t.Errorf("without colours\n%swant\n%s", bare.String(), plain)
	}
}

// TestCaptureJSON gives a capture's place whatever is in its strings, and
// leaves out what is not known.
func TestCaptureJSON(t *testing.T) {
	for _, s := range []string{"", "plain", "\"quoted\\", "\x00\x1f\n\t", "\u00e9\u2028\U0001f600", "\xff\xfe", "/a?b=<c>&d"} {
		c := capture.Place{File: s, Frame: 7, Time: time.Date(2026, 3, 1, 12, 0, 0, 5, time.FixedZone("", 3600)), Stream: 2,
			Src: netip.MustParseAddrPort("[::1]:80"), Dst: netip.MustParseAddrPort("10.0.0.1:65535"),
			Direction: "response", Method: s, Path: s, Status: 200}
		var got struct {
			Message, Detail string
			Valid           *bool
			Capture         struct {
				File, Time, Src, Dst, Direction, Method, Path string
				Frame, Stream, Status                         int
			}
		}
		b := (&Printer{Form: FormJSON}).Problem([]byte(" "), s, &c)
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%q: %v in %s", s, err, b)
			continue
		}
		s = strings.ToValidUTF8(s, "\ufffd")
		if s == "\ufffd" {
			s = "\ufffd\ufffd" // one for each byte
		}
		g := got.Capture
		if got.Message != "CAPTURE_PROBLEM" || got.Detail != s || got.Valid == nil || *got.Valid || g.File != s || g.Method != s || g.Path != s ||
			g.Frame != 7 || g.Stream != 2 || g.Status != 200 || g.Time != "2026-03-01T11:00:00.000000005Z" ||
			g.Src != "[::1]:80" || g.Dst != "10.0.0.1:65535" || g.Direction != "response" {
			t.Errorf("%q: %s", s, b)
		}
	}
	const want = `{"message":"CAPTURE_PROBLEM","valid":false,"detail":"x","capture":{"file":"f"}}` + "\n"
	if got := string((&Printer{Form: FormJSON}).Problem(nil, "x", &capture.Place{File: "f", Stream: -1})); got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestNote writes a note, which is valid, in both forms.
func TestNote(t *testing.T) {
	e := capture.Event{Kind: capture.Note, Place: capture.Place{Stream: -1}, Detail: "x"}
	for form, want := range map[Form]string{
		FormLine: "     -  -                - > -  CAPTURE_NOTE            x\n",
		FormTree: "     -  -                - > -  CAPTURE_NOTE            x\n",
		FormJSON: `{"message":"CAPTURE_NOTE","valid":true,"detail":"x","capture":{"file":""}}` + "\n",
	} {
		got, verdict := (&Printer{Form: form}).Event(nil, &e)
		if string(got) != want || verdict != CaptureNote {
			t.Errorf("got %q, verdict %d, want %q", got, verdict, want)
		}
	}
}

// TestProblemLine lists a problem of which nothing is known but itself.
func TestProblemLine(t *testing.T) {
	var p Printer
	const want = "     -  -                - > -  CAPTURE_PROBLEM         x\n"
	if got := string(p.Problem(nil, "x", &capture.Place{Stream: -1})); got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

// TestSummary says on one line what matters in each kind of message.
func TestSummary(t *testing.T) {
	segment := func(size string) string { return size + strings.Repeat("\x11", 64) }
	v1 := func(segments, blocks string) string {
		return "\x00\x01\x0c\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + segments + blocks
	}
	first := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x01\x00" + strings.Repeat("\x22", 64)
	second := "\x00\x00\x00\x02\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x01\x00" + strings.Repeat("\x33", 64)
	hashes := func(n int) string { return strings.Repeat("\x44", 32*n) }
	for _, c := range []struct {
		kind             spec.Kind
		request          uint16
		body             string
		message, summary string // summary is "" where the message breaks a rule
	}{
		{0, 0, "\x00\x00\x00\x01\x01", "RESPONSE_MESSAGE", "INTERESTED"},
		{spec.Response, 1, "\x00\x00\x00\x01\x01", "RESPONSE_MESSAGE", "INTERESTED"},
		{spec.Response, 2, "\x00\x00\x00\x01\x01", "RESPONSE_MESSAGE", ""},
		{0, 0, string(batch), "BATCHED_OFFER_MESSAGE", "1 descriptor, 128.0 KiB, port 51234"},
		{0, 0, string(batch) + string(batch[16:]), "BATCHED_OFFER_MESSAGE", "2 descriptors, 256.0 KiB, port 51234"},
		{0, 0, string(batch[:20]), "BATCHED_OFFER_MESSAGE", ""},
		{0, 0, "\x00\x02\x04" + strings.Repeat("\x00", 29) + "\x00\x00\x00\x88" + segment("\x00\x02\x00\x00") + segment("\x00\x00\x00\x01"),
			"CONTENT_INFORMATION_V2", "2 segments, 128.0 KiB"},
		{0, 0, v1("\x02\x00\x00\x00"+first+second, "\x00\x02\x00\x00"+hashes(512)+"\x02\x00\x00\x00"+hashes(2)),
			"CONTENT_INFORMATION_V1", "2 segments, 514 blocks, 32.1 MiB, SHA-256"},
		{0, 0, v1("\x01\x00\x00\x00"+second, "\x02\x00\x00\x00"+hashes(2)), "CONTENT_INFORMATION_V1", "2 blocks, 64.0 KiB, SHA-256"},
		{0, 0, v1("\x01\x00\x00\x00"+second, "\x01\x00\x00\x00"+hashes(1)), "CONTENT_INFORMATION_V1", ""},
	} {
		summary, message, ok := new(Printer).Summary([]byte(">"), c.kind, []byte(c.body), c.request)
		if message != c.message || ok != (c.summary != "") || ok && string(summary) != ">"+c.summary {
			t.Errorf("%.20x: %s %v %s, want %s %s", c.body, message, ok, summary, c.message, c.summary)
		}
	}
}

// TestNarrow puts what does not fit beside the place below it.
func TestNarrow(t *testing.T) {
	e := capture.Event{Kind: capture.Response, Body: []byte("\x00\x00\x00\x01\x00"), Place: capture.Place{
		Src: netip.MustParseAddrPort("10.0.0.1:80"), Dst: netip.MustParseAddrPort("10.0.0.2:40001")}}
	const place = "     -  -                10.0.0.1:80    > 10.0.0.2:40001"
	for width, want := range map[int]string{
		0:   place + "  RESPONSE_MESSAGE        OK\n",
		106: place + "  RESPONSE_MESSAGE        OK\n",
		105: place + "\n        RESPONSE_MESSAGE        OK\n",
		10:  place + "\n        RESPONSE_MESSAGE        OK\n",
	} {
		p := Printer{Form: FormLine, Text: Text{Width: width}}
		if got, _ := p.Event(nil, &e); string(got) != want {
			t.Errorf("width %d:\n%swant\n%s", width, got, want)
		}
	}
}

// TestNarrowViolation breaks the lines of a violation and its requirement.
func TestNarrowViolation(t *testing.T) {
	p := Printer{Text: Text{Width: 40}}
	v := spec.Violation{Rule: "PCHC-2.2.1.2-Port", Class: spec.Sender, Field: "ConnectionInformation.Port", Detail: "is 0, must be 1 to 65535"}
	got := p.Violation(nil, &v, 2, &capture.Place{Frame: 7})
	got = p.AppendExpected(got, &spec.Requirement{Section: "MS-PCHC 2.2.1.2", Text: "Port MUST NOT be 0."})
	const want = `     7  -                - > -
        sender     PCHC-2.2.1.2-Port
        ConnectionInformation.Port is 0,
        must be 1 to 65535, and 2 more
        in this message
        MS-PCHC 2.2.1.2: Port MUST NOT
        be 0.
        MS-PCHC 2.2.1.5 (derived): There
        MUST be one.
`
	got = p.AppendExpected(got, &spec.Requirement{Section: "MS-PCHC 2.2.1.5", Text: "There MUST be one.", Derived: true})
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestWrap breaks lines at blanks, and nowhere else.
func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"one two three", 0, []string{"one two three"}},
		{"one two three", 13, []string{"one two three"}},
		{"one two three", 12, []string{"one two", "three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"one two three", 1, []string{"one two three"}},
		{"one two three", -1, []string{"one two three"}},
		{"", 5, []string{""}},
	} {
		if got := wrap(c.text, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%d: %q, want %q", c.width, got, c.want)
		}
	}
}

// TestHeading writes a heading for each file and each day, but not where only
// the time is unknown.
func TestHeading(t *testing.T) {
	day := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	var p Printer
	var got []byte
	for _, at := range []capture.Place{
		{File: "a", Time: day}, {File: "a", Time: day.Add(59 * time.Minute)}, {File: "a"}, {File: "a", Time: day.Add(time.Hour)},
		{File: "-"}, {File: "-", Time: day},
	} {
		got = p.Problem(got, "x", &at)
	}
	var headings []string
	for line := range strings.Lines(string(got)) {
		if !strings.Contains(line, "CAPTURE_PROBLEM") {
			headings = append(headings, strings.TrimSpace(line))
		}
	}
	want := []string{"a, 2026-03-01 (UTC)", "a, 2026-03-02 (UTC)", "standard input", "standard input, 2026-03-01 (UTC)"}
	if !slices.Equal(headings, want) {
		t.Errorf("%q, want %q", headings, want)
	}
}

package message

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// cells is a line of bytes as the columns have them, the slow way: two characters
// for each, a wider gap after eight.
func cells(of []string) string {
	var s strings.Builder
	for i, c := range of {
		if i > 0 {
			s.WriteString(" ")
		}
		if i == 8 {
			s.WriteString(" ")
		}
		s.WriteString(c)
	}
	return s.String()
}

// TestRows compares rows with any number of bytes, present and absent, with what
// they must be.
func TestRows(t *testing.T) {
	for _, width := range []int{8, 16} {
		for n := range 34 {
			for missing := range 20 {
				raw := make([]byte, n)
				for i := range raw {
					raw[i] = byte(i * 37)
				}
				r := &Row{Offset: 0xfff8, Raw: raw, Name: "Name", Value: "value", depth: 1, missing: missing}
				l := layout{offset: 5, bytes: width, name: 10}
				var want strings.Builder
				for at := 0; at == 0 || at < n; at += width {
					var line []string
					for i := at; i < min(n, at+width); i++ {
						line = append(line, fmt.Sprintf("%02x", raw[i]))
					}
					for absent := 0; at+width >= n && absent < missing && len(line) < width; absent++ {
						line = append(line, "--")
					}
					text := fmt.Sprintf("%05x  %-*s  ", 0xfff8+at, len(cells(make([]string, width)))+2*width, cells(line))
					if at == 0 {
						text += "  Name      value"
					}
					want.WriteString(strings.TrimRight(text, " ") + "\n")
				}
				if diff := cmp.Diff(want.String(), string((&Text{}).row(nil, r, l))); diff != "" {
					t.Fatalf("%d bytes, %d missing, %d on a line (-want +got):\n%s", n, missing, width, diff)
				}
			}
		}
	}
}

// TestOtherRows: rows that have no bytes to show.
func TestOtherRows(t *testing.T) {
	l := layout{offset: 4, bytes: 8, name: 6}
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Row{Offset: -1, Name: "N", Value: "v"}, strings.Repeat(" ", 4+2+23+2) + "N       v\n"},
		{Row{Offset: 0, Name: "N"}, "0000" + strings.Repeat(" ", 2+23+2) + "N\n"},
		{Row{Offset: 1, Name: "N", depth: 2}, "0001" + strings.Repeat(" ", 2+23+2+4) + "N\n"},
		{Row{Offset: 1, Name: "N", Raw: []byte{1}, secret: true}, "0001  redacted" + strings.Repeat(" ", 15+2) + "N\n"},
		{Row{Offset: 1, Name: "N", Raw: []byte{1}, secret: true, missing: 2, Value: "truncated"}, "0001  redacted" + strings.Repeat(" ", 15+2) + "N       truncated\n"},
	} {
		if got := string((&Text{}).row([]byte(">"), &c.row, l)); got != ">"+c.want {
			t.Errorf("%+v:\n%q, want\n%q", c.row, got, c.want)
		}
	}
	colours := Colours()
	for missing, want := range map[int]string{0: "\x1b[33mv", 1: "\x1b[31;1mv"} {
		if got := string((&Text{Style: colours}).row(nil, &Row{Name: "N", Value: "v", missing: missing}, l)); !strings.Contains(got, want) {
			t.Errorf("%d bytes missing: %q", missing, got)
		}
	}
	if got := string((&Text{Style: colours}).offset(nil, 0x10, 4)); got != "\x1b[2m0010\x1b[22m" && got != "\x1b[2m0010\x1b[0m" {
		t.Errorf("%q", got)
	}
}

// TestViolationMarks: one mark for each byte on the line, one for bytes on several,
// for none and for a key.
func TestViolationMarks(t *testing.T) {
	v := spec.Violation{Rule: "R", Class: spec.Sender, Section: "MS-X 1", Detail: "is wrong"}
	const text = "! is wrong (R, sender rule, MS-X 1)"
	for _, width := range []int{8, 16} {
		for n := range 20 {
			for _, secret := range []bool{false, true} {
				marks := make([]string, n)
				if n == 0 || n > width || secret {
					marks = marks[:0]
					marks = append(marks, "^^")
				}
				for i := range marks {
					marks[i] = "^^"
				}
				line := fmt.Sprintf("%6s%-*s  %4s%s\n", "", len(cells(make([]string, width)))+2*width, cells(marks), "", text)
				r := &Row{Raw: make([]byte, n), depth: 2, secret: secret}
				l := layout{offset: 4, bytes: width}
				if got := string((&Text{}).violation(nil, r, &v, l)); got != line {
					t.Errorf("%d bytes of %d, key %v:\n%q, want\n%q", n, width, secret, got, line)
				}
				fits := len(line) - 1
				for _, columns := range []int{fits, fits - 1, 20, 1} {
					got := string((&Text{Width: columns}).violation(nil, r, &v, l))
					want := line
					if columns < fits {
						const rule = "(R, sender rule, MS-X 1)"
						indent := strings.Index(line, "!") + len(gap)
						want = line[:strings.Index(line, " (R")] + "\n" + strings.Repeat(" ", max(0, min(indent, columns-len(rule)))) + rule + "\n"
					}
					if got != want {
						t.Errorf("%d columns:\n%q, want\n%q", columns, got, want)
					}
				}
			}
		}
	}
}

// TestLayout places columns at the edge of the width.
func TestLayout(t *testing.T) {
	rows := []Row{{Name: "12345", depth: 1, Raw: make([]byte, 20), Value: "123"}, {Name: "1", Value: "1234567"}}
	const all = 4 + 48 + 7 + 7 + 3*2
	for _, c := range []struct {
		rows          []Row
		length, width int
		want          layout
	}{
		{rows, 0, 0, layout{offset: 4, bytes: 16, name: 7}},
		{rows, 0, all, layout{offset: 4, bytes: 16, name: 7}},
		{rows, 0, all - 1, layout{offset: 4, bytes: 8, name: 7}},
		{rows, 0, 1, layout{offset: 4, bytes: 8, name: 7}},
		{rows, 0xffff, all, layout{offset: 4, bytes: 16, name: 7}},
		{rows, 0x10000, all, layout{offset: 5, bytes: 8, name: 7}},
		{rows, 0xfffff, 0, layout{offset: 5, bytes: 16, name: 7}},
		{nil, 0, 0, layout{offset: 4, bytes: 8, name: 0}},
		{[]Row{{Raw: make([]byte, 8)}}, 0, 0, layout{offset: 4, bytes: 8, name: 0}},
		{[]Row{{Raw: make([]byte, 9)}}, 0, 0, layout{offset: 4, bytes: 9, name: 0}},
		{[]Row{{Raw: make([]byte, 17)}}, 0, 0, layout{offset: 4, bytes: 16, name: 0}},
	} {
		if got := (&Text{Width: c.width}).layout(c.rows, c.length); got != c.want {
			t.Errorf("%d bytes, width %d: %+v, want %+v", c.length, c.width, got, c.want)
		}
	}
	for n, want := range []int{0, 2, 5, 8, 11, 14, 17, 20, 23, 27, 30, 33, 36, 39, 42, 45, 48} {
		if got := hexWidth(n); got != want {
			t.Errorf("%d bytes: %d columns, want %d", n, got, want)
		}
	}
}

// TestSmall looks at the pieces of text at their edges.
func TestSmall(t *testing.T) {
	for n := -1; n < 300; n++ {
		if got := string(blanks([]byte("x"), n)); got != "x"+strings.Repeat(" ", max(0, n)) {
			t.Errorf("%d blanks: %d", n, len(got)-1)
		}
	}
	for s, want := range map[string]string{"": "\n", " ": "\n", "a": "a\n", "a  ": "a\n", " a b ": " a b\n"} {
		if got := string(endLine([]byte(s))); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{{"ab", 0, "ab"}, {"ab", 1, "ab"}, {"ab", 2, "ab"}, {"ab", 3, "ab "}, {"ab", -1, "ab"}, {"ab", -2, "ab"}, {"ab", -3, " ab"}, {"", 0, ""}, {"", -1, " "}, {"", 1, " "}} {
		if got := pad(c.s, c.width); got != c.want {
			t.Errorf("pad(%q, %d) is %q", c.s, c.width, got)
		}
	}
	for _, c := range []struct{ v, digits int }{{0, 4}, {0xf, 1}, {0x10, 1}, {0xabcdef, 6}, {0xabcdef, 7}} {
		if got, want := string((&Text{}).offset(nil, c.v, c.digits)), fmt.Sprintf("%0*x", c.digits, c.v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, c := range []struct {
		start, length uint64
		want          string
	}{
		{0, 0, "0 bytes from 0"}, {8, 1, "1 byte from 8"}, {1234567890, 1023, "1023 bytes from 1234567890"},
		{9876543210, 1024, "1024 bytes (1.0 KiB) from 9876543210"}, {9, 1234567890, "1234567890 bytes (1.1 GiB) from 9"},
	} {
		if got := span(c.start, c.length); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	for n, want := range map[uint64]string{2: "2 bytes", 1000: "1000 bytes", 1075: "1.0 KiB", 1076: "1.1 KiB", 1048524: "1023.9 KiB", 1048525: "1.0 MiB", 1<<40 - 1: "1.0 TiB", 5 << 50: "5.0 PiB", 1 << 60: "1.0 EiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) is %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 things", 1: "1 thing", 2: "2 things", 123456789: "123456789 things"} {
		if got := Count(n, "thing"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for s, want := range map[string]string{"": "", strings.Repeat("1", 24): strings.Repeat("1", 24), strings.Repeat("1", 25): strings.Repeat("1", 24) + "..."} {
		if got := clip(s); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestValue: the meaning of an integer, with its number where that says more.
func TestValue(t *testing.T) {
	for _, c := range []struct {
		value         uint64
		meaning, want string
	}{
		{1234567890, "", "1234567890"},
		{65536, "64 KiB", "65536 (64 KiB)"},
		{1234567890, "0 things", "1234567890 (0 things)"},
		{1234567890, "9 things", "1234567890 (9 things)"},
		{255, "/", "/ (255)"},
		{1, ":", ": (1)"},
		{189, "SHA-256", "SHA-256 (189)"},
		{256, "SHA-256", "SHA-256 (0x100)"},
		{0xfedcba9876543210, "SHA-256", "SHA-256 (0xfedcba9876543210)"},
	} {
		n := spec.Dissect(spec.Response, []byte("\x00\x00\x00\x01\x00")).Root.Children[1]
		n.Value, n.Meaning = c.value, c.meaning
		if got := (&collector{text: &Text{}}).value(&n); got != c.want {
			t.Errorf("%d, %s: %s, want %s", c.value, c.meaning, got, c.want)
		}
	}
}

// TestManySegments: indexes, offsets and sizes of several digits, in text and JSON.
func TestManySegments(t *testing.T) {
	const segments, size = 12, 1<<20 + 7
	body := []byte("\x00\x01\x0c\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00")
	for i := range segments {
		at := uint64(i) * size
		for k := range 8 {
			body = append(body, byte(at>>(8*k)))
		}
		body = append(body, byte(size&0xff), 0, 0x10, 0, 0, 0, 1, 0)
		body = append(body, bytes.Repeat([]byte{byte(i)}, 64)...)
	}
	for i := range segments {
		body = append(body, 17, 0, 0, 0)
		body = append(body, bytes.Repeat([]byte{byte(i)}, 32*17)...)
	}
	m := New(spec.Content, body, 0)
	if !m.Dissection.Valid() {
		t.Fatal(m.Dissection.Violations)
	}
	text := string((&Text{}).Append(nil, m))
	object, _ := (&Printer{Form: FormJSON}).Message(nil, &Item{Kind: spec.Content, Body: body})
	for i := range segments {
		at := strconv.Itoa(i * size)
		for _, want := range []string{"  segments[" + strconv.Itoa(i) + "]", " 1048583 bytes (1.0 MiB) from " + at + "\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q", want)
			}
		}
		if want := `{"index":` + strconv.Itoa(i) + `,"start":` + at + `,"length":1048583,"blockSize":65536,"HoHoDk":"`; !strings.Contains(string(object), want) {
			t.Errorf("no %s", want)
		}
	}
	for _, of := range []string{`,"length":` + strconv.Itoa(len(body)) + ",", `"derived":{"range":{"start":0,"length":12582996}`} {
		if !strings.Contains(string(object), of) {
			t.Errorf("no %s", of)
		}
	}
	// One violation far inside, so that its path and its place have several digits.
	body[18+11*80+8] ^= 1
	broken := New(spec.Content, body, 0)
	text = string((&Text{}).Append(nil, broken))
	for _, v := range broken.Dissection.Violations {
		if strings.Count(text, "! "+v.Detail) == 0 {
			t.Errorf("%v is not in the tree", v)
		}
		if want := fmt.Sprintf("  %04x  %s", v.Offset, v.String()); !strings.Contains(text, want) {
			t.Errorf("no %q in the summary", want)
		}
	}
	object, _ = (&Printer{Form: FormJSON}).Message(nil, &Item{Kind: spec.Content, Body: body})
	for _, v := range broken.Dissection.Violations {
		if want := fmt.Sprintf(`"offset":%d,"field":%q,"detail":%q}`, v.Offset, v.Field, v.Detail); !strings.Contains(string(object), want) {
			t.Errorf("no %s", want)
		}
	}
	if len(broken.Dissection.Violations) == 0 {
		t.Error("no violation")
	}
}

// TestNumbers: every number of a place, with several digits.
func TestNumbers(t *testing.T) {
	at := capture.Place{File: "f", Frame: 9876543210, Stream: 123456789, Status: 987}
	const want = `"capture":{"file":"f","frame":9876543210,"stream":123456789,"status":987}}`
	if got := string((&Printer{Form: FormJSON}).Note(nil, "x", &at)); !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	for _, frame := range []int64{99999, 999999, 9999999} {
		got := string((&Printer{}).Note(nil, "x", &capture.Place{Frame: frame, Stream: -1}))
		if want := fmt.Sprintf("%6d  -                - > -  CAPTURE_NOTE            x\n", frame); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, c := range []struct{ number, length int }{{1, 5}, {99999, 999999}, {999999, 9999999}} {
		got := string((&Printer{}).number(nil, &Item{Number: c.number, Body: make([]byte, c.length)}))
		if want := fmt.Sprintf("%5d%7d  ", c.number, c.length); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLongTree repeats violations below a tree of more rows than fit on a screen.
func TestLongTree(t *testing.T) {
	for rows, want := range map[int]bool{longTree - 1: false, longTree: false, longTree + 1: true} {
		tree := (&Text{}).Tree(New(spec.Response, []byte("\x00\x00\x00\x02\x00"), 0))
		tree.Rows = make([]Row, rows)
		if got := tree.Summary() != nil; got != want {
			t.Errorf("%d rows: %v", rows, got)
		}
		tree = (&Text{}).Tree(New(spec.Response, []byte("\x00\x00\x00\x01\x00"), 0))
		tree.Rows = make([]Row, rows)
		if tree.Summary() != nil {
			t.Errorf("%d rows, no violation: a summary", rows)
		}
	}
	if longTree != 30 {
		t.Errorf("%d rows fit on a screen, not 30", longTree)
	}
}

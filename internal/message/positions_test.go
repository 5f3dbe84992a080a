package message

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/spec"
)

// drawnObject is JSON with blanks wherever they may be, and the place of each of its
// fields.
type drawnObject struct {
	r            *rand.Rand
	text         strings.Builder
	line, column int
	at           map[string]position
}

func (d *drawnObject) write(s string) {
	d.text.WriteString(s)
	for _, c := range s {
		if d.column++; c == '\n' {
			d.line, d.column = d.line+1, 1
		}
	}
}

func (d *drawnObject) blank() {
	d.write([]string{"", "", " ", "\n", "\t ", "\r\n", "\n\n  "}[d.r.IntN(7)])
}

func (d *drawnObject) sign(s string) {
	d.blank()
	d.write(s)
	d.blank()
}

// value writes a value, and its fields and elements, of at most the given depth.
func (d *drawnObject) value(path string, depth int) {
	d.at[path] = position{d.line, d.column}
	kind := d.r.IntN(4)
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		d.write(strconv.FormatUint(d.r.Uint64()>>d.r.IntN(64), 10))
	case 1:
		d.write(`"` + fmt.Sprintf("%x", d.r.Uint64()>>d.r.IntN(64)) + `"`)
	case 2:
		d.write("{")
		for i := range d.r.IntN(3) {
			if i > 0 {
				d.sign(",")
			}
			name := string(rune('a' + i))
			d.sign(`"` + name + `"`)
			d.sign(":")
			d.value(path+"."+name, depth-1)
		}
		d.sign("}")
	case 3:
		d.write("[")
		for i := range d.r.IntN(13) {
			if i > 0 {
				d.sign(",")
			}
			d.blank()
			d.value(path+"["+strconv.Itoa(i)+"]", depth-1)
		}
		d.sign("]")
	}
}

// TestPositions: every field of any object is where the reader says, the lines of
// objects before it counted.
func TestPositions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for range 300 {
		d := drawnObject{r: r, line: 1, column: 1}
		var all []map[string]position
		var lines []int
		for range 1 + r.IntN(4) {
			d.at = map[string]position{}
			d.blank()
			lines = append(lines, d.line)
			d.write("{")
			if r.IntN(2) == 0 {
				d.sign(`"other"`)
				d.sign(":")
				d.sign([]string{"null", "true", `"\u00e9\n"`, `[1,{"x":[]}]`}[r.IntN(4)])
				d.sign(",")
			}
			d.sign(`"fields"`)
			d.sign(":")
			d.at["fields"] = position{d.line, d.column}
			d.write("{")
			d.sign(`"x"`)
			d.sign(":")
			d.value("fields.x", 3)
			d.sign("}")
			d.sign(",")
			d.sign(`"message"`)
			d.sign(":")
			d.write(`"M"`)
			d.sign("}")
			all = append(all, d.at)
		}
		text := d.text.String()
		for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			reader := NewReader(in)
			for i, at := range all {
				o, err := reader.Next()
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if o.Line != lines[i] || o.Message != "M" {
					t.Fatalf("object %d, %s, on line %d, want %d:\n%s", i, o.Message, o.Line, lines[i], text)
				}
				for path, want := range at {
					if got := o.Fault(strings.TrimPrefix(strings.TrimPrefix(path, "fields"), "."), "x"); path != "fields" && (got.Line != want.line || got.Column != want.column) {
						t.Fatalf("%s of object %d is at %d:%d, want %d:%d:\n%s", path, i, got.Line, got.Column, want.line, want.column, text)
					}
				}
			}
			if _, err := reader.Next(); err != io.EOF {
				t.Fatalf("%v\n%s", err, text)
			}
		}
	}
}

// TestCutObjects: an object that ends early has its fault at the end of the text,
// and is none.
func TestCutObjects(t *testing.T) {
	const text = "{\"message\":\"A\",\n \"fields\" : {\"n\":12,\n\"b\":\"00\",\"l\":[1,\n 2]}, \"x\":null}"
	for n := 1; n < len(text); n++ {
		_, err := NewReader(strings.NewReader(text[:n])).Next()
		fault, ok := err.(*Error)
		if !ok || fault.Reason != "unexpected end of JSON inside an object" {
			t.Errorf("%q: %v", text[:n], err)
			continue
		}
		line := 1 + strings.Count(text[:n], "\n")
		if fault.Line > line || fault.Line == line && fault.Column > n-strings.LastIndexByte(text[:n], '\n') {
			t.Errorf("%q: %v is behind the end", text[:n], err)
		}
		if fault.Line < line-1 {
			t.Errorf("%q: %v is far from the end", text[:n], err)
		}
	}
	for text, want := range map[string]string{
		"{\"message\":\"A\",\n\"fields\":{\"n\":012}}":      "2:16: fields: invalid JSON at '1'",
		"{\"message\":\"A\",\n\"fields\":{\"n\" 12}}":       "2:15: fields.n: invalid JSON at '1'",
		"{\"message\":\"A\"}\n{\"message\":\"A\",\n \t@}":   "3:3: invalid JSON at '@'",
		"{\"message\":\"A\",\n\"x\":[1,\n}}":                "",
		"{\"message\":\"A\",\n\"fields\":{\"b\":\"\x01\"}}": "2:15: fields.b: invalid JSON string: unknown escape or control character",
	} {
		reader := NewReader(strings.NewReader(text))
		var err error
		for err == nil {
			_, err = reader.Next()
		}
		if want != "" && err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if _, ok := err.(*Error); !ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestObjectLen: an object of the greatest length is read, a longer one is not.
func TestObjectLen(t *testing.T) {
	if MaxObjectLen != 64<<20 || !strings.HasSuffix(errTooLong.Error(), " 64 MiB") {
		t.Errorf("%d, %v", MaxObjectLen, errTooLong)
	}
	const text = `{"message":"A"}`
	for limit, want := range map[int]bool{len(text) + 1: true, len(text): true, len(text) - 1: false} {
		r := NewReader(strings.NewReader(text))
		r.in.limit = limit
		if o, err := r.Next(); (err == nil) != want || want && o.Message != "A" || !want && err != errTooLong {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// TestDerivedName: the name of a request implies its version and type, whatever else
// is given.
func TestDerivedName(t *testing.T) {
	for _, c := range []struct {
		object string
		want   string // the first bytes
	}{
		{`{"message":"INITIAL_OFFER_MESSAGE","fields":{"ConnectionInformation":{"Port":80},"Hash":"` + strings.Repeat("00", 32) + `"}}`, "\x00\x01\x00\x01"},
		{`{"message":"BATCHED_OFFER_MESSAGE","fields":{"MessageHeader":{"Padding":"01020304"},"ConnectionInformation":{"Port":80},"SegmentDescriptor":[]}}`, "\x00\x02\x00\x03\x01\x02\x03\x04"},
		{`{"message":"BATCHED_OFFER_MESSAGE","fields":{"MessageHeader":{"MajorVersion":7},"ConnectionInformation":{"Port":80},"SegmentDescriptor":[]}}`, "\x00\x07\x00\x03"},
	} {
		o, err := NewReader(strings.NewReader(c.object)).Next()
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.Assemble(true)
		if err != nil || !strings.HasPrefix(string(b), c.want) {
			t.Errorf("%s: %x, %v", c.object, b, err)
		}
	}
	if d := Derive("RESPONSE_MESSAGE", []byte("\x00\x00\x00\x01\x00")); d != nil {
		t.Errorf("%+v", d)
	}
	for _, name := range []string{"SEGMENT_INFO_MESSAGE", "CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2"} {
		if d := Derive(name, []byte("\x00")); d != nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if spec.Guess(nil) == 0 {
		t.Error("nothing is of no kind")
	}
}

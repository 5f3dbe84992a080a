package printable

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

const evil = "plain \u00e9 \U0001f600 \x1b[31m\u009b2J\u202e\x7f\U000e0001\n\xff"

func TestString(t *testing.T) {
	if got, want := String(evil), "plain \u00e9 \U0001f600 "+`\x1b[31m\u009b2J\u202e\x7f\U000e0001\n\xff`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := String("a b"); got != "a b" {
		t.Errorf("%q", got)
	}
}

// TestWriters reads back what was written, by whole writes and by single bytes.
func TestWriters(t *testing.T) {
	text := evil[:len(evil)-1] // the encoders replace what is not UTF-8
	asJSON, _ := json.Marshal(text)
	var asXML bytes.Buffer
	_ = xml.NewEncoder(&asXML).Encode(text)
	for _, c := range []struct {
		name   string
		writer func(io.Writer) io.Writer
		in     []byte
		read   func([]byte, *string) error
		want   string
	}{
		{"JSON", JSON, asJSON, func(b []byte, s *string) error { return json.Unmarshal(b, s) }, text},
		{"XML", XML, asXML.Bytes(), func(b []byte, s *string) error { return xml.Unmarshal(b, s) }, "plain \u00e9 \U0001f600 \ufffd[31m\u009b2J\u202e\x7f\U000e0001\n"},
	} {
		for _, single := range []bool{false, true} {
			var out bytes.Buffer
			in := io.Reader(bytes.NewReader(c.in))
			if single {
				in = iotest.OneByteReader(in)
			}
			if _, err := io.Copy(struct{ io.Writer }{c.writer(&out)}, in); err != nil {
				t.Fatal(err)
			}
			for _, r := range out.String() {
				if r != '\n' && String(string(r)) != string(r) {
					t.Errorf("%s: %q is written", c.name, r)
				}
			}
			var got string
			if err := c.read(out.Bytes(), &got); err != nil || got != c.want {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
	}
}

func ExampleString() {
	fmt.Println(String("capture\x1b[2J.pcap"))
	// Output: capture\x1b[2J.pcap
}

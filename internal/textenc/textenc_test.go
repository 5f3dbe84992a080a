package textenc

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

func utf16of(s string, order binary.AppendByteOrder) (b []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, c)
	}
	return b
}

var cases = []struct {
	name string
	in   []byte
	want string
}{
	{"nothing", nil, ""},
	{"ASCII", []byte("{}\n"), "{}\n"},
	{"one character", []byte("1"), "1"},
	{"UTF-8", []byte("é\n"), "é\n"},
	{"a mark", []byte("\ufeff{}\n"), "{}\n"},
	{"a mark alone", []byte("\ufeff"), ""},
	{"files joined", []byte("\ufeffa\n\ufeffb\n\ufeff"), "a\nb\n"},
	{"a mark within a line", []byte("a\ufeffb"), "a\ufeffb"},
	{"half a mark", []byte("\xef\xbb"), "\xef\xbb"},
	{"half a mark at a line", []byte("a\n\xef\xbb"), "a\n\xef\xbb"},
	{"UTF-16, little-endian", utf16of("\ufeff{\"é\":\"😀\"}\n", binary.LittleEndian), "{\"é\":\"😀\"}\n"},
	{"UTF-16, big-endian", utf16of("\ufeff{\"é\":\"😀\"}\n", binary.BigEndian), "{\"é\":\"😀\"}\n"},
	{"UTF-16 without a mark", utf16of("0000000101\r\n", binary.LittleEndian), "0000000101\r\n"},
	{"the same, big-endian", utf16of("0000000101\r\n", binary.BigEndian), "0000000101\r\n"},
	{"UTF-16, short", utf16of("00", binary.LittleEndian), "00"},
	{"UTF-16 with half a character", append(utf16of("\ufeff00", binary.LittleEndian), '0'), "00\ufffd"},
	{"UTF-16 with half a pair", utf16of("\ufeff0", binary.LittleEndian)[:4:4], "0"},
	{"UTF-16 files joined", utf16of("\ufeffa\n\ufeffb", binary.LittleEndian), "a\nb"},
	{"a response", []byte("\x00\x00\x00\x01\x01"), "\x00\x00\x00\x01\x01"},
	{"a request", []byte("\x00\x02\x00\x03\x00\x00\x00\x00"), "\x00\x02\x00\x03\x00\x00\x00\x00"},
	{"binary that begins with a letter", []byte("A\x00\x01\x02\x03\x04\x05\x06"), "A\x00\x01\x02\x03\x04\x05\x06"},
	{"no UTF-8", []byte("\xfc\x00\xff"), "\xfc\x00\xff"},
}

// TestDecode reads texts as a whole, and as they arrive.
func TestDecode(t *testing.T) {
	long := strings.Repeat("é0123456789\n", 10000)
	all := append(cases[:len(cases):len(cases)], struct {
		name string
		in   []byte
		want string
	}{"long", utf16of("\ufeff"+long, binary.BigEndian), long})
	for _, c := range all {
		if got := Decode(bytes.Clone(c.in)); string(got) != c.want {
			t.Errorf("%s: %.40q, want %.40q", c.name, got, c.want)
		}
		for how, in := range map[string]io.Reader{
			"at once":      bytes.NewReader(c.in),
			"byte by byte": iotest.OneByteReader(bytes.NewReader(c.in)),
			"error at end": iotest.DataErrReader(bytes.NewReader(c.in)),
			"pieces":       &pieces{rand.New(rand.NewPCG(1, 1)), c.in},
		} {
			if got, err := io.ReadAll(NewReader(in)); err != nil || string(got) != c.want {
				t.Errorf("%s, %s: %.40q %v, want %.40q", c.name, how, got, err, c.want)
			}
		}
	}
}

// pieces returns few bytes at a time, or none.
type pieces struct {
	r *rand.Rand
	b []byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.b[:min(p.r.IntN(5), len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

// TestPrompt: a line is returned before the next one is there.
func TestPrompt(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{[]byte("{}\n"), "{}\n"},
		{[]byte("\ufeff{}\n"), "{}\n"},
		{utf16of("\ufeff{}\n", binary.LittleEndian), "{}\n"},
		{utf16of("{ }\n", binary.LittleEndian), "{ }\n"},
	} {
		in, out := io.Pipe()
		go out.Write(c.in) // and then nothing
		got := make([]byte, len(c.want))
		if _, err := io.ReadFull(NewReader(in), got); err != nil || string(got) != c.want {
			t.Errorf("%q: %q %v", c.in, got, err)
		}
		in.Close()
	}
}

func FuzzReader(f *testing.F) {
	for _, c := range cases {
		f.Add(c.in, uint64(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		got, err := io.ReadAll(NewReader(&pieces{rand.New(rand.NewPCG(seed, 0)), b}))
		if want := Decode(bytes.Clone(b)); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q: %q %v, want %q", b, got, err, want)
		}
	})
}

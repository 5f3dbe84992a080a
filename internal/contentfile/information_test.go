package contentfile

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
)

// made returns Content Information of version 1.0 and 2.0, with some number of segments
// of version 2.0.
func made(t *testing.T, segments int) [][]byte {
	t.Helper()
	m := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("secret")), SegmentSize: 16}
	content := lcg(16*segments - 5)
	v1, err := m.V1(t.Context(), pccrc.SHA384, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	v2, err := m.V2(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	one, err := v1.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := v2.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{one, two}
}

// fold breaks text into lines.
func fold(text string, width int, end string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + end)
		text = text[width:]
	}
	return b.String() + text + end
}

func jsonOf(t *testing.T, b []byte) string {
	t.Helper()
	info, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := message.WriteContent(&text, info, true, nil); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func utf16le(text string) string {
	b := []byte{0xff, 0xfe}
	for _, c := range text {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

func compressed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // to memory
	_ = w.Close()
	return b.String()
}

// openText opens a text, in a pipe or in a file that was read in part.
func openText(t *testing.T, text string, file bool, texts Texts) (*Information, error) {
	t.Helper()
	in := iotest.HalfReader(strings.NewReader(text))
	if file {
		name := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(name, []byte("skipped"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if _, err := f.Seek(int64(len("skipped")), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		in = f
	}
	i, err := Open(in, texts)
	if err == nil {
		t.Cleanup(i.Close)
	}
	return i, err
}

// bytesOf returns the bytes of all Content Information.
func bytesOf(t *testing.T, i *Information) (all [][]byte) {
	t.Helper()
	for _, one := range i.All {
		b, err := io.ReadAll(one)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// toyDump is a Form: lines that begin with ":" and go on with hex.
func toyDump(to io.Writer, text io.Reader) error {
	b, err := io.ReadAll(text)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		digits, ok := strings.CutPrefix(strings.TrimSpace(line), ":")
		raw, err := hex.DecodeString(digits)
		if !ok || err != nil {
			return ErrForm
		}
		if _, err := to.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

// TestOpen reads Content Information in each form that is not read into memory, from files
// and pipes, of sizes that stay in memory and that do not.
func TestOpen(t *testing.T) {
	texts := Texts{Dump: toyDump, Parse: func(text []byte) ([][]byte, error) {
		return nil, fmt.Errorf("%.80q was read into memory", text)
	}}
	for _, segments := range []int{1, 4, 16000} {
		for _, b := range made(t, segments) {
			digits, of64, object := hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b), jsonOf(t, b)
			for form, text := range map[string]string{
				"raw": string(b), "hex": digits, "a line of hex": digits + "\n", "upper case": strings.ToUpper(digits) + "\r\n",
				"xxd -p": fold(digits, 60, "\n"), "od": fold(fold(digits, 2, " "), 48, "\n"), "indented": "\n  " + fold(digits, 64, "\r\n  "),
				"base64": of64, "base64 -w 76": fold(of64, 76, "\n"), "base64 -w 77": fold(of64, 77, "\n"),
				"JSON": object, "dump": ":" + fold(digits, 32, "\n:") + "\n", "UTF-16": utf16le(object), "hex in UTF-16": utf16le(digits),
				"gzip": compressed(object), "raw in gzip": compressed(string(b)),
			} {
				if form == "dump" {
					text = strings.TrimSuffix(text, ":\n")
				}
				for _, file := range []bool{false, true} {
					i, err := openText(t, text, file, texts)
					if err != nil {
						t.Errorf("%s, %d segments, file %v: %v", form, segments, file, err)
						continue
					}
					if got := bytesOf(t, i); len(got) != 1 || !bytes.Equal(got[0], b) {
						t.Errorf("%s, %d segments, file %v: other bytes", form, segments, file)
					}
				}
			}
		}
	}
	all := made(t, 5)
	i, err := openText(t, jsonOf(t, all[0])+jsonOf(t, all[1]), false, texts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, bytesOf(t, i)); diff != "" {
		t.Error(diff)
	}
}

// TestOpenOther: other texts are parsed if they are short, and are an error if not.
func TestOpenOther(t *testing.T) {
	b := made(t, 5)[1]
	digits, object := hex.EncodeToString(b), jsonOf(t, b)
	want := [][]byte{{1, 2}, {3}}
	for _, c := range []struct {
		text, fault string // of the text, once it is long
	}{
		{"hello\n", "longer than 512.0 KiB, and neither raw"},
		{"", "longer than 512.0 KiB, and neither raw"},
		{"[1,2,3]", "longer than 512.0 KiB, and neither raw"},
		{":00ff\n", "longer than 512.0 KiB, and neither raw"}, // a dump, but not of this
		{digits + "\n" + digits + "\n", "2:4: this line begins like Content Information, as the first one does"},
		{"000204\n00\n00", "3:1: the line before is shorter than the first one"},
		{"000204\n00000000", "2:7: this line is longer than the first one"},
		{"00020\n", "1:6: this line has an odd number of digits"},
		{"000204\n0g", "2:2: 'g' is no hex digit"},
		{"AAIEA*", "1:6: '*' is no character of base64"},
		{"AAIE\nAAIE", "2:3: this line begins like Content Information"},
		{"AAIEAA", "the base64 does not end with a group of 4 characters"},
		{"AAI=\nAAAA", "2:1: the base64 goes on behind its end"},
		{`{"hex":[1,2]}`, "1:8: hex: must be a string"},
		{strings.Replace(object, `"chunks"`, `"lumps"`, 1), "fields.lumps: is not a field of CONTENT_INFORMATION_V2"},
	} {
		for _, file := range []bool{false, true} {
			parsed := ""
			texts := Texts{Dump: toyDump, Parse: func(text []byte) ([][]byte, error) {
				parsed = string(text)
				return want, nil
			}}
			i, err := openText(t, c.text, file, texts)
			if err != nil || parsed != c.text {
				t.Errorf("%.80q: %v, parsed %.80q", c.text, err, parsed)
				continue
			}
			if diff := cmp.Diff(want, bytesOf(t, i)); diff != "" {
				t.Errorf("%.80q: %s", c.text, diff)
			}
			long := c.text + strings.Repeat(" ", OtherLimit+1)
			parsed = ""
			if _, err := openText(t, long, file, texts); err == nil || !strings.Contains(err.Error(), c.fault) || parsed != "" {
				t.Errorf("%.80q, long: %v, want %s", c.text, err, c.fault)
			}
		}
	}
	refused := errors.New("refused")
	if _, err := openText(t, "hello", false, Texts{Dump: toyDump, Parse: func([]byte) ([][]byte, error) { return nil, refused }}); err != refused {
		t.Error(err)
	}
}

// endless is a text without end, of which few bytes may be read.
type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	if e.left -= len(b); e.left < 0 {
		return 0, errors.New("too much was read")
	}
	for i := range b {
		b[i] = "y\n"[i%2]
	}
	return len(b), nil
}

// TestOpenFails: no more is read of a pipe than is wanted, and errors of reading and of
// temporary files come out.
func TestOpenFails(t *testing.T) {
	texts := Texts{Dump: toyDump, Parse: func([]byte) ([][]byte, error) { return nil, errors.New("parsed") }}
	var limit *LimitError
	if _, err := Open(&endless{2 * OtherLimit}, texts); !errors.As(err, &limit) || limit.Limit != OtherLimit {
		t.Error(err)
	}
	broken := errors.New("broken")
	for _, head := range []string{"", "0002", "{", "\x1f\x8b\x08"} {
		if _, err := Open(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), texts); err != broken {
			t.Errorf("%q: %v", head, err)
		}
	}
	whole := compressed(strings.Repeat("0002", 1000))
	for _, cut := range []string{whole[:8], whole[:len(whole)-9]} {
		if _, err := openText(t, cut, true, texts); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut gzip: %v", err)
		}
	}
	b := made(t, 16000)[1]
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	for _, text := range []string{hex.EncodeToString(b), jsonOf(t, b), base64.StdEncoding.EncodeToString(b), ":" + hex.EncodeToString(b), compressed(string(b))} {
		for _, file := range []bool{false, true} {
			var spool *SpoolError
			if _, err := openText(t, text, file, texts); !errors.As(err, &spool) {
				t.Errorf("%.20q, file %v: %v", text, file, err)
			}
		}
	}
}

// TestSpoolWriteAt writes over random parts of spools of all limits around the border
// between memory and file.
func TestSpoolWriteAt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for limit := range 70 {
		s := NewSpool(limit)
		want := lcg(64)
		if _, err := s.Write(want); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			at := r.IntN(65)
			b := bytes.Repeat([]byte{byte(r.Int())}, r.IntN(65-at+1)%65)
			if at+len(b) > 64 {
				continue
			}
			copy(want[at:], b)
			if n, err := s.WriteAt(b, int64(at)); n != len(b) || err != nil {
				t.Fatalf("limit %d: %d, %v", limit, n, err)
			}
		}
		for _, c := range []struct{ at, n int }{{-1, 1}, {64, 1}, {60, 5}, {65, 0}} {
			if _, err := s.WriteAt(make([]byte, c.n), int64(c.at)); err != io.ErrShortWrite {
				t.Errorf("%d bytes at %d: %v", c.n, c.at, err)
			}
		}
		if _, err := s.Write([]byte("end")); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(s); err != nil || string(got) != string(want)+"end" {
			t.Errorf("limit %d: %v, %x, want %x", limit, err, got, want)
		}
		s.Close()
	}
}

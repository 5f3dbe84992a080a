package message_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// TestWriteContent compares it with what a Printer makes of the dissected bytes.
func TestWriteContent(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, v := range vectors {
		if v.Kind != "content" || !v.Valid || len(v.SenderViolations) > 0 {
			continue
		}
		info, err := pccrc.NewReader(bytes.NewReader(v.Bytes), int64(len(v.Bytes)))
		if err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		compared++
		for i := range 4 {
			show, details := i&1 != 0, i&2 != 0
			p := message.Printer{Form: message.FormJSON, Raw: details}
			p.ShowSecrets = show
			want, _ := p.Message(nil, &message.Item{Kind: spec.Content, Body: v.Bytes})
			var raw io.Reader
			if p.Raw {
				raw = bytes.NewReader(v.Bytes)
			}
			var got bytes.Buffer
			if err := message.WriteContent(&got, info, show, raw); err != nil || got.String() != string(want) {
				t.Errorf("%s: %v\n%s\nwant\n%s", v.ID, err, &got, want)
			}
			got.Reset()
			want = p.AppendContent(nil, message.New(spec.Content, v.Bytes, 0), details)
			if err := p.WriteContent(&got, info, details); err != nil || got.String() != string(want) {
				t.Errorf("%s: %v\n%s\nwant\n%s", v.ID, err, &got, want)
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d vectors, want more", compared)
	}
}

// Errors of writing and of reading come out, wherever they are.
func TestWriteContentFails(t *testing.T) {
	full := errors.New("the disk is full")
	maker := pccrc.Maker{SegmentSize: 10, SegmentsPerChunk: 700}
	content := bytes.Repeat([]byte("content "), 1000)
	v1, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	v2, err := maker.V2(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []pccrc.ContentInformation{v1, v2} {
		b, err := v.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		from := &failingReader{ReaderAt: bytes.NewReader(b), calls: 1000, err: full}
		info, err := pccrc.NewReader(from, int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if err := message.WriteContent(failingWriter{full}, info, false, nil); !errors.Is(err, full) {
			t.Error(err)
		}
		if err := new(message.Text).WriteContent(failingWriter{full}, info, false); !errors.Is(err, full) {
			t.Error(err)
		}
		before := from.calls
		if err := message.WriteContent(io.Discard, info, false, nil); err != nil {
			t.Fatal(err)
		}
		for calls := range before - from.calls {
			from.calls = calls
			if err := message.WriteContent(io.Discard, info, false, nil); !errors.Is(err, full) {
				t.Errorf("after %d calls: %v", calls, err)
			}
		}
		from.calls = 0
		if err := new(message.Text).WriteContent(io.Discard, info, false); !errors.Is(err, full) {
			t.Error(err)
		}
		from.calls = 1000
		if err := message.WriteContent(io.Discard, info, false, iotest.ErrReader(full)); !errors.Is(err, full) {
			t.Error(err)
		}
	}
}

// failingReader fails after some calls.
type failingReader struct {
	io.ReaderAt
	calls int
	err   error
}

func (r *failingReader) ReadAt(b []byte, at int64) (int, error) {
	if r.calls--; r.calls < 0 {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(b, at)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestAppendContent: with a part of the blocks, without any, and keys only where they are
// asked for.
func TestAppendContent(t *testing.T) {
	content := bytes.Repeat([]byte("content "), 30000)
	secret := pccrc.NewSecret([]byte("key"))
	maker := pccrc.Maker{ServerSecret: secret, Range: pccrc.Range{Start: 5, Length: 70000}}
	v1, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	body, err := v1.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := message.New(spec.Content, body, 0)
	text := message.Text{}
	got := string(text.AppendContent(nil, m, false))
	if !strings.Contains(got, "      0               0    240000      2 of 4  ") || strings.Contains(got, "SegmentSecret") {
		t.Error(got)
	}
	got = string(text.AppendContent(nil, m, true))
	for _, want := range []string{"SegmentHashOfData  ", "SegmentSecret      redacted\n", "BlockHashes[1]     "} {
		if strings.Count(got, want) != 1 {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	text.ShowSecrets = true
	if got = string(text.AppendContent(nil, m, false)); strings.Contains(got, "redacted") || strings.Count(got, "SegmentSecret      ") != 1 {
		t.Error(got)
	}
}

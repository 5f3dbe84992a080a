package message_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

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
		info, err := pccrc.Decode(v.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		compared++
		for _, show := range []bool{false, true} {
			p := message.Printer{Form: message.FormJSON}
			p.ShowSecrets = show
			want, _ := p.Message(nil, &message.Item{Kind: spec.Content, Body: v.Bytes})
			var got bytes.Buffer
			if err := message.WriteContent(&got, info, show); err != nil || got.String() != string(want) {
				t.Errorf("%s: %v\n%s\nwant\n%s", v.ID, err, &got, want)
			}
		}
	}
	if compared < 10 {
		t.Errorf("%d vectors, want more", compared)
	}
}

func TestWriteContentFails(t *testing.T) {
	full := errors.New("the disk is full")
	info, err := new(pccrc.Maker).V2(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	if err := message.WriteContent(failingWriter{full}, info, false); !errors.Is(err, full) {
		t.Error(err)
	}
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

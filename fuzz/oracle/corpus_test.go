package oracle_test

import (
	"errors"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Both readings agree on every vector, valid or not, whole and cut.
func TestCorpus(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		kind, known := spec.ParseKind(string(v.Kind))
		if !known {
			t.Fatalf("%s: unknown kind %s", v.ID, v.Kind)
		}
		check := func(b []byte) error {
			if difference := oracle.Check(fuzz.Message{Kind: kind, Bytes: b}, nil); difference != nil {
				return difference
			}
			return nil
		}
		if err := check(v.Bytes); err != nil {
			t.Errorf("%s: %v", v.ID, err)
		}
		// All fields of all kinds stand within the first 300 bytes.
		for n := range min(len(v.Bytes), 300) {
			if err := check(v.Bytes[:n]); err != nil {
				t.Errorf("%s, %d bytes: %v", v.ID, n, err)
			}
		}
	}
}

// Both readings agree which of two sender rules comes first.
func TestTwoViolations(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range vectors {
		if v.Message != "SEGMENT_INFO_MESSAGE" || !v.Valid {
			continue
		}
		for _, sets := range [][2]byte{{1, 0}, {1, 1}, {0, 1}, {2, 1}} {
			b := append([]byte(nil), v.Bytes...)
			// dwOffsetInFirstSegment, and dwReadBytesInLastSegment a little
			// below the segment's length, with another block size.
			copy(b[38:], []byte{sets[0], 0, 0, 0})
			copy(b[42:46], b[58:62])
			b[42] -= sets[1]
			b[62]++
			if err := oracle.CheckRequest(b); err != nil {
				t.Errorf("%s: %v", v.ID, err)
			}
			n++
		}
	}
	if n == 0 {
		t.Error("no vector was looked at")
	}
}

// Both readings say the same fault in the same words, whole and cut.
func TestSameWords(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	compare := func(name string, err error, d *spec.Dissection) {
		t.Helper()
		var e *codec.Error
		if !errors.As(err, &e) || len(d.Violations) == 0 {
			return // the oracles compare verdicts
		}
		v := d.Violations[0]
		if first, violated := d.First(); violated {
			v = first
		}
		if e.Detail() != v.Detail {
			t.Errorf("%s: codec says %q, spec %q", name, e.Detail(), v.Detail)
		}
		words[string(e.Rule)+": "+e.Detail()] = true
	}
	for _, v := range vectors {
		lengths := []int{len(v.Bytes)}
		for n := range min(len(v.Bytes), 300) {
			lengths = append(lengths, n)
		}
		for _, n := range lengths {
			b := v.Bytes[:n]
			switch v.Kind {
			case corpus.Response:
				_, err := codec.DecodeResponseMessage(b, codec.MessageType(v.RequestType))
				compare(v.ID, err, spec.DissectResponse(b, v.RequestType))
			case corpus.Content:
				v1, err1 := pccrc.DecodeV1(b)
				if err1 == nil {
					err1 = v1.CheckSenderRules()
				}
				compare(v.ID, err1, spec.Dissect(spec.ContentV1, b))
				v2, err2 := pccrc.DecodeV2(b)
				if err2 == nil {
					err2 = v2.CheckSenderRules()
				}
				compare(v.ID, err2, spec.Dissect(spec.ContentV2, b))
			case corpus.HashRequest, corpus.HashResponse, corpus.RetrievalRequest, corpus.RetrievalResponse, corpus.Discovery:
				// Packages smb2hash, pccrr and pccrd have words of their own.
			default:
				r, err := codec.DecodeRequestMessage(b)
				if err == nil {
					var body codec.Body
					if body, err = r.DecodeBody(); err == nil {
						err = body.CheckSenderRules()
					}
				}
				compare(v.ID, err, spec.Dissect(spec.Request, b))
			}
		}
	}
	if len(words) < 80 {
		t.Errorf("only %d details were compared", len(words))
	}
}

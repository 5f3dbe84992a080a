package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// TestEveryRule: of every requirement that the bytes of a message show there is a
// message in the corpus that violates it, and in a capture it is reported, and
// nothing else in that message.
func TestEveryRule(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	reported := map[string]bool{}
	for _, v := range vectors {
		version := byte(1)
		if v.Kind == corpus.Request && len(v.Bytes) > 1 && v.Bytes[1] == 2 || v.RequestType == spec.TypeBatchedOffer {
			version = 2
		}
		request := capture.Event{Kind: capture.Request, Body: v.Bytes, Exchange: 1,
			Place: capture.Place{Src: anna, Dst: cache, Stream: 1, Path: spec.PathV1}}
		if version == 2 {
			request.Dst, request.Path = plain, spec.PathV2
		}
		events := []capture.Event{request, closes(1)}
		switch {
		case v.Kind != corpus.Request && v.Kind != corpus.Response, len(v.Bytes) == 0: // which a capture does not have, or as no message at all
			continue
		case v.Kind == corpus.Response:
			events[0].Body = map[uint16][]byte{spec.TypeSegmentInfo: info, spec.TypeBatchedOffer: batch}[v.RequestType]
			if events[0].Body == nil {
				events[0].Body = offer
			}
			events[1] = answers(1, 200, v.Bytes...)
			events[1].RequestType = v.RequestType
		}
		frame := int64(1)
		if v.Kind == corpus.Response {
			frame = 2
		}
		var want, got []string
		if !v.Valid {
			want = []string{v.Rule}
		}
		for _, s := range v.SenderViolations {
			want = append(want, s.Rule)
		}
		c := NewChecker(Options{Decrypted: true}, func(f *Finding) error {
			if f.Frame == frame && f.Class != spec.Behaviour {
				got = append(got, f.Rule)
				reported[f.Rule] = true
			}
			return nil
		})
		for i := range events {
			events[i].Frame, events[i].Time = int64(i+1), time.Unix(int64(i), 0)
			c.Item(&conversation.Item{Event: &events[i]})
		}
		c.End(time.Time{})
		for _, rule := range want {
			if !slices.Contains(got, rule) {
				t.Errorf("%s: reported are %v, want %s", v.ID, got, rule)
			}
		}
		if v.Valid && len(got) != len(want) {
			t.Errorf("%s: reported are %v, want %v", v.ID, got, want)
		}
	}
	for _, r := range Checked() {
		if r.CheckedBy == spec.MessageBytes && !reported[r.ID] && r.ID != "PCCRC-2.3.1.1-ullOffsetInContent" { // of several segments
			t.Errorf("%s is never reported", r.ID)
		}
	}
}

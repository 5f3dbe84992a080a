package message

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// golden are messages of every kind: right, cut, with violations of each class, at
// the top and deep inside, and with bytes that belong to nothing.
var golden = []string{
	"initial_offer.sha256", "segment_info.two-blocks", "batched_offer.two", "response.ok-to-1", "response.interested-to-2",
	"content_v1.two-segments", "content_v2.two-chunks",
	"batched_offer.second-cut-26", "batched_offer.none", "batched_offer.tag-size-second",
	"batched_offer.hash-algorithm-second", "batched_offer.block-size-0", "content_v1.segment-0", "content_v1.padding-6",
	"content_v1.length-5", "content_v1.length-97", "content_v1.hash-algorithm-1", "content_v1.block-size-second",
	"message_header.type-0004", "message_header.length-11", "message_header.port-0-batched-offer", "segment_info.two-segments", "response.size-2-and-2-bytes",
}

// TestGolden compares every form of these messages with testdata/golden.txt.
// UPDATE=1 writes that file: look at each difference.
func TestGolden(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	of := make(map[string]*corpus.Vector)
	for i := range vectors {
		of[vectors[i].ID] = &vectors[i]
	}
	at := capture.Place{
		File: "capture.pcapng", Frame: 7, Time: time.Date(2026, 3, 14, 15, 9, 26, 535897932, time.UTC), Stream: 3,
		Src: netip.MustParseAddrPort("10.0.0.1:49152"), Dst: netip.MustParseAddrPort("[2001:db8::2]:80"), Direction: "request", Method: "POST", Path: "/x",
	}
	var b bytes.Buffer
	for _, id := range golden {
		v := of[id]
		if v == nil {
			t.Errorf("the corpus has no vector %s", id)
			continue
		}
		kind, known := spec.ParseKind(string(v.Kind))
		if !known {
			t.Fatal(v.Kind)
		}
		it := Item{Kind: kind, Body: v.Bytes, Request: v.RequestType, Number: 12, Note: "as " + id, Input: "hex \"dump\""}
		for _, view := range []struct {
			name string
			p    Printer
			at   *capture.Place
		}{
			{"", Printer{}, nil},
			{"keys, 72 columns", Printer{Text: Text{Width: 72, ShowSecrets: true}}, nil},
			{"colours, in a capture", Printer{Text: Text{Style: Colours()}}, &at},
			{"line", Printer{Form: FormLine}, nil},
			{"line, 100 columns, in a capture", Printer{Form: FormLine, Text: Text{Width: 100}}, &at},
			{"line, colours", Printer{Form: FormLine, Text: Text{Style: Colours()}}, nil},
			{"JSON", Printer{Form: FormJSON}, nil},
		} {
			text, verdict := view.p.message(nil, &it, view.at)
			fmt.Fprintf(&b, "== %s: %s, verdict %d\n%s\n", id, view.name, verdict, bytes.ReplaceAll(text, []byte("\x1b"), []byte(`\e`)))
		}
	}
	const name = "testdata/golden.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("UPDATE=1 go test ./internal/message writes what there is now (-%s +now):\n%s", name, diff)
	}
}

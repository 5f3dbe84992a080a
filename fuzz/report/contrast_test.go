package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// explained is a report of one finding with a contrast.
func explained() *Report {
	r := sample()
	r.Findings = []campaign.Finding{{
		Target: "./decoder --json", Difference: fuzz.Difference{Fault: fuzz.Rejected, Offset: 16, Field: "SegmentDescriptor.BlockSize", Detail: "the message is valid", Answer: `{"valid":false}`},
		Cause: "PCHC-2.2.1.5-BlockSize", Messages: []fuzz.Message{{Kind: spec.Request, Bytes: offer(1)}}, Original: 75, Count: 1,
		Contrast: &campaign.Contrast{
			Right: fuzz.Message{Kind: spec.Request, Bytes: bytes.Replace(offer(1), []byte{0, 1, 0, 0}, []byte{0, 0, 0xFF, 0xFF}, 1)}, Answer: `{"valid":true}`,
			What: "SegmentDescriptor[0].BlockSize", Field: "SegmentDescriptor[0].BlockSize", Offset: 16, Values: [2]string{"65536 (2^16)", "65535 (2^16 - 1)"},
			When: "SegmentDescriptor.BlockSize is 65536 (2^16) or more", Boundary: "right up to 65535 (2^16 - 1)", Like: 16, Unlike: 12,
		},
	}}
	return r
}

// A finding with a contrast says when the target goes wrong, and shows the nearest message
// at which it does not, with the field that differs.
func TestContrast(t *testing.T) {
	r := explained()
	var text, page strings.Builder
	if err := Text(&text, r, &message.Text{}); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Goes wrong when SegmentDescriptor.BlockSize is 65536 (2^16) or more; right up to 65535 (2^16 - 1).",
		"Tested with 16 messages that meet this, which all went wrong, and 12 others, which all went right.",
		"In the nearest message that goes right, SegmentDescriptor[0].BlockSize (at 0x10) is 65535 (2^16 - 1) instead of 65536 (2^16).",
		"0010  00 00 ff ff",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "Depends on") || strings.Contains(text.String(), "Probably") {
		t.Error("the text also has a guess")
	}
	for _, want := range []string{
		"<td>65535 (2^16 - 1)</td><td>65536 (2^16)</td>",
		"<td>{&#34;valid&#34;:true}</td><td>{&#34;valid&#34;:false}</td>",
		"<h4>The nearest message that goes right</h4>",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n := strings.Count(page.String(), `<span class="line field">`); n != 2 { // in both messages
		t.Errorf("%d fields are marked", n)
	}
}

// What is not known is said, and so is what is a guess.
func TestContrastUnknown(t *testing.T) {
	f := &explained().Findings[0]
	f.Contrast.When = ""
	if got := depends(f); !strings.HasPrefix(got[0], "Depends on SegmentDescriptor.BlockSize at 0x10") || got[len(got)-1] != "Which other messages go wrong is not known." {
		t.Errorf("%q", got)
	}
	f.Contrast, f.Guessed = nil, true
	if got := depends(f); len(got) != 1 || !strings.HasPrefix(got[0], "Probably depends on what PCHC-2.2.1.5-BlockSize is about") {
		t.Errorf("%q", got)
	}
}

// JSON has the contrast, and a merged report, too.
func TestContrastJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, explained()); err != nil {
		t.Fatal(err)
	}
	again, err := ReadJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(explained().Findings[0].Contrast, again.Findings[0].Contrast); diff != "" {
		t.Error(diff)
	}
}

// Of two lists of different length the nearest message has the mark at the element that
// only it has, or at its last one.
func TestContrastOfLists(t *testing.T) {
	m := generate.Simplest("CONTENT_INFORMATION_V2")
	head, chunk := m.Bytes[:31], m.Bytes[31:]
	f := &campaign.Finding{Contrast: &campaign.Contrast{
		Right: fuzz.Message{Kind: m.Kind, Bytes: slices.Concat(head, chunk, chunk, chunk, chunk)},
		What:  "the number of elements in chunks", Field: "chunks", Offset: len(head), Values: [2]string{"3", "4"},
	}}
	shown := func() string {
		var all []string
		for _, line := range nearest(f, &message.Text{}).briefly().Lines {
			all = append(all, line.Text)
		}
		return strings.Join(all, "\n")
	}
	if got := shown(); !strings.Contains(got, "00fa") || !strings.Contains(got, "chunks[3]") || strings.Contains(got, "chunks[0]") {
		t.Error(got)
	}
	f.Contrast.Values = [2]string{"5", "4"}
	if got := shown(); !strings.Contains(got, "chunks[3]") {
		t.Error(got)
	}
	f.Contrast.Values = [2]string{"3", "7"} // not what it has
	if got := shown(); !strings.Contains(got, "chunks[0]") {
		t.Error(got)
	}
}

package message_test

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// TestLong: a message too long for its rows to be in memory has the same text as its rows,
// and a Printer that spills writes the same in parts that are not long.
func TestLong(t *testing.T) {
	maker := pccrc.Maker{SegmentSize: 20, SegmentsPerChunk: 3000}
	v, err := maker.V2(t.Context(), bytes.NewReader(make([]byte, 80000)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := v.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{0, 80, 200} {
		for _, form := range []message.Form{message.FormTree, message.FormJSON} {
			p := message.Printer{Form: form}
			p.Width = width
			item := message.Item{Kind: spec.Content, Body: body}
			whole, _ := p.Message(nil, &item)
			if m := message.New(spec.Content, body, 0); form == message.FormTree {
				tree := p.Tree(m)
				rows := tree.Heading()
				for i := range tree.Rows {
					rows = tree.AppendRow(rows, i)
				}
				if !bytes.Equal(append(rows, tree.Summary()...), whole) {
					t.Errorf("%d columns: the rows differ", width)
				}
			}
			var spilt []byte
			p = message.Printer{Form: form}
			p.Width = width
			p.Spill = func(b []byte) {
				if len(b) > 80<<10 {
					t.Errorf("%d bytes at once", len(b))
				}
				spilt = append(spilt, b...)
			}
			rest, _ := p.Message(nil, &item)
			if len(rest) > 80<<10 || !bytes.Equal(append(spilt, rest...), whole) {
				t.Errorf("%d columns, form %d: it spills something else", width, form)
			}
		}
	}
}

package message_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/testutil"
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
			p.Width, p.ASCII, p.Cite = width, width > 80, width > 80
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
			p.Width, p.ASCII, p.Cite = width, width > 80, width > 80
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

// TestUnread: of a malformed message that is too long, the first fields are shown in
// memory that does not grow with it, and what is not shown is said, in text and in JSON. The
// first violation is known wherever it is, and keys stay hidden.
func TestUnread(t *testing.T) {
	const count = 100_000
	key := bytes.Repeat([]byte{0xc5}, 32)
	segment := slices.Concat([]byte{0, 1, 0, 0}, bytes.Repeat([]byte{0x0d}, 32), key)
	content := slices.Concat([]byte{0, 2, 4}, make([]byte, 28), binary.BigEndian.AppendUint32([]byte{0}, 68*count), bytes.Repeat(segment, count))
	sender := bytes.Clone(content)
	sender[len(sender)-68] = 1 // cbSegment is far too much
	descriptor := slices.Concat([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 16}, make([]byte, 16), []byte{4}, make([]byte, 32))
	batch := slices.Concat([]byte{0, 2, 0, 3, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0}, bytes.Repeat(descriptor, count))
	late := slices.Concat(content, content[31:], []byte{0, 0, 0, 0, 68}) // and a third chunk without its data
	for _, c := range []struct {
		name    string
		kind    spec.Kind
		body    []byte
		verdict message.Verdict
		first   string // violation
	}{
		{"a byte is missing", spec.Content, content[:len(content)-1], message.Invalid, "PCCRC-2.4.1.1-dwChunkDataLength"},
		{"too many descriptors", spec.Request, batch, message.Invalid, "PCHC-2.2.1.5-MaxDescriptors"},
		{"behind what is shown", spec.Content, late, message.Invalid, "PCCRC-2.4.1.1-dwChunkDataLength"},
		{"a rule for senders", spec.Content, sender, message.SenderInvalid, "PCCRC-2.4.1.2-cbSegment"},
	} {
		if testing.Short() && c.verdict == message.Invalid && c.kind == spec.Content && len(c.body) < len(content) {
			continue // as the last
		}
		for _, form := range []message.Form{message.FormTree, message.FormJSON, message.FormLine} {
			size := 0
			var out []byte
			p := message.Printer{Form: form}
			p.Spill = func(b []byte) {
				size += len(b)
				out = append(out[:0], out[max(0, len(out)-4096):]...)
				out = append(out, b...)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rest, verdict := p.Message(nil, &message.Item{Kind: c.kind, Body: c.body})
			runtime.ReadMemStats(&after)
			if all := (after.TotalAlloc - before.TotalAlloc) >> 20; all > 200 && !testutil.Race {
				t.Errorf("%s, form %d: %d MiB allocated", c.name, form, all)
			}
			size += len(rest)
			out = append(out, rest...)
			if verdict != c.verdict || !bytes.Contains(out, []byte(c.first)) {
				t.Errorf("%s, form %d: verdict %d, want %d, and the end has no %q", c.name, form, verdict, c.verdict, c.first)
			}
			if bytes.Contains(out, []byte("c5c5")) || bytes.Contains(out, []byte("c5 c5")) {
				t.Errorf("%s, form %d: a key is shown", c.name, form)
			}
			if form == message.FormLine {
				continue
			}
			if size > 12<<20 {
				t.Errorf("%s, form %d: %d bytes of output", c.name, form, size)
			}
			if !bytes.Contains(out, []byte("are not shown")) {
				t.Errorf("%s, form %d: what is not shown is not said: ...%s", c.name, form, out[max(0, len(out)-300):])
			}
		}
	}
}

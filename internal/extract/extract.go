package extract

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"

	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Options of an Extractor.
type Options struct {
	Replace bool          // existing files, but for those in Keep
	Keep    []fs.FileInfo // such as the inputs
}

// Bounds of what an Extractor keeps; what is beyond them is not written, and said.
const (
	maxContents = 4096
	maxRanges   = 1 << 13 // of a content, that do not touch
	maxSources  = 64      // of a content
	maxPlaces   = 1 << 14 // of a segment
	maxFailures = 20      // of a content, in words
	maxLength   = 1 << 44 // of a content, in bytes
)

// Extractor writes the contents of a capture.
type Extractor struct {
	folder   folder
	secrets  *conversation.Secrets
	contents map[string]*content
	order    []*content
	left     int64 // pieces of more contents than there may be
	buf      []byte
	hash     []byte
}

// Content is what became of a content.
type Content struct {
	Name       string           `json:"content"`        // URL, or the HoHoDk of a segment
	File       string           `json:"file,omitempty"` // in the folder, "" where nothing was written
	Length     uint64           `json:"length"`         // 0 where it is not known
	Written    uint64           `json:"written"`
	Verified   uint64           `json:"verified"` // of that
	Whole      bool             `json:"whole"`
	Holes      byterange.Ranges `json:"holes"`
	Unverified byterange.Ranges `json:"unverified"` // of what is written
	Sources    []Source         `json:"sources"`
	Failures   []string         `json:"failures,omitempty"`
}

// Source is from whom bytes of a content came.
type Source struct {
	Protocol string           `json:"protocol"` // MS-PCCRR: blocks; MS-PCCRTP, MS-SMB2: plain bytes
	Server   netip.AddrPort   `json:"server"`
	Ranges   byterange.Ranges `json:"ranges"`
}

// content is a content that is being written.
type content struct {
	Content
	of       *conversation.Content // nil for a segment
	file     *file
	dead     bool             // it cannot be written
	verified byterange.Ranges // written
	plain    byterange.Ranges // written, and not verified
	failed   int
}

// New returns an Extractor that writes into a folder, which it creates if it is not there.
// secrets are those that the conversations are read with.
func New(path string, secrets *conversation.Secrets, o Options) (*Extractor, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Extractor{
		folder:  folder{root: root, replace: o.Replace, keep: o.Keep, taken: map[string]bool{}},
		secrets: secrets, contents: map[string]*content{},
	}, nil
}

// Item takes the next step of a conversation. What cannot be written is a failure of the
// content, not an error.
func (x *Extractor) Item(it *conversation.Item) error {
	e := it.Exchange
	switch {
	case e == nil:
	case e.Retrieval != nil && e.Done && e.Retrieval.Block != nil:
		x.block(e, e.Retrieval.Block)
	case e.Transfer != nil:
		x.transfer(it.Event, e)
	}
	return nil
}

// block writes a block wherever its segment is.
func (x *Extractor) block(e *conversation.Exchange, b *conversation.Block) {
	seen, named := 0, false
	for p := range x.secrets.Where(b.Segment) {
		if seen++; seen > maxPlaces {
			x.left++
			break
		}
		if p.Content == nil {
			continue
		}
		named = true
		if c := x.contentOf(p.Content.Name, p.Content); c != nil {
			x.verifiedBlock(c, p, e, b)
		}
	}
	if named {
		return
	}
	c := x.contentOf(hex.EncodeToString(b.Segment), nil)
	if c == nil {
		return
	}
	for p := range x.secrets.Where(b.Segment) {
		p.Start = 0
		c.Length = uint64(p.Length)
		x.verifiedBlock(c, p, e, b)
		return
	}
	x.verifiedBlock(c, conversation.SegmentPosition{}, e, b)
}

// verifiedBlock writes a block if it is verified.
func (x *Extractor) verifiedBlock(c *content, p conversation.SegmentPosition, e *conversation.Exchange, b *conversation.Block) {
	if !b.Verified {
		c.fail("block %d of segment %x from %v: %s", b.Index, b.Segment[:min(8, len(b.Segment))], e.Server, b.Reason)
		return
	}
	start := p.Start + uint64(b.Index)*uint64(p.BlockSize)
	x.write(c, start, b.Plain[:b.Length], true, Source{Protocol: e.Protocol.String(), Server: e.Server})
}

// transfer takes what a content server sent.
func (x *Extractor) transfer(e *capture.Event, ex *conversation.Exchange) {
	t := ex.Transfer
	if t.Content == nil {
		return
	}
	c := x.contentOf(t.Content.Name, t.Content)
	switch {
	case c == nil || t.Information != nil:
	case e.Kind == capture.Part && t.Known:
		x.write(c, t.Range.Start, e.Body, false, Source{Protocol: ex.Protocol.String(), Server: ex.Server})
	case e.Kind == capture.Plain && !t.Known && t.Bytes > 0:
		c.fail("%d bytes from %v in frame %d: it is not known where in the content they are", t.Bytes, ex.Server, e.Frame)
	case e.Kind == capture.Plain && t.Missing > 0:
		c.fail("from %v in frame %d: %s", ex.Server, e.Frame, ex.Reason)
	}
}

// contentOf returns what is known of a content, nil if there are too many.
func (x *Extractor) contentOf(name string, of *conversation.Content) *content {
	c := x.contents[name]
	if c == nil {
		if len(x.order) == maxContents {
			x.left++
			return nil
		}
		c = &content{Content: Content{Name: name}, of: of}
		x.contents[name] = c
		x.order = append(x.order, c)
	}
	return c
}

// fail notes a failure.
func (c *content) fail(format string, args ...any) {
	if c.failed++; c.failed <= maxFailures {
		c.Failures = append(c.Failures, fmt.Sprintf(format, args...))
	}
}

// write writes bytes of a content, where nothing better has been written.
func (x *Extractor) write(c *content, start uint64, b []byte, verified bool, by Source) {
	end := start + uint64(len(b))
	switch {
	case c.dead || len(b) == 0:
		return
	case start > maxLength || end > maxLength:
		c.fail("bytes at %d: a content of more than %d bytes is not written", start, uint64(maxLength))
		return
	case len(c.verified)+len(c.plain) >= maxRanges:
		c.fail("bytes at %d: too many pieces that do not touch", start)
		return
	}
	if c.file == nil {
		name := "segment-" + c.Name
		if c.of != nil {
			name = safeName(c.Name)
		}
		f, err := x.folder.create(name)
		if err != nil {
			c.dead = true
			c.fail("%s", reason(err))
			return
		}
		c.file = f
	}
	// What is verified stays; a block that says something else is of another version of
	// the content.
	holes := byterange.Ranges{{start, end}}.Without(c.verified)
	if verified && holes.Bytes() < uint64(len(b)) && !x.same(c, start, b) {
		c.fail("two versions: a verified block at %d from %v has other bytes than one before", start, by.Server)
		return
	}
	for _, h := range holes {
		if err := x.folder.writeAt(c.file, b[h[0]-start:h[1]-start], h[0]); err != nil {
			c.dead = true
			c.fail("%s", reason(err))
			return
		}
		if verified {
			c.verified.Add(h[0], h[1])
		}
		if c.plain.Overlaps(h[0], h[1]) { // another source wrote it before
			c.drop(h)
		}
		if !verified {
			c.plain.Add(h[0], h[1])
		}
		c.credit(by, h)
	}
	if verified && c.plain.Overlaps(start, end) {
		c.plain = c.plain.Without(byterange.Ranges{{start, end}})
	}
}

// same reports whether what is verified of b has been written like that.
func (x *Extractor) same(c *content, start uint64, b []byte) bool {
	end := start + uint64(len(b))
	x.buf = slices.Grow(x.buf[:0], len(b))[:len(b)]
	for _, h := range c.verified {
		low, high := max(h[0], start), min(h[1], end)
		if low >= high {
			continue
		}
		got := x.buf[:high-low]
		if err := x.folder.readAt(c.file, got, low); err != nil || !bytes.Equal(got, b[low-start:high-start]) {
			return false
		}
	}
	return true
}

// drop takes a range away from the sources that have it.
func (c *content) drop(h [2]uint64) {
	for i := range c.Sources {
		c.Sources[i].Ranges = c.Sources[i].Ranges.Without(byterange.Ranges{h})
	}
}

// credit notes from whom a range came.
func (c *content) credit(by Source, h [2]uint64) {
	i := slices.IndexFunc(c.Sources, func(s Source) bool { return s.Protocol == by.Protocol && s.Server == by.Server })
	if i < 0 {
		if len(c.Sources) == maxSources { // the last one stands for all others
			by.Server, i = netip.AddrPort{}, maxSources-1
			c.Sources[i].Server, c.Sources[i].Protocol = netip.AddrPort{}, "others"
		} else {
			i = len(c.Sources)
			c.Sources = append(c.Sources, by)
		}
	}
	c.Sources[i].Ranges.Add(h[0], h[1])
}

// reason words an error of the file system.
func reason(err error) string {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Path + ": " + path.Err.Error()
	}
	return err.Error()
}

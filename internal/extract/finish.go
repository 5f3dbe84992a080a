package extract

import (
	"bytes"
	"slices"

	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Finish verifies the plain bytes that can be, names the files, and returns all contents
// in the order of the capture. left is how many pieces belong to contents beyond those
// that can be told apart.
func (x *Extractor) Finish() (all []Content, left int64, err error) {
	for _, c := range x.order {
		if c.of != nil {
			c.Length = c.of.Length
		}
		if c.file != nil && !c.dead {
			x.verify(c)
		}
		c.Verified = c.verified.Bytes()
		c.Unverified = c.plain
		written := append(byterange.Ranges{}, c.verified...)
		written.Union(c.plain)
		c.Written = written.Bytes()
		c.Holes = written.Holes(c.Length)
		if c.failed > maxFailures {
			c.Failures = append(c.Failures, "and more")
		}
		c.Whole = c.Length > 0 && len(c.Holes) == 0 && !c.dead && c.file != nil
		if c.file != nil {
			name, wrong := x.folder.finish(c.file, c.Whole)
			c.File = name
			if wrong != nil {
				c.Whole = false
				c.fail("%s", reason(wrong))
			}
		}
		all = append(all, c.Content)
	}
	return all, x.left, x.folder.root.Close()
}

// verify compares plain bytes with the hashes of their blocks: in a first pass it finds
// those that are right, for there may be Content Information of several versions; in a
// second one what is left is wrong.
func (x *Extractor) verify(c *content) {
	if c.of == nil {
		return
	}
	for _, remove := range []bool{false, true} {
		for b := range x.secrets.Blocks(c.of) {
			if len(c.plain) == 0 {
				return
			}
			if b.Start > maxLength {
				continue
			}
			block := byterange.Ranges{{b.Start, b.Start + uint64(b.Length)}}
			rest := block.Without(c.plain)
			switch {
			case rest.Bytes() == uint64(b.Length) || len(rest.Without(c.verified)) > 0:
				// There is nothing to verify, or not all of the block is there.
			case remove:
				c.wrong(x, block)
			case x.hasHash(c, &b):
				c.verified.Add(block[0][0], block[0][1])
				c.plain = c.plain.Without(block)
			}
		}
	}
}

// hasHash reports whether what is written has the hash of a block.
func (x *Extractor) hasHash(c *content, b *conversation.BlockPosition) bool {
	x.buf = slices.Grow(x.buf[:0], b.Length)[:b.Length]
	if err := x.folder.readAt(c.file, x.buf, b.Start); err != nil {
		c.fail("%s", reason(err))
		return false
	}
	hash, err := b.HashAlgorithm.AppendHash(x.hash[:0], x.buf)
	x.hash = hash
	return err == nil && bytes.Equal(hash, b.Hash)
}

// wrong removes plain bytes that do not have the hash of their block.
func (c *content) wrong(x *Extractor, block byterange.Ranges) {
	for _, h := range block.Without(block.Without(c.plain)) {
		c.fail("plain bytes %d to %d do not have the hash of their block", h[0], h[1]-1)
		if err := x.folder.writeAt(c.file, make([]byte, h[1]-h[0]), h[0]); err != nil {
			c.fail("%s", reason(err))
		}
		c.drop(h)
	}
	c.plain = c.plain.Without(block)
}

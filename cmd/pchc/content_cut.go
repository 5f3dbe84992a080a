package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	chunkers "github.com/PlakarKorp/go-cdc-chunkers"
	_ "github.com/PlakarKorp/go-cdc-chunkers/chunkers/fastcdc" // registers fastCDC

	"github.com/hostedcache/pchc/pccrc"
)

// Sizes of content-defined segments in bytes. They are part of what content means:
// another size, and the same content has other segments.
const (
	fastCDC   = "fastcdc-v1.0.0"
	leastCut  = 32 << 10
	normalCut = 64 << 10
)

// contentCut returns a Maker's Cut that ends segments where the content says so
// (FastCDC): after a change, the segments that it does not touch are the same.
func contentCut() (func([]byte) int, error) {
	in := new(bytes.Reader)
	c, err := chunkers.NewChunkerBuffer(fastCDC, in, &chunkers.ChunkerOpts{MinSize: leastCut, NormalSize: normalCut, MaxSize: pccrc.MaxSegmentSizeV2}, make([]byte, pccrc.MaxSegmentSizeV2))
	if err != nil {
		return nil, err
	}
	return func(b []byte) int {
		in.Reset(b)
		c.Reset(in)
		segment, err := c.Next()
		if err != nil && err != io.EOF { // which it returns for a short segment
			return 0
		}
		return len(segment)
	}, nil
}

// parseCut sets how m cuts a content into segments, as --cut says.
func parseCut(m *pccrc.Maker, cut string) (err error) {
	if cut == "content" {
		m.Cut, err = contentCut()
		return err
	}
	size, fixed := strings.CutPrefix(cut, "fixed:")
	n, err := strconv.ParseUint(size, 10, 32)
	switch {
	case !fixed || err != nil:
		return usagef("--cut must be content, or fixed:N with a number of bytes, not %q", clip(cut))
	case n < 1 || n > pccrc.MaxSegmentSizeV2:
		return usagef("--cut fixed:%d: a segment has 1 to %d bytes", n, pccrc.MaxSegmentSizeV2)
	}
	m.SegmentSize = int(n)
	return nil
}

// A cutList ends the segments of a content as --segments says.
type cutList struct {
	sizes []int
	needs uint64 // where the content range ends, if known; what follows it does not matter
	next  int
	at    uint64
	fault error
}

// parseCuts returns the list of the values of --segments.
func parseCuts(values []string, m *pccrc.Maker) (*cutList, error) {
	l := new(cutList)
	for _, value := range values {
		for word := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(word, 10, 32)
			if err != nil || n < 1 || n > pccrc.MaxSegmentSizeV2 {
				return nil, usagef("--segments must be sizes of 1 to %d bytes with commas between them, not %q", pccrc.MaxSegmentSizeV2, clip(word))
			}
			l.sizes = append(l.sizes, int(n))
		}
	}
	if m.Range.Length > 0 {
		l.needs = m.Range.Start + m.Range.Length
	}
	return l, nil
}

// cut is a Maker's Cut. It returns 0 after setting fault.
func (l *cutList) cut(b []byte) int {
	if l.needs > 0 && l.at >= l.needs {
		return len(b)
	}
	if l.next == len(l.sizes) {
		l.fault = fmt.Errorf("--segments has %d bytes in all, the content more", l.at)
		return 0
	}
	n := l.sizes[l.next]
	if n > len(b) { // b has all that is left
		l.fault = fmt.Errorf("the content ends at offset %d, in segment %d of --segments, which begins at %d and has %d bytes", l.at+uint64(len(b)), l.next, l.at, n)
		return 0
	}
	l.next++
	l.at += uint64(n)
	return n
}

// check returns why the list does not fit the content, and a Maker's error otherwise.
func (l *cutList) check(err error) error {
	switch {
	case l == nil:
		return err
	case l.fault != nil:
		return &failure{statusUsage, l.fault}
	case err == nil && l.needs == 0 && l.next < len(l.sizes):
		return usagef("the content ends at offset %d, before segment %d of --segments", l.at, l.next)
	}
	return err
}

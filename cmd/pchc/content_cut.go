package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/pccrc"
)

// parseCut sets how m cuts a content into segments, as --cut says.
func parseCut(m *pccrc.Maker, cut string) (err error) {
	if cut == "content" {
		m.Cut, err = contentfile.NewCut()
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

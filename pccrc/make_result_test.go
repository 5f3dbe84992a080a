package pccrc_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/hostedcache/pchc/pccrc"
)

// TestSpoolErrors: the errors of spools and of the writer come back as they are, and
// bytes that a spool lost are missed.
func TestSpoolErrors(t *testing.T) {
	full := errors.New("the disk is full")
	content := lcg(70000)
	m := pccrc.Maker{ServerSecret: serverSecret, SegmentSize: 1000, SegmentsPerChunk: 3}
	for _, a := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.TruncatedSHA512} {
		want := must(must(inMemory(t, &m, a, plain(content))).AppendBinary(nil))
		for room := range len(want) {
			v := must(inSpools(t, &m, a, plain(content), new(bytes.Buffer), new(bytes.Buffer)))
			if n, err := v.WriteTo(&limited{room: room, err: full}); err != full || n > int64(room) {
				t.Fatalf("%v, room for %d bytes: %d, %v", a, room, n, err)
			}
		}
		spools := []io.ReadWriter{new(bytes.Buffer), new(bytes.Buffer)}
		for i, whole := range spools {
			spools[i] = &failingSpool{err: full}
			v, err := inSpools(t, &m, a, plain(content), spools[0], spools[1])
			if unused := i == 1 && a == pccrc.TruncatedSHA512; (err == full) == unused || v != nil && !unused {
				t.Errorf("%v, spool %d cannot be written: %v, %v", a, i, v, err)
			}
			spools[i] = new(bytes.Buffer)
			lost := &bytes.Buffer{}
			spools[i] = lost
			v = must(inSpools(t, &m, a, plain(content), spools[0], spools[1]))
			if lost.Len() > 0 {
				lost.Truncate(lost.Len() - 1)
				if _, err := v.WriteTo(io.Discard); err != io.ErrUnexpectedEOF {
					t.Errorf("%v, spool %d lost a byte: %v", a, i, err)
				}
			}
			whole.(*bytes.Buffer).Reset()
			spools[i] = whole
		}
	}
}

// A failingSpool cannot be written.
type failingSpool struct {
	bytes.Buffer
	err error
}

func (s *failingSpool) Write([]byte) (int, error) { return 0, s.err }

// TestEach ends making with the error of the callback, and gives the header.
func TestEach(t *testing.T) {
	enough := errors.New("enough")
	content := lcg(33 << 20)
	m := pccrc.Maker{ServerSecret: serverSecret, Range: pccrc.Range{Start: 1000}}
	for _, last := range []uint64{0, 1 << 62} {
		var starts []uint64
		f := func(s pccrc.Segment) error {
			starts = append(starts, s.Start)
			if s.Start >= 32<<20 && last == 0 {
				return enough
			}
			return nil
		}
		v1, err := m.EachV1(t.Context(), pccrc.SHA256, section(content), f)
		want := [2]uint32{1000, 1 << 20}
		if last == 0 {
			want = [2]uint32{}
		}
		if (err == enough) != (last == 0) || len(starts) != 2 || v1.Len() != 0 || [2]uint32{v1.DwOffsetInFirstSegment, v1.DwReadBytesInLastSegment} != want {
			t.Errorf("version 1: %v, segments at %d, %v", err, starts, v1)
		}
		starts = nil
		v2, err := m.EachV2(t.Context(), section(content), f)
		if n := len(starts); last == 0 && (err != enough || n != 513) ||
			last > 0 && (err != nil || n != 528 || v2.DwOffsetInFirstSegment != 1000 || v2.UllLengthOfRange != 33<<20-1000) || v2.Len() != 0 {
			t.Errorf("version 2: %v, %d segments, %v", err, n, v2)
		}
	}
}

// TestSmallSegments makes more segments than one piece has parts.
func TestSmallSegments(t *testing.T) {
	content := lcg(10001)
	m := pccrc.Maker{ServerSecret: serverSecret}
	for _, n := range []int{1, 2} {
		want := slowV2(content, sizes(len(content), n), pccrc.Range{Length: uint64(len(content))}, 0, false)
		m.SegmentSize, m.Cut = n, nil
		made(t, "fixed", want, content, &m, pccrc.TruncatedSHA512)
		m.Cut = func(b []byte) int { return min(n, len(b)) }
		made(t, "cut", want, content, &m, pccrc.TruncatedSHA512)
	}
}

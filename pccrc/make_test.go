package pccrc_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/pccrc"
)

// lcg returns the content of the recipe lcg: no two blocks are alike.
func lcg(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = 1664525*x + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

var serverSecret = pccrc.NewSecret([]byte("a server secret of any length"))

// plain is a content that is only an io.Reader.
func plain(b []byte) io.Reader { return iotest.HalfReader(bytes.NewReader(b)) }

// section is a content that has to be read, by several goroutines at once.
func section(b []byte) io.Reader {
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

// slowV1 makes Content Information of version 1.0 by the letter, in memory.
func slowV1(a pccrc.HashAlgorithm, content []byte, r pccrc.Range, openEnded bool) []byte {
	newHash, size := func() hash.Hash { return a.New() }, a.Size()
	sum := func(b []byte) []byte { h := newHash(); h.Write(b); return h.Sum(nil)[:size] }
	v := pccrc.NewV1(a)
	end := int(r.Start + r.Length)
	first := int(r.Start) / pccrc.MaxSegmentSizeV1
	for start := first * pccrc.MaxSegmentSizeV1; start < end; start += pccrc.MaxSegmentSizeV1 {
		segment := content[start:min(start+pccrc.MaxSegmentSizeV1, len(content))]
		var all, listed []byte
		for at := 0; at < len(segment); at += pccrc.BlockSizeV1 {
			b := sum(segment[at:min(at+pccrc.BlockSizeV1, len(segment))])
			all = append(all, b...)
			if start+at < end {
				listed = append(listed, b...)
			}
		}
		hod := sum(all)
		kp := hmac.New(newHash, serverSecret.Bytes())
		kp.Write(hod)
		if err := v.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: uint64(start), CbSegment: uint32(len(segment)), CbBlockSize: pccrc.BlockSizeV1,
			SegmentHashOfData: hod, SegmentSecret: pccrc.NewSecret(kp.Sum(nil)[:size]), BlockHashes: listed}); err != nil {
			panic(err)
		}
		if !openEnded {
			v.DwReadBytesInLastSegment = uint32(end - max(start, int(r.Start)))
		}
	}
	v.DwOffsetInFirstSegment = uint32(int(r.Start) - first*pccrc.MaxSegmentSizeV1)
	b, err := v.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// slowV2 makes Content Information of version 2.0 by the letter.
func slowV2(content []byte, sizes []int, r pccrc.Range, perChunk int, openEnded bool) []byte {
	var v pccrc.ContentInformationV2
	var chunk []pccrc.SegmentFieldsV2
	start, end, found := 0, int(r.Start+r.Length), false
	for i, n := range sizes {
		from := start
		start += n
		if start <= int(r.Start) || from >= end {
			continue
		}
		if !found {
			found = true
			v.UllStartInContent, v.UllIndexOfFirstSegment, v.DwOffsetInFirstSegment = uint64(from), uint64(i), uint32(int(r.Start)-from)
		}
		hod := sha512.Sum512(content[from:start])
		kp := hmac.New(sha512.New, serverSecret.Bytes())
		kp.Write(hod[:32])
		chunk = append(chunk, pccrc.SegmentFieldsV2{CbSegment: uint32(n), SegmentHashOfData: hod[:32], SegmentSecret: pccrc.NewSecret(kp.Sum(nil)[:32])})
		if len(chunk) == perChunk {
			if err := v.AppendChunk(chunk...); err != nil {
				panic(err)
			}
			chunk = nil
		}
	}
	if len(chunk) > 0 {
		if err := v.AppendChunk(chunk...); err != nil {
			panic(err)
		}
	}
	if !openEnded {
		v.UllLengthOfRange = r.Length
	}
	b, err := v.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// ranges are content ranges at every edge of blocks and segments.
func ranges(size int) (all []pccrc.Range) {
	edges := []int{0, 1, 65535, 65536, 65537, 131072, 32<<20 - 1, 32 << 20, 32<<20 + 1, 32<<20 + 65536, size - 1, size}
	for _, from := range edges {
		for _, to := range edges {
			if 0 <= from && from < to && to <= size {
				all = append(all, pccrc.Range{Start: uint64(from), Length: uint64(to - from)})
			}
		}
	}
	return all
}

func TestMakeV1(t *testing.T) {
	content := lcg(32<<20 + 270001)
	for _, a := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512} {
		for _, size := range []int{1, 65535, 65536, 65537, 32<<20 - 1, 32 << 20, 32<<20 + 1, len(content)} {
			if size > 1<<20 && a != pccrc.SHA256 {
				continue
			}
			whole := pccrc.Range{Length: uint64(size)}
			for _, m := range []pccrc.Maker{{}, {Range: whole}, {OpenEnded: true}, {Workers: 1}} {
				m.ServerSecret = serverSecret
				made(t, fmt.Sprint(a, size), slowV1(a, content[:size], whole, m.OpenEnded), content[:size], &m, a)
			}
		}
	}
	for _, r := range ranges(len(content)) {
		m := pccrc.Maker{ServerSecret: serverSecret, Range: r}
		made(t, fmt.Sprint(r), slowV1(pccrc.SHA256, content, r, false), content, &m, pccrc.SHA256)
	}
}

// inMemory makes Content Information: of version 2.0 for TruncatedSHA512.
func inMemory(t *testing.T, m *pccrc.Maker, a pccrc.HashAlgorithm, content io.Reader) (pccrc.ContentInformation, error) {
	if a == pccrc.TruncatedSHA512 {
		return m.V2(t.Context(), content)
	}
	return m.V1(t.Context(), a, content)
}

// inSpools is inMemory, but for where its result is.
func inSpools(t *testing.T, m *pccrc.Maker, a pccrc.HashAlgorithm, content io.Reader, segments, blocks io.ReadWriter) (io.WriterTo, error) {
	if a == pccrc.TruncatedSHA512 {
		return m.SpoolV2(t.Context(), content, segments)
	}
	return m.SpoolV1(t.Context(), a, content, segments, blocks)
}

// made compares what m makes of a content of any kind.
func made(t *testing.T, name string, want, content []byte, m *pccrc.Maker, a pccrc.HashAlgorithm) {
	t.Helper()
	memory := bytes.NewReader(content)
	_, _ = memory.ReadByte() // the first byte of the content is the first one all the same
	for kind, r := range map[string]io.Reader{"reader": plain(content), "reader at": section(content), "reader in memory": memory} {
		v, err := inMemory(t, m, a, r)
		if err != nil {
			t.Fatalf("%s from a %s: %v", name, kind, err)
		}
		got, err := v.AppendBinary(nil)
		if err != nil {
			t.Fatalf("%s from a %s: %v", name, kind, err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%s from a %s: %v, want %v", name, kind, v, must(pccrc.Decode(want)))
		}
		var written bytes.Buffer
		if n, err := v.WriteTo(&written); err != nil || n != int64(len(want)) || !bytes.Equal(written.Bytes(), want) {
			t.Fatalf("%s from a %s: WriteTo wrote %d bytes, %v", name, kind, n, err)
		}
	}
	for kind, r := range map[string]io.Reader{"reader": plain(content), "reader at": section(content)} {
		v, err := inSpools(t, m, a, r, new(bytes.Buffer), new(bytes.Buffer))
		if err != nil {
			t.Fatalf("%s in spools from a %s: %v", name, kind, err)
		}
		var written bytes.Buffer
		if n, err := v.WriteTo(&written); err != nil || n != int64(len(want)) || !bytes.Equal(written.Bytes(), want) {
			t.Fatalf("%s in spools from a %s: WriteTo wrote %d bytes, %v, that differ", name, kind, n, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sizes returns the sizes of segments of n bytes, the last one of the rest.
func sizes(total, n int) (all []int) {
	for ; total > 0; total -= n {
		all = append(all, min(n, total))
	}
	return all
}

func TestMakeV2(t *testing.T) {
	content := lcg(3<<20 + 17)
	for _, n := range []int{1000, 4096, 65536, 131071, 131072} {
		for _, size := range []int{1, n - 1, n, n + 1, len(content)} {
			all := sizes(size, n)
			whole := pccrc.Range{Length: uint64(size)}
			fixed := func(b []byte) int { return min(len(b), n) }
			for _, m := range []pccrc.Maker{{SegmentSize: n}, {Cut: fixed}, {SegmentSize: n, OpenEnded: true}, {SegmentSize: n, SegmentsPerChunk: 7}} {
				m.ServerSecret = serverSecret
				made(t, fmt.Sprint(n, size), slowV2(content[:size], all, whole, m.SegmentsPerChunk, m.OpenEnded), content[:size], &m, pccrc.TruncatedSHA512)
			}
		}
	}
	for _, n := range []int{40000, 65536, 131072} {
		all := sizes(len(content), n)
		for _, r := range ranges(len(content)) {
			for _, m := range []pccrc.Maker{{SegmentSize: n}, {Cut: func(b []byte) int { return min(len(b), n) }}} {
				m.ServerSecret, m.Range = serverSecret, r
				made(t, fmt.Sprint(n, r), slowV2(content, all, r, 0, false), content, &m, pccrc.TruncatedSHA512)
			}
		}
	}
}

// TestMakeProperty draws contents, cuts and ranges.
func TestMakeProperty(t *testing.T) {
	content := lcg(1 << 20)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, len(content)).Draw(t, "size")
		var all []int
		for left := size; left > 0; left -= all[len(all)-1] {
			all = append(all, min(left, rapid.SampledFrom([]int{1, 100, 5000, 65536, 70000, 131072}).Draw(t, "segment")))
			if len(all) == 40 {
				size -= left - all[len(all)-1]
				break
			}
		}
		from := rapid.IntRange(0, size-1).Draw(t, "from")
		r := pccrc.Range{Start: uint64(from), Length: uint64(rapid.IntRange(1, size-from).Draw(t, "length"))}
		perChunk := rapid.IntRange(0, 5).Draw(t, "segments per chunk")
		next := 0
		m := pccrc.Maker{ServerSecret: serverSecret, Range: r, SegmentsPerChunk: perChunk, Workers: rapid.IntRange(0, 4).Draw(t, "workers"),
			Cut: func([]byte) int { next++; return all[next-1] }}
		for _, in := range []io.Reader{plain(content[:size]), section(content[:size]), bytes.NewReader(content[:size])} {
			next = 0
			v2, err := m.V2(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := must(v2.AppendBinary(nil)), slowV2(content[:size], all, r, perChunk, false); !bytes.Equal(got, want) {
				t.Fatalf("%v, want %v", v2, must(pccrc.DecodeV2(want)))
			}
			next = 0
			if fresh, ok := in.(io.Seeker); ok {
				_, _ = fresh.Seek(0, io.SeekStart)
			} else {
				in = plain(content[:size])
			}
			var spooled bytes.Buffer
			if v, err := m.SpoolV2(context.Background(), in, new(bytes.Buffer)); err != nil {
				t.Fatal(err)
			} else if _, err := v.WriteTo(&spooled); err != nil || !bytes.Equal(spooled.Bytes(), must(v2.AppendBinary(nil))) {
				t.Fatalf("what is in a spool differs: %v", err)
			}
			verified, err := new(pccrc.Verifier).Verify(context.Background(), v2, bytes.NewReader(content[:size]), 0, func(m *pccrc.Mismatch) error { return m })
			if err != nil || verified.Matched != r.Length {
				t.Fatalf("%+v, %v", verified, err)
			}
		}
	})
}

func TestMakeErrors(t *testing.T) {
	broken := errors.New("the disk is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	content := lcg(400000)
	atEnd := func(b []byte) pccrc.Maker { return pccrc.Maker{Range: pccrc.Range{Length: uint64(len(b)) + 1}} }
	for _, c := range []struct {
		name    string
		maker   pccrc.Maker
		ctx     context.Context
		content func() io.Reader
		want    error
		offset  int64 // of a ContentError, or -1
	}{
		{"empty", pccrc.Maker{}, nil, func() io.Reader { return plain(nil) }, pccrc.ErrEmpty, -1},
		{"empty at", pccrc.Maker{}, nil, func() io.Reader { return bytes.NewReader(nil) }, pccrc.ErrEmpty, -1},
		{"empty section", pccrc.Maker{}, nil, func() io.Reader { return section(nil) }, pccrc.ErrEmpty, -1},
		{"range behind section", pccrc.Maker{Range: pccrc.Range{Start: 400000}}, nil, func() io.Reader { return section(content) }, pccrc.ErrRange, -1},
		{"range behind", pccrc.Maker{Range: pccrc.Range{Start: 400000}}, nil, func() io.Reader { return plain(content) }, pccrc.ErrRange, -1},
		{"range behind at", pccrc.Maker{Range: pccrc.Range{Start: 400000}}, nil, func() io.Reader { return bytes.NewReader(content) }, pccrc.ErrRange, -1},
		{"range far behind", pccrc.Maker{Range: pccrc.Range{Start: 1 << 60, Length: 1<<64 - 1}}, nil, func() io.Reader { return bytes.NewReader(content) }, pccrc.ErrRange, -1},
		{"range too long", atEnd(content), nil, func() io.Reader { return plain(content) }, pccrc.ErrRange, -1},
		{"range too long at", atEnd(content), nil, func() io.Reader { return bytes.NewReader(content) }, pccrc.ErrRange, -1},
		{"longest range", pccrc.Maker{Range: pccrc.Range{Start: 1, Length: 1<<64 - 1}}, nil, func() io.Reader { return plain(content) }, pccrc.ErrRange, -1},
		{"open before the end", pccrc.Maker{OpenEnded: true, Range: pccrc.Range{Length: 5}}, nil, func() io.Reader { return plain(content) }, pccrc.ErrRange, -1},
		{"fails", pccrc.Maker{}, nil, func() io.Reader { return io.MultiReader(plain(content), iotest.ErrReader(broken)) }, broken, 400000},
		{"fails at", pccrc.Maker{}, nil, func() io.Reader { return io.NewSectionReader(failing{content, broken}, 0, 400000) }, broken, 300000},
		{"is shorter than it says", pccrc.Maker{}, nil, func() io.Reader { return io.NewSectionReader(bytes.NewReader(content), 0, 400001) }, io.ErrUnexpectedEOF, 400000},
		{"canceled", pccrc.Maker{}, ctx, func() io.Reader { return plain(content) }, broken, -1},
	} {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		for version, make := range map[string]func() error{
			"1.0": func() error { _, err := c.maker.V1(c.ctx, pccrc.SHA256, c.content()); return err },
			"2.0": func() error { _, err := c.maker.V2(c.ctx, c.content()); return err },
			"2.0, cut": func() error {
				c.maker.Cut = func(b []byte) int { return len(b) }
				_, err := c.maker.V2(c.ctx, c.content())
				return err
			},
		} {
			err := make()
			var at *pccrc.ContentError
			if !errors.Is(err, c.want) || errors.As(err, &at) != (c.offset >= 0) || at != nil && at.Offset != uint64(c.offset) {
				t.Errorf("%s, version %s: %v, want %v at %d", c.name, version, err, c.want, c.offset)
			}
		}
	}
	if _, err := new(pccrc.Maker).V1(t.Context(), pccrc.TruncatedSHA512, plain(content)); !errors.Is(err, pccrc.ErrHashAlgorithm) {
		t.Error(err)
	}
	for _, n := range []int{0, -1, 131073} {
		m := pccrc.Maker{Cut: func([]byte) int { return n }}
		if _, err := m.V2(t.Context(), plain(content)); !errors.Is(err, pccrc.ErrCut) {
			t.Errorf("cut %d: %v", n, err)
		}
	}
	for _, n := range []int{-1, 131073} {
		m := pccrc.Maker{SegmentSize: n}
		if _, err := m.V2(t.Context(), plain(content)); !errors.Is(err, pccrc.ErrCut) {
			t.Errorf("size %d: %v", n, err)
		}
	}
}

// failing cannot be read beyond offset 300000.
type failing struct {
	b   []byte
	err error
}

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	n := copy(b, f.b[min(at, 300000):300000])
	if n < len(b) {
		return n, f.err
	}
	return n, nil
}

// TestWriteTo passes on the errors of a writer, and writes nothing that violates a rule.
func TestWriteTo(t *testing.T) {
	full := errors.New("the disk is full")
	m := pccrc.Maker{ServerSecret: serverSecret}
	v1, v2 := must(m.V1(t.Context(), pccrc.SHA256, plain(lcg(1000)))), must(m.V2(t.Context(), plain(lcg(1000))))
	for _, v := range []pccrc.ContentInformation{v1, v2} {
		for room := range v.EncodedLen() {
			w := &limited{room: room, err: full}
			if n, err := v.WriteTo(w); err != full || n != int64(room) {
				t.Fatalf("%v, room for %d bytes: %d, %v", v, room, n, err)
			}
		}
	}
	v1.DwReadBytesInLastSegment++
	v2.DwOffsetInFirstSegment = 1000
	for _, v := range []pccrc.ContentInformation{v1, v2} {
		var violation *pccrc.Error
		if n, err := v.WriteTo(&limited{}); n != 0 || !errors.As(err, &violation) {
			t.Errorf("%v: %d bytes, %v", v, n, err)
		}
	}
}

// limited has room for some bytes.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.room {
		return l.room, l.err
	}
	l.room -= len(b)
	return len(b), nil
}

// TestProgress: Progress gets increasing numbers, and at last that of all bytes.
func TestProgress(t *testing.T) {
	content := lcg(3 << 20)
	for name, m := range map[string]*pccrc.Maker{"1.0": {}, "2.0": {}, "2.0, cut": {Cut: func(b []byte) int { return min(len(b), 50000) }}} {
		last := uint64(0)
		m.Progress = func(n uint64) {
			if n <= last {
				t.Errorf("version %s: %d after %d", name, n, last)
			}
			last = n
		}
		var err error
		if name == "1.0" {
			_, err = m.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
		} else {
			_, err = m.V2(t.Context(), bytes.NewReader(content))
		}
		if err != nil || last != uint64(len(content)) {
			t.Errorf("version %s: %v, %d bytes", name, err, last)
		}
	}
}

// TestCancel cancels in the middle, which ends everything.
func TestCancel(t *testing.T) {
	stopped := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	m := pccrc.Maker{Progress: func(uint64) { cancel(stopped) }}
	if _, err := m.V1(ctx, pccrc.SHA256, endless{}); !errors.Is(err, stopped) {
		t.Error(err)
	}
	if _, err := m.V2(ctx, endless{}); !errors.Is(err, stopped) {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

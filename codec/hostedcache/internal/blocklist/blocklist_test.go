package blocklist

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/pccrc"
)

// described is a segment with the block hashes that make its HoD.
type described struct {
	algorithm pccrc.HashAlgorithm
	size      uint32
	hashes    [][]byte
	hod       []byte
}

// describe makes up a segment of size bytes.
func describe(t *testing.T, algorithm pccrc.HashAlgorithm, size uint32, seed byte) described {
	t.Helper()
	d := described{algorithm: algorithm, size: size}
	for i := range (size + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1 {
		d.hashes = append(d.hashes, bytes.Repeat([]byte{seed, byte(i)}, algorithm.Size()/2))
	}
	var err error
	if d.hod, err = algorithm.AppendHash(nil, bytes.Join(d.hashes, nil)); err != nil {
		t.Fatal(err)
	}
	return d
}

// info returns Content Information that says the segment has size bytes, lists these of
// its hashes, and begins at offset.
func (d *described) info(t *testing.T, size, offset uint32, hashes ...[]byte) *pccrc.ContentInformationV1 {
	t.Helper()
	v := pccrc.NewV1(d.algorithm)
	v.DwOffsetInFirstSegment = offset
	s := pccrc.SegmentFieldsV1{
		CbSegment: size, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: d.hod, SegmentSecret: pccrc.NewSecret(make([]byte, d.algorithm.Size())),
		BlockHashes: bytes.Join(hashes, nil),
	}
	if err := v.Append(s); err != nil {
		t.Fatal(err)
	}
	return &v
}

// A list of block hashes is complete only if the HoD proves it: whatever a client
// leaves out, repeats, moves or claims.
func TestRemembersSegments(t *testing.T) {
	const block = pccrc.BlockSizeV1
	for _, algorithm := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512} {
		three := describe(t, algorithm, 3*block, 7)
		a, b, c := three.hashes[0], three.hashes[1], three.hashes[2]
		x := bytes.Repeat([]byte{0xEE}, algorithm.Size())
		type info struct {
			size, offset uint32
			hashes       [][]byte
		}
		all := info{3 * block, 0, three.hashes}
		for name, test := range map[string]struct {
			infos    []info
			complete bool
		}{
			"nothing":                             {nil, false},
			"all":                                 {[]info{all}, true},
			"all, in the last block":              {[]info{{3*block - 1, 2 * block, three.hashes}}, true},
			"one too few":                         {[]info{{3 * block, 0, [][]byte{a, b}}}, false},
			"the last one only":                   {[]info{{3 * block, 2 * block, [][]byte{c}}}, false},
			"in two parts":                        {[]info{{3 * block, 2 * block, [][]byte{c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"in two parts that overlap":           {[]info{{3 * block, block, [][]byte{b, c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"a part, then all":                    {[]info{{3 * block, block, [][]byte{b, c}}, all}, true},
			"all, then a part":                    {[]info{all, {3 * block, block, [][]byte{x}}}, true},
			"all, then lies":                      {[]info{all, {3 * block, 0, [][]byte{x, x, x}}, {block, 0, [][]byte{x}}}, true},
			"lies":                                {[]info{{3 * block, 0, [][]byte{x, x, x}}}, false},
			"lies, then all":                      {[]info{{3 * block, 0, [][]byte{x, x, x}}, all}, true},
			"lies, then all in parts":             {[]info{{3 * block, 0, [][]byte{x, x, x}}, {3 * block, 2 * block, [][]byte{c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"a part that is elsewhere":            {[]info{{3 * block, 0, [][]byte{b, c}}, {3 * block, 2 * block, [][]byte{c}}}, false},
			"a segment that is said to be short":  {[]info{{1, 0, [][]byte{a}}}, false},
			"a segment that is said to be long":   {[]info{{4 * block, 0, three.hashes}}, false},
			"the same, then all":                  {[]info{{4 * block, 0, three.hashes}, all}, true},
			"short, then all":                     {[]info{{1, 0, [][]byte{a}}, all}, true},
			"more than there are":                 {[]info{{3 * block, 0, [][]byte{a, b, c, x, x}}}, true},
			"in another order":                    {[]info{{3 * block, 0, [][]byte{a, c, b}}}, false},
			"no bytes":                            {[]info{{0, 0, [][]byte{a}}}, false},
			"more than a segment can have":        {[]info{{1<<32 - 1, 0, three.hashes}}, false},
			"the offset is outside of it, though": {[]info{{3 * block, 4 * block, three.hashes}}, true},
		} {
			var lists Lists
			hoHoDk := three.info(t, 1, 0, a).AppendHoHoDk(nil, 0)
			for _, i := range test.infos {
				if got := lists.Learn(three.info(t, i.size, i.offset, i.hashes...), 1<<20); !bytes.Equal(got, hoHoDk) {
					t.Errorf("%s: HoHoDk is %x", name, got)
				}
			}
			if got := lists.Get(string(hoHoDk)); (got != nil) != test.complete {
				t.Errorf("%v, %s: the list is complete: %t", algorithm, name, got != nil)
			}
		}
	}
}

// What clients claim costs no more memory than what they send, within the limit.
func TestMemoryIsBounded(t *testing.T) {
	d := describe(t, pccrc.SHA512, 1, 1)
	const most = 1 << 20
	var l Lists
	for i := range 200 {
		d.hod[0] = byte(i)
		list := make([][]byte, 1+i*2)
		for j := range list {
			list[j] = d.hod
		}
		for _, size := range []uint32{1<<32 - 1, 7, pccrc.MaxSegmentSizeV1} {
			l.Learn(d.info(t, size, size-1, list...), most)
		}
		if sum := 0; l.bytes > most || len(l.oldest) != len(l.lists) {
			t.Fatalf("%d bytes, %d and %d segments", l.bytes, len(l.oldest), len(l.lists))
		} else {
			for _, s := range l.lists {
				sum += s.bytes
			}
			if sum != l.bytes {
				t.Fatalf("%d bytes, not %d", sum, l.bytes)
			}
		}
	}
	if len(l.lists) < 10 || len(l.lists) == 200 {
		t.Errorf("%d segments are known", len(l.lists))
	}
}

func TestForgetsTheOldest(t *testing.T) {
	const most = 3000
	var l Lists
	var keys [][]byte
	for i := range 30 {
		d := describe(t, pccrc.SHA256, 4*pccrc.BlockSizeV1, byte(i))
		v := d.info(t, d.size, 0, d.hashes...)
		hoHoDk := v.AppendHoHoDk(nil, 0)
		for range 2 { // the second time makes no difference
			l.Learn(v, most)
		}
		keys = append(keys, hoHoDk)
		if l.bytes > most || l.Get(string(hoHoDk)) == nil {
			t.Fatalf("%d bytes after %d segments", l.bytes, i+1)
		}
	}
	known := 0
	for i, k := range keys {
		if l.Get(string(k)) != nil {
			known++
		} else if known > 0 {
			t.Errorf("segment %d is forgotten, an older one is not", i)
		}
	}
	if known < 2 || known == len(keys) || len(l.oldest) != known || len(l.lists) != known {
		t.Errorf("%d segments are known, of %d and %d", known, len(l.oldest), len(l.lists))
	}
}

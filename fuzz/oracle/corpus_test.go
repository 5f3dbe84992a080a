package oracle_test

import (
	"errors"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// Both readings agree on every vector, valid or not, whole and cut.
func TestCorpus(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		check := oracle.CheckRequest
		switch v.Kind {
		case corpus.Response:
			check = func(b []byte) error { return oracle.CheckResponse(b, v.RequestType) }
		case corpus.Content:
			check = func(b []byte) error { return errors.Join(oracle.CheckContentV1(b), oracle.CheckContentV2(b)) }
		}
		if err := check(v.Bytes); err != nil {
			t.Errorf("%s: %v", v.ID, err)
		}
		// All fields of all kinds stand within the first 300 bytes.
		for n := range min(len(v.Bytes), 300) {
			if err := check(v.Bytes[:n]); err != nil {
				t.Errorf("%s, %d bytes: %v", v.ID, n, err)
			}
		}
	}
}

// Both readings agree which of two sender rules comes first.
func TestTwoViolations(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range vectors {
		if v.Message != "SEGMENT_INFO_MESSAGE" || !v.Valid {
			continue
		}
		for _, sets := range [][2]byte{{1, 0}, {1, 1}, {0, 1}, {2, 1}} {
			b := append([]byte(nil), v.Bytes...)
			// dwOffsetInFirstSegment, and dwReadBytesInLastSegment a little
			// below the segment's length, with another block size.
			copy(b[38:], []byte{sets[0], 0, 0, 0})
			copy(b[42:46], b[58:62])
			b[42] -= sets[1]
			b[62]++
			if err := oracle.CheckRequest(b); err != nil {
				t.Errorf("%s: %v", v.ID, err)
			}
			n++
		}
	}
	if n == 0 {
		t.Error("no vector was looked at")
	}
}

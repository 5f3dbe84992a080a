package oracle

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/spec"
)

// A told is what a client says of a segment in a SEGMENT_INFO_MESSAGE.
type told struct {
	cbSegment, offset, read uint32
	hod                     []byte
	hashes                  [][]byte
}

func (s *told) message() []byte {
	b := append([]byte{0, 1, 0, 2, 0, 0, 0, 0, 0x1f, 0x90}, make([]byte, 6+16)...)
	b = binary.LittleEndian.AppendUint32(append(b, 0, 1), 0x800C)
	for _, v := range []uint32{s.offset, s.read, 1, 0, 0, s.cbSegment, 65536} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = append(append(b, s.hod...), segmentSecret...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.hashes)))
	return append(b, bytes.Join(s.hashes, nil)...)
}

var segmentSecret = make([]byte, 32)

// spoiled changes s as a client may that lists a part, or is wrong.
func (s told) spoiled(random *rand.Rand) told {
	n := len(s.hashes)
	switch first := random.IntN(n); random.IntN(7) {
	case 0:
		s.cbSegment = random.Uint32N(8 * 65536)
	case 1:
		s.cbSegment = random.Uint32()
	case 2:
		s.offset, s.hashes = uint32(first)*65536, s.hashes[first:]
	case 3:
		s.read, s.hashes = uint32(first+1)*65536, s.hashes[:first+1]
	case 4:
		last := first + 1 + random.IntN(n-first)
		s.offset, s.read, s.hashes = uint32(first)*65536, uint32(last-first)*65536, s.hashes[first:last]
	case 5:
		s.offset, s.read = random.Uint32N(s.cbSegment), random.Uint32N(2*s.cbSegment)
	case 6:
		s.hashes = slices.Clone(s.hashes)
		s.hashes[first] = s.hod
	}
	return s
}

// TestHostedCaches: the hosted cache of package codec and that of package spec give the
// same answers, whatever clients list of a segment and wherever they are wrong. OK means
// that the HoD proves the list, and one right list is enough for it.
func TestHostedCaches(t *testing.T) {
	from := netip.MustParseAddr("192.0.2.1")
	codes := map[uint8]int{}
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 0))
		right := told{cbSegment: 1 + random.Uint32N(6*65536)}
		for i := range (right.cbSegment + 65535) / 65536 {
			hash := sha256.Sum256([]byte{byte(seed), byte(seed >> 8), byte(i)})
			right.hashes = append(right.hashes, hash[:])
		}
		hod := sha256.Sum256(bytes.Join(right.hashes, nil))
		right.hod = hod[:]
		mac := hmac.New(sha256.New, segmentSecret)
		mac.Write(append(hod[:], "M\x00S\x00_\x00P\x002\x00P\x00_\x00C\x00A\x00C\x00H\x00I\x00N\x00G\x00\x00\x00"...))
		offer := mac.Sum(append([]byte{0, 1, 0, 1, 0, 0, 0, 0, 0x1f, 0x90}, make([]byte, 6)...))
		hoHoDk := offer[16:]

		server, cache := spec.Server{Windows: seed%2 == 0}, hostedcache.Cache{Windows: seed%2 == 0}
		// receive returns the code of the answer, 0xFF for none.
		receive := func(message []byte) uint8 {
			recorder := httptest.NewRecorder()
			cache.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, spec.PathV1, bytes.NewReader(message)))
			answer, code := []byte(nil), uint8(0xFF)
			if r, ok := server.Receive(spec.Post{From: from, URL: 1}, message)[0].(spec.Respond); ok {
				answer, code = r.Message(), r.Code
			}
			if !bytes.Equal(recorder.Body.Bytes(), answer) {
				t.Fatalf("seed %d: package codec answers %x, spec %x, to %x", seed, recorder.Body.Bytes(), answer, message)
			}
			codes[code]++
			return code
		}
		for range 12 {
			s := right.spoiled(random)
			message := s.message()
			if random.IntN(8) == 0 {
				message = message[:len(message)-1-random.IntN(30)]
			}
			receive(message)
			known, _ := server.Segment(string(hoHoDk))
			if proven := slices.EqualFunc(known.BlockHashes, right.hashes, func(a spec.BlockHash, b []byte) bool { return a.Hash == string(b) }); receive(offer) == spec.CodeOK && !proven {
				t.Fatalf("seed %d: OK without the block hashes", seed)
			}
		}
		receive(right.message())
		if receive(offer) != spec.CodeOK {
			t.Fatalf("seed %d: the whole list is not enough", seed)
		}
	}
	if len(codes) != 3 {
		t.Errorf("answers are %v", codes)
	}
}

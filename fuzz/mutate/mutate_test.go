package mutate_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

var kinds = fuzz.Kinds()

// try mutates a message, and fails if that writes where it should not.
func try(t *testing.T, r *rand.Rand, m, other fuzz.Message) []byte {
	t.Helper()
	const before = "before"
	room := append(slices.Clone(m.Bytes), "behind"...)
	theirs := append(slices.Clone(other.Bytes), "behind"...)
	dst := append(make([]byte, 0, r.IntN(2)*(mutate.MaxLen+100)), before...)
	got := mutate.Append(dst, r, fuzz.Message{Kind: m.Kind, Bytes: room[:len(m.Bytes)]}, fuzz.Message{Kind: other.Kind, Bytes: theirs[:len(other.Bytes)]})
	if !bytes.HasPrefix(got, []byte(before)) {
		t.Fatal("what dst held is not there any more")
	}
	if !bytes.Equal(room[:len(m.Bytes)], m.Bytes) || !bytes.HasSuffix(room, []byte("behind")) ||
		!bytes.Equal(theirs[:len(other.Bytes)], other.Bytes) || !bytes.HasSuffix(theirs, []byte("behind")) {
		t.Fatal("a message was written to")
	}
	if got = got[len(before):]; len(got) > mutate.MaxLen {
		t.Fatalf("%d bytes", len(got))
	}
	return got
}

// Anything can be mutated, and what comes out again: nothing panics, nothing is
// written to that is only to be read, and few mutations change nothing.
func TestAppend(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, kind := range append([]spec.Kind{0, spec.ContentV2, 99}, kinds...) {
		same, n := 0, 6000
		m := generate.Valid(r, kinds[r.IntN(len(kinds))])
		for range n {
			other := generate.Valid(r, kinds[r.IntN(len(kinds))])
			switch r.IntN(8) {
			case 0, 1:
				m = generate.Valid(r, kinds[r.IntN(len(kinds))])
			case 2:
				m = generate.Broken(r, generate.Rules()[r.IntN(len(generate.Rules()))])
			case 3:
				m.Bytes = make([]byte, r.IntN(40))
				for i := range m.Bytes {
					m.Bytes[i] = byte(r.Uint32())
				}
			case 4:
				m.Bytes = m.Bytes[:r.IntN(len(m.Bytes)+1)]
			case 5:
				other = m
			}
			if r.IntN(500) == 0 {
				m.Bytes = slices.Repeat(append(m.Bytes, 1), 3*mutate.MaxLen/(len(m.Bytes)+1))
			}
			if kind != spec.Request {
				m.Kind = kind
			}
			got := try(t, r, m, other)
			if bytes.Equal(got, m.Bytes) {
				same++
			}
			m.Bytes = got
		}
		if same > n/50 {
			t.Errorf("kind %d: %d of %d mutations changed nothing", kind, same, n)
		}
	}
}

// The same choices make the same mutation.
func TestDeterministic(t *testing.T) {
	a, b := rand.New(rand.NewPCG(3, 2)), rand.New(rand.NewPCG(3, 2))
	for range 2000 {
		m, other := generate.Valid(a, spec.Request), generate.Valid(a, spec.Content)
		generate.Valid(b, spec.Request)
		generate.Valid(b, spec.Content)
		if !bytes.Equal(mutate.Append(nil, a, m, other), mutate.Append(nil, b, m, other)) {
			t.Fatal("two mutations by the same choices differ")
		}
	}
}

// Some thousands of mutations of valid messages break each rule, and are not
// all broken.
func TestBreaksRules(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	broken, valid, n := make(map[string]int), 0, 20000*len(kinds)
	for i := range n {
		kind := kinds[i%len(kinds)]
		m := fuzz.Message{Kind: kind, Bytes: mutate.Append(nil, r, generate.Valid(r, kind), generate.Valid(r, kind))}
		if len(m.Bytes) > 2000 {
			continue
		}
		d := m.Dissect()
		for _, b := range d.Violations {
			broken[b.Rule]++
		}
		if d.Valid() {
			valid++
		}
	}
	for _, rule := range generate.Rules() {
		// Batches of 128 descriptors are long, and so are requests above the limit. Units are
		// one byte in an extensible blob: about one mutation in 200 000 gives it a value that is a rule's matter.
		rare := rule == "PCHC-2.2.1.5-MaxDescriptors" || rule == "PCCRR-2.2.3-MsgSizeLimit" || rule == "PCCRR-2.2.6.1-Units"
		if !rare && broken[rule] == 0 {
			t.Errorf("no mutation breaks %s", rule)
		}
	}
	if valid < n/20 {
		t.Errorf("only %d of %d mutations are valid", valid, n)
	}
	t.Log(valid, broken)
}

func TestAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m, other := generate.Simplest("BATCHED_OFFER_MESSAGE"), generate.Simplest("SEGMENT_INFO_MESSAGE")
	dst := make([]byte, 0, 2*mutate.MaxLen)
	mutate.Append(dst, r, m, other) // the dictionary is read once
	testutil.Allocs(t, 0, func() { mutate.Append(dst, r, m, other) })
}

func BenchmarkAppend(b *testing.B) {
	for _, name := range []string{"INITIAL_OFFER_MESSAGE", "BATCHED_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE", "CONTENT_INFORMATION_V2"} {
		b.Run(name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(3, 5))
			m := generate.Simplest(name)
			other := generate.Valid(r, m.Kind)
			dst := make([]byte, 0, mutate.MaxLen)
			b.SetBytes(int64(len(m.Bytes)))
			b.ReportAllocs()
			for b.Loop() {
				dst = mutate.Append(dst[:0], r, m, other)
			}
		})
	}
}

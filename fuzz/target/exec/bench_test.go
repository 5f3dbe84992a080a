package exec_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"
	"github.com/hostedcache/pchc/spec"
)

// mix is what a campaign tries: mostly small messages, of all kinds, valid and
// nearly so, and a full batch in every hundred.
func mix() []fuzz.Message {
	r := rand.New(rand.NewPCG(3, 4))
	rules := generate.Rules()
	var messages []fuzz.Message
	for len(messages) < 990 {
		m := generate.Valid(r, []spec.Kind{spec.Request, spec.Response, spec.Content}[len(messages)%3])
		if len(messages)%2 == 0 {
			m = generate.Broken(r, rules[r.IntN(len(rules))])
		}
		if len(m.Bytes) < 1000 {
			messages = append(messages, m)
		}
	}
	full := generate.BatchedOffer{Envelope: generate.Envelope{MajorVersion: 2, Type: 3, Port: 80}}
	for range 128 {
		full.SegmentDescriptors = append(full.SegmentDescriptors, generate.Descriptor{SizeOfContentTag: 16, ContentTag: make([]byte, 16), HashAlgorithm: 1, SegmentHoHoDk: make([]byte, 32)})
	}
	for range 10 {
		messages = append(messages, fuzz.Message{Kind: spec.Request, Bytes: full.Append(nil)})
	}
	r.Shuffle(len(messages), func(i, k int) { messages[i], messages[k] = messages[k], messages[i] })
	return messages
}

// Messages that one session tries in a second, dissecting them included.
func BenchmarkExec(b *testing.B) {
	for _, c := range []struct {
		name   string
		target func(testing.TB) target.Target
	}{
		{"go", func(b testing.TB) target.Target { return child(b, "answers at once", exec.Options{}) }},
		{"c", func(b testing.TB) target.Target { return exec.New(exampleC(b), exec.Options{}) }},
		{"pchc", func(b testing.TB) target.Target {
			return exec.New(targettest.Pchc(b)+" decode --json", exec.Options{})
		}},
		{"python", func(b testing.TB) target.Target { return exec.New(examplePython(b), exec.Options{}) }},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkExec(b, openChild(b, c.target(b))) })
	}
}

func benchmarkExec(b *testing.B, s target.Session) {
	messages := mix()
	bytes := 0
	for _, m := range messages {
		bytes += len(m.Bytes)
	}
	var cases []target.Case
	n := 0
	for b.Loop() {
		for some := range slices.Chunk(messages, 250) {
			cases = cases[:0]
			for _, m := range some {
				cases = append(cases, target.NewCase(m))
			}
			tried, err := s.Try(b.Context(), cases, func(i int, d *fuzz.Difference) { b.Error(d) })
			if err != nil {
				b.Fatal(err)
			}
			n += tried
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(bytes)/float64(len(messages)), "bytes/message")
	b.ReportMetric(float64(s.Restarts()), "restarts")
}

package target_test

import (
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
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
	for name, command := range map[string]func(testing.TB) string{
		"c":      exampleC,
		"python": examplePython,
		"pchc":   func(t testing.TB) string { return build(t, "github.com/hostedcache/pchc/cmd/pchc") + " decode --json" },
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b, command(b), target.ExecOptions{})
			messages := mix()
			bytes := 0
			for _, m := range messages {
				bytes += len(m.Bytes)
			}
			var cases []target.Case
			n := 0
			for b.Loop() {
				for at := 0; at < len(messages); at += 250 {
					cases = cases[:0]
					for _, m := range messages[at:min(at+250, len(messages))] {
						cases = append(cases, target.NewCase(m))
					}
					if tried, err := s.Try(b.Context(), cases, func(i int, d *fuzz.Difference) { b.Error(d) }); err != nil {
						b.Fatal(err)
					} else {
						n += tried
					}
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(bytes)/float64(len(messages)), "bytes/message")
			b.ReportMetric(float64(s.Restarts()), "restarts")
		})
	}
}

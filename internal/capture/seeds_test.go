package capture

import "github.com/hostedcache/pchc/internal/capture/capturetest"

// fuzzSeeds are small captures of every format, link type and HTTP shape.
func fuzzSeeds() (seeds [][]byte) {
	trace, _ := small()
	trace.Packets = trace.Packets[:12]
	for _, f := range containers {
		seeds = append(seeds, trace.Encode(f))
	}
	for _, f := range links {
		seeds = append(seeds, trace.Encode(f))
	}
	for _, test := range exchangeTests {
		if b := test.trace(1460).Encode(capturetest.Format{}); len(b) < 8<<10 {
			seeds = append(seeds, b)
		}
	}
	return seeds
}

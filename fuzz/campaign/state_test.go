package campaign

import (
	"math"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

func TestNthText(t *testing.T) {
	for want, n := range map[string]Nth{
		"at message no. 10000 of the process, whatever the messages are":                    {Number: 10000, Exact: true, Counts: CountsAll},
		"from about message no. 5000 of the process on, whatever the messages are":          {Number: 5000, Onward: true, Counts: CountsAll},
		"at every 1000th message of the process, whatever the messages are":                 {Number: 1000, Exact: true, Every: true, Counts: CountsAll},
		"at malformed message no. 1500 to the process, whatever the malformed messages are": {Number: 1500, Exact: true, Counts: CountsMalformed},
		"when a process gets this message for the 2nd time, and from then on":               {Number: 2, Exact: true, Onward: true, Counts: CountsSame},
		"when a process gets this message for about the 1003rd time":                        {Number: 1003, Counts: CountsSame},
		"at every 11th valid message to the process, whatever the valid messages are":       {Number: 11, Exact: true, Every: true, Counts: CountsValid},
		"when a process gets this message for the 111th time, and at each multiple":         {Number: 111, Exact: true, Every: true, Counts: CountsSame},
	} {
		if got := n.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestNthIncludes(t *testing.T) {
	for _, test := range []struct {
		n    Nth
		yes  []int
		no   []int
		what string
	}{
		{Nth{Number: 10000, Exact: true, Counts: CountsAll}, []int{9900, 10000, 10100}, []int{5000, 20000}, "once"},
		{Nth{Number: 1000, Exact: true, Every: true, Counts: CountsAll}, []int{1000, 3000, 2999, 3001}, []int{500, 3002}, "every"},
		{Nth{Number: 5000, Onward: true, Counts: CountsAll}, []int{5000, 90000}, []int{1000}, "onward"},
		{Nth{Number: 1500, Counts: CountsMalformed}, []int{1500, 4000}, []int{100}, "of some"},
	} {
		for _, number := range test.yes {
			if !test.n.includes(number) {
				t.Errorf("%s: %d is none", test.what, number)
			}
		}
		for _, number := range test.no {
			if test.n.includes(number) {
				t.Errorf("%s: %d is one", test.what, number)
			}
		}
	}
}

// The limits are those of tables of the Poisson distribution.
func TestRate(t *testing.T) {
	for _, test := range []struct {
		failures  int64
		low, high float64 // failures
	}{{2, 0.242, 7.22}, {10, 4.80, 18.39}, {50, 37.1, 65.9}} {
		r := Rate{Failures: test.failures, Messages: 1_000_000}
		least, most := r.Interval()
		if low, high := 1e6/most, 1e6/least; math.Abs(low/test.low-1) > 0.08 || math.Abs(high/test.high-1) > 0.08 {
			t.Errorf("%d failures: %.3f to %.2f", test.failures, low, high)
		}
		if shows := r.Shows(r.repeat()); math.Abs(shows-Confidence) > 0.001 {
			t.Errorf("%d failures: a replay of %d messages shows it with %v", test.failures, r.repeat(), shows)
		}
	}
}

func TestRole(t *testing.T) {
	offer := generate.Simplest("BATCHED_OFFER_MESSAGE")
	other := offer.Clone()
	other.Bytes[42] = 2
	for want, m := range map[string]fuzz.Message{
		"a valid BATCHED_OFFER_MESSAGE of 75 bytes":                                                  offer,
		"an invalid BATCHED_OFFER_MESSAGE (SegmentDescriptor[0].HashAlgorithm is 2, must be 1 or 4)": other,
		"a valid RESPONSE_MESSAGE of 5 bytes with ResponseCode 1":                                    {Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, 1}},
	} {
		if got := Role(m); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

package serve

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// segmentsOf makes Content Information of so many segments, each of its own content.
func segmentsOf(t testing.TB, n int) (all []pccrc.ContentInformationV1) {
	t.Helper()
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("x"))}
	for i := range n {
		info, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 1000)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info)
	}
	return all
}

// play is a conversation in words, an event each: "1.5 offer 0 a" is a request named a about
// segment 0 at 1.5 ticks, "1.6 a right" what the server then does with it.
func play(t *testing.T, story string) *judge {
	t.Helper()
	const tick = time.Second
	segments := segmentsOf(t, 2)
	j := newJudge(timers{tick, tick / 2})
	open := map[string]*exchange{}
	n := 0
	var now time.Duration
	for event := range strings.SplitSeq(story, ", ") {
		words := strings.Fields(event)
		at, err := time.ParseDuration(words[0] + "s")
		if err != nil {
			t.Fatal(err)
		}
		now = at
		if e := open[words[1]]; e != nil {
			b, ok := behaviourOf(words[2])
			if !ok {
				t.Fatal(event)
			}
			right := answerOK
			if e.typ == Offer {
				right = answerInterested
			}
			a := answerOf(b, right)
			if b.when == never {
				j.silent(now, e, b)
			} else {
				j.answered(now, e, b, &a, len(words) < 4)
			}
			continue
		}
		n++
		e := &exchange{number: n, connection: n, from: netip.MustParseAddrPort("127.0.0.1:9999"), to: netip.MustParseAddrPort("127.0.0.1:443"), at: now,
			typ: Type(words[1]), kind: spec.Request, method: "POST", path: spec.PathV1, tls: true}
		segment := segments[words[2][0]-'0']
		switch {
		case e.typ == Offer:
			e.message, err = codec.NewInitialOfferMessage(80, segment.AppendHoHoDk(nil, 0)).MarshalBinary()
		case e.typ == Info:
			e.message, err = codec.NewSegmentInfoMessage(80, codec.ContentTag{}, segment).MarshalBinary()
		default:
			e.path, e.tls = spec.PathV2, false
			var list codec.SegmentDescriptors
			if list, err = (codec.SegmentDescriptors{}).AppendSegments(codec.ContentTag{}, segment.Segments()); err == nil {
				for m := range codec.SplitDescriptors(80, list) {
					e.message, err = m.MarshalBinary()
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(words) > 4 {
			e.scheme = words[4]
		}
		open[words[3]] = e
		j.request(now, e)
	}
	j.over(now+10*tick, j.negotiated)
	return j
}

// Each story has what a client does wrong in it, in order; "" is right.
func TestJudge(t *testing.T) {
	for _, c := range []struct{ story, want string }{
		{"0 offer 0 a, 0 a right, 0 info 0 b, 0 b right", ""},
		{"0 offer 0 a, 0 a ok", ""},
		{"0 offer 0 a, 0 a right", "missing PCHC-3.2.5.1-SegmentInfo"},
		{"0 offer 0 a, 0 a right gone", ""}, // the client had ended the connection
		{"0 offer 0 a, 0 a ok, 0 info 0 b", "unexpected PCHC-2.2.1.4-Interested"},
		{"0 offer 0 a, 0 info 0 b", "unexpected PCHC-2.2.1.4-Interested"},
		{"0 info 0 b", "unexpected PCHC-2.2.1.4-Interested derived"},
		{"0 offer 0 a, 0 a right, 0 info 0 b, 0 info 0 c", "unexpected PCHC-2.2.1.4-Interested"},
		{"0 offer 0 a, 0 a right, 0 info 0 b, 0 b right, 0 info 0 c", "unexpected PCHC-2.2.1.4-Interested"},
		{"0 offer 0 a, 0 a right, 0 info 1 b", "unexpected PCHC-3.2.5.1-SegmentInfo"},
		{"0 offer 0 a, 0 a twice, 0 info 0 b, 0 b right", ""},
		{"0 offer 0 a, 0 a ok-then-interested, 0 info 0 b", "unexpected PCHC-2.2.1.4-Interested"},
		// An answer is in time, late, or in between, where both is right.
		{"0 offer 0 a, 0.9 a right", "missing PCHC-3.2.5.1-SegmentInfo"},
		{"0 offer 0 a, 1.1 a right", ""},
		{"0 offer 0 a, 1.1 a right, 1.2 info 0 b", ""},
		{"0 offer 0 a, 3.4 a late, 3.4 info 0 b", ""},
		{"0 offer 0 a, 3.6 a late, 3.6 info 0 b", "unexpected PCHC-3.2.2-Late"},
		{"0 offer 0 a, 3.6 a late", ""},
		// What is malformed, or no answer, does not count.
		{"0 offer 0 a, 0 a size-2, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop PCHC-2.2.2.1-Size"},
		{"0 offer 0 a, 0 a code-255, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop PCHC-2.2.2.2-ResponseCode"},
		{"0 offer 0 a, 0 a length-less, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop PCHC-2.2.2.2-Truncated"},
		{"0 offer 0 a, 0 a length-more, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop derived"},
		{"0 offer 0 a, 0 a 500, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop"},
		{"0 offer 0 a, 0 a reset, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop derived"},
		{"0 offer 0 a, 0 a size-2, 0 offer 0 b, 0 b right, 0 info 0 c, 0 c right", ""},
		{"0 offer 0 a, 0 a right, 0 info 0 b, 0 b interested, 0 info 0 c", "unexpected PCHC-3.2.5.5-Drop PCHC-2.2.2.2-Interested"},
		{"0 offer 0 a, 0 a right, 0 info 0 b, 0 b reset, 0 info 0 c, 0 c right", ""}, // it may never have arrived
		// Authentication.
		{"0 offer 0 a, 0 a 401-negotiate, 0 offer 0 b Negotiate, 0 b right, 0 info 0 c, 0 c right", ""},
		{"0 offer 0 a, 0 a 401-negotiate", ""}, // it may have no credentials
		{"0 offer 1 a Negotiate, 0 a ok, 0 offer 0 b, 0 b 401-negotiate", "missing PCHC-3.2.5.3-Resend"},
		{"0 offer 0 a, 0 a 401-negotiate, 0 offer 0 b Negotiate, 0 b 401-negotiate, 0 offer 0 c Negotiate", "unexpected PCHC-3.2.5.3-Resend derived"},
		{"0 offer 0 a, 0 a 401-tokens, 0 offer 0 b Negotiate, 0 b 401-tokens, 0 offer 0 c Negotiate, 0 c 401-tokens", "missing PCHC-3.2.5.3-Resend"},
		{"0 offer 0 a, 0 a 401-tokens, 0 offer 0 b Negotiate, 0 b 401-tokens, 0 offer 0 c Negotiate, 0 c 401-tokens, 0 offer 0 d Negotiate, 0 d 401-tokens", ""}, // three will do
		{"0 offer 0 a, 0 a 401-basic, 0 offer 0 b Basic", "unexpected PCHC-2.1-SPNEGO"},
		{"0 offer 0 a, 0 a 401-negotiate, 0 info 0 b", "unexpected PCHC-3.2.5.5-Drop"},
		{"0 batch 0 a, 0 a 401-negotiate, 0 batch 0 b Negotiate", "unexpected PCHC-1.7-Authentication derived"},
		// Resending.
		{strings.Repeat("0 offer 0 a, 0 a reset, ", 8) + "0 offer 1 b, 0 b ok", ""},
		{strings.Repeat("0 offer 0 a, 0 a reset, ", 9) + "0 offer 1 b, 0 b ok", "unexpected PCHC-3.2.4-Offer derived"},
		{strings.Repeat("0 offer 0 a, 0 a ok, ", 20) + "0 offer 1 b, 0 b ok", ""},
	} {
		var got []string
		for _, f := range play(t, c.story).faults {
			words := []string{string(f.Fault), f.Requirement, f.Rule}
			if f.derived {
				words = append(words, "derived")
			}
			got = append(got, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: %q, want %q", c.story, s, c.want)
		}
	}
}

// What a client waits for, and for how long.
func TestPatience(t *testing.T) {
	const tick = time.Second
	e := &exchange{typ: Offer}
	silent, _ := behaviourOf("silent")
	for _, c := range []struct {
		tolerance, waited time.Duration
		early             bool
	}{
		{tick / 2, 1400 * time.Millisecond, true},
		{tick / 2, 1600 * time.Millisecond, false},
		{3 * tick, 0, false}, // nothing is certain
	} {
		j := newJudge(timers{tick, c.tolerance})
		if j.hurries(e, silent, c.waited); len(j.faults) > 0 != c.early {
			t.Errorf("given up after %v, tolerance %v: %v", c.waited, c.tolerance, j.faults)
		}
	}
	j := newJudge(timers{tick, tick / 2})
	j.hangs(e, silent, 4*tick)
	if len(j.faults) != 1 || j.faults[0].Fault != fuzz.Hang || !j.faults[0].derived || !strings.Contains(j.faults[0].Detail, "after 4s") {
		t.Errorf("%+v", j.faults)
	}
}

// Rules about the bytes of a request, its URL and its transport come from the engine that
// checks captures.
func TestChecked(t *testing.T) {
	message, err := codec.NewInitialOfferMessage(80, make([]byte, 32)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	message[8], message[9] = 0, 0 // Port
	for _, c := range []struct {
		path string
		tls  bool
		want string
	}{
		{spec.PathV1, true, "PCHC-2.2.1.2-Port"},
		{spec.PathV2, false, "PCHC-2.2.1.2-Port PCHC-2.1-Version"},
		{spec.PathV1, false, "PCHC-2.2.1.2-Port PCHC-2.1-HTTPS"},
	} {
		j := newJudge(timers{time.Second, time.Second})
		j.request(0, &exchange{number: 1, connection: 1, from: netip.MustParseAddrPort("127.0.0.1:9999"), to: netip.MustParseAddrPort("127.0.0.1:8080"),
			typ: Offer, kind: spec.Request, message: message, method: "POST", path: c.path, tls: c.tls})
		j.over(0, false)
		var got []string
		for _, f := range j.faults {
			got = append(got, f.Rule)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s, TLS %v: %s, want %s", c.path, c.tls, s, c.want)
		}
	}
}

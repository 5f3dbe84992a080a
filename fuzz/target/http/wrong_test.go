package http

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// wrong is a server that does one thing wrong.
type wrong struct {
	path    string
	options Options
	when    func(c target.Case) bool               // with these messages
	reply   func(c target.Case, right reply) reply // it does this
	want    fuzz.Fault                             // and this is what must be reported, of these messages only
	about   string                                 // with this Rule
	broken  string                                 // and this Requirement
}

func is(message string) func(target.Case) bool {
	return func(c target.Case) bool { return c.Expected.Message == message && c.Expected.Valid() }
}

func always(r reply) func(target.Case, reply) reply {
	return func(target.Case, reply) reply { return r }
}

const (
	batch   = "BATCHED_OFFER_MESSAGE"
	offer   = "INITIAL_OFFER_MESSAGE"
	segment = "SEGMENT_INFO_MESSAGE"
)

// many is a batch of more than 100.
func many(c target.Case) bool { return is(batch)(c) && len(c.Bytes) > 16+100*59 }

var wrongServers = map[string]wrong{
	"an unanswered batch":       {path: spec.PathV2, when: many, reply: always(reply{drop: true}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"an unanswered segment":     {path: spec.PathV1, when: is(segment), reply: always(reply{drop: true}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.2-Respond"},
	"200 and nothing":           {path: spec.PathV1, when: is(offer), reply: always(respond()), want: fuzz.Unanswered, broken: "PCHC-3.1.5.1-Respond"},
	"500":                       {path: spec.PathV2, when: many, reply: always(reply{status: 500}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"500 with the right body":   {path: spec.PathV2, when: many, reply: always(reply{status: 500, body: []byte{0, 0, 0, 1, 0}}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"401 later":                 {path: spec.PathV2, when: many, reply: always(reply{status: 401}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"a redirect":                {path: spec.PathV2, when: many, reply: always(reply{status: 307}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"4 bytes":                   {path: spec.PathV2, when: many, reply: always(respond(0, 0, 0, 1)), want: fuzz.Malformed, about: "PCHC-2.2.2.2-Truncated", broken: "PCHC-3.1.5.3-Respond"},
	"6 bytes":                   {path: spec.PathV1, when: is(offer), reply: always(respond(0, 0, 0, 1, 1, 0)), want: fuzz.Malformed, about: "PCHC-2.2.2.2-Trailing", broken: "PCHC-3.1.5.1-Respond"},
	"Size in little-endian":     {path: spec.PathV2, when: is(batch), reply: always(respond(1, 0, 0, 0, 0)), want: fuzz.Malformed, about: "PCHC-2.2.2.1-Size", broken: "PCHC-3.1.5.3-Respond"},
	"code 2":                    {path: spec.PathV1, when: is(segment), reply: always(respond(0, 0, 0, 1, 2)), want: fuzz.Malformed, about: "PCHC-2.2.2.2-ResponseCode", broken: "PCHC-3.1.5.2-Respond"},
	"a page of text":            {path: spec.PathV2, when: many, reply: always(respond([]byte("<html>welcome</html>")...)), want: fuzz.Malformed, about: "PCHC-2.2.2.1-Size", broken: "PCHC-3.1.5.3-Respond"},
	"INTERESTED to a batch":     {path: spec.PathV2, when: many, reply: always(respond(0, 0, 0, 1, 1)), want: fuzz.WrongCode, about: "PCHC-2.2.2.2-Interested", broken: "PCHC-3.1.5.3-OK"},
	"INTERESTED to all batches": {path: spec.PathV2, when: is(batch), reply: always(respond(0, 0, 0, 1, 1)), want: fuzz.WrongCode, about: "PCHC-2.2.2.2-Interested", broken: "PCHC-3.1.5.3-OK"},
	"INTERESTED to a segment":   {path: spec.PathV1, when: is(segment), reply: always(respond(0, 0, 0, 1, 1)), want: fuzz.WrongCode, about: "PCHC-2.2.2.2-Interested", broken: "PCHC-3.1.5.2-OK"},
	"OK to any offer":           {path: spec.PathV1, when: is(offer), reply: always(respond(0, 0, 0, 1, 0)), want: fuzz.WrongCode, broken: "PCHC-3.1.5.1-Interested"},
	"OK to offers of 48 bytes":  {path: spec.PathV1, when: func(c target.Case) bool { return is(offer)(c) && len(c.Bytes) == 16+48 }, reply: always(respond(0, 0, 0, 1, 0)), want: fuzz.WrongCode, broken: "PCHC-3.1.5.1-Interested"},
	"padding refused":           {path: spec.PathV2, when: func(c target.Case) bool { return is(batch)(c) && !bytes.Equal(c.Bytes[4:8], make([]byte, 4)) }, reply: always(reply{status: 400}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"port 0 refused":            {path: spec.PathV2, when: func(c target.Case) bool { return is(batch)(c) && c.Bytes[8] == 0 && c.Bytes[9] == 0 }, reply: always(reply{status: 400}), want: fuzz.Unanswered, broken: "PCHC-3.1.5.3-Respond"},
	"an empty answer to malformed ones, but with a body": {path: spec.PathV2,
		when: func(c target.Case) bool {
			first, _ := c.Expected.First()
			return first.Rule == "PCHC-2.2.1.5-MinDescriptors"
		},
		reply: always(respond(0)), want: fuzz.Answered, about: "PCHC-2.2.1.5-MinDescriptors", broken: "PCHC-3.1.5.4-Drop"},
	"Windows, held to the text": {path: spec.PathV2, options: Options{Strict: true},
		when: func(c target.Case) bool {
			first, _ := c.Expected.First()
			return first.Rule == "PCHC-2.2.1.5-HashAlgorithm" && windowsAnswers(c)
		},
		reply: always(respond(0, 0, 0, 1, 0)), want: fuzz.Answered, about: "PCHC-2.2.1.5-HashAlgorithm", broken: "PCHC-3.1.5.4-Drop"},
}

func TestHTTPFindsWhatIsWrong(t *testing.T) {
	cases := campaign(120, 20)
	for name, w := range wrongServers {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(c target.Case, right reply) reply {
				if w.when(c) {
					return w.reply(c, right)
				}
				return right
			})
			w.options.Timeout, w.options.Slow = patient.Timeout, patient.Slow
			s := open(t, server.URL+w.path, w.options)
			all := try(t, s, cases, 256)
			w.check(t, all)
			if len(all) > 0 { // it shows alone, too
				w.check(t, try(t, s, []target.Case{all[0].c}, 1))
			}
		})
	}
}

// check compares what was reported with what is wrong.
func (w *wrong) check(t *testing.T, all []found) {
	t.Helper()
	if len(all) == 0 {
		t.Error("nothing was reported")
	}
	for _, f := range all {
		if f.Fault != w.want || f.Rule != w.about || f.Requirement != w.broken || !w.when(f.c) {
			t.Errorf("%s (%v): %v", f.c.Expected.Message, w.when(f.c), f.Difference)
		}
		if f.Fault == fuzz.Malformed && !strings.HasPrefix(f.Answer, "HTTP status 200, ") {
			t.Errorf("answer %q of %v", f.Answer, f.Difference)
		}
		if f.Fault == fuzz.Answered && f.Field == "" {
			t.Errorf("no field: %v", f.Difference)
		}
		if _, known := spec.RequirementByID(f.Requirement); !known {
			t.Errorf("no requirement is called %s", f.Requirement)
		}
	}
}

// A server that answers what breaks one rule, whichever.
func TestHTTPFindsEachRuleThatIsNotChecked(t *testing.T) {
	if len(formatRules) < 21 {
		t.Fatalf("only %d rules", len(formatRules))
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for _, rule := range formatRules {
		t.Run(rule, func(t *testing.T) {
			when := func(c target.Case) bool { first, _ := c.Expected.First(); return first.Rule == rule }
			var cases []target.Case
			for range 8 {
				for _, r := range []string{rule, formatRules[rng.IntN(len(formatRules))]} {
					cases = append(cases, target.NewCase(broken(rng, r)), target.NewCase(generate.Valid(rng, spec.Request)))
				}
			}
			server := serve(t, func(c target.Case, right reply) reply {
				if when(c) {
					return respond(0, 0, 0, 1, 0)
				}
				return right
			})
			w := wrong{when: when, want: fuzz.Answered, about: rule, broken: "PCHC-3.1.5.4-Drop"}
			s := open(t, server.URL, Options{Strict: true, Timeout: patient.Timeout, Slow: patient.Slow})
			w.check(t, try(t, s, cases, 64))
		})
	}
}

// A malformed message that is answered late, after others were not answered.
func TestHTTPFindsLateAnswers(t *testing.T) {
	var b reference
	when := func(c target.Case) bool { return len(c.Bytes) == 16+129*59 && !c.Expected.Valid() }
	addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			out := b.right(path, message)
			if when(target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: message})) {
				time.Sleep(5 * time.Millisecond) // as if it had to think
				out = respond(0, 0, 0, 1, 0)
			}
			if out.status == 200 {
				fmt.Fprint(conn, raw(out))
			}
		}
	})
	w := wrong{when: when, want: fuzz.Answered, about: "PCHC-2.2.1.5-MaxDescriptors", broken: "PCHC-3.1.5.4-Drop"}
	s := open(t, "http://"+addr, patient)
	w.check(t, try(t, s, withSpecial(tooMany(), 6), 16))
}

// tooMany is a batch of 129 descriptors.
func tooMany() target.Case {
	b := batchedOffer().Bytes
	b = append(b[:16:16], bytes.Repeat(b[16:], 129)...)
	return target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: b})
}

// withSpecial returns a few usual cases with special ones here and there.
func withSpecial(special target.Case, n int) []target.Case {
	cases := slices.DeleteFunc(campaign(20*n, 1<<30), func(c target.Case) bool {
		violation, _ := c.Expected.First()
		return violation.Rule == "PCHC-2.2.1.5-MaxDescriptors"
	})[:10*n]
	for i := range n {
		cases[10*i+5] = special
	}
	return cases
}

func TestHTTPFindsHangs(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(c target.Case, r reply) reply {
		if many(c) {
			<-release
		}
		return r
	})
	t.Cleanup(func() { close(release) }) // before the server is closed
	w := wrong{when: many, want: fuzz.Hang, broken: "PCHC-3.1.5.3-Respond"}
	s := open(t, server.URL, Options{Timeout: 300 * time.Millisecond, Slow: 20 * time.Second})
	special := tooMany()
	special = target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: special.Bytes[:16+128*59]})
	var cases []target.Case
	for _, c := range withSpecial(special, 4) {
		if !many(c) || string(c.Bytes) == string(special.Bytes) {
			cases = append(cases, c)
		}
	}
	w.check(t, try(t, s, cases, 64))
}

func TestHTTPFindsWhatIsSlow(t *testing.T) {
	server := serve(t, func(c target.Case, r reply) reply {
		if many(c) {
			time.Sleep(600 * time.Millisecond) // this is what it does wrong
		}
		return r
	})
	w := wrong{when: many, want: fuzz.Slow, broken: "PCHC-3.1.5.3-Respond"}
	s := open(t, server.URL, Options{Timeout: 20 * time.Second, Slow: 100 * time.Millisecond, clock: clock{runDelay: func() (time.Duration, bool) { return 0, false }}}) // the server is in this process, which has more to do
	special := tooMany()
	w.check(t, try(t, s, []target.Case{batchedOffer(), target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: special.Bytes[:16+128*59]}), batchedOffer()}, 3))
}

// Two clients get each other's answers.
func TestHTTPFindsAnswersThatAreSwapped(t *testing.T) {
	var mu sync.Mutex
	var waiting chan reply // of the one that came first
	var gave reply
	server := serve(t, func(c target.Case, r reply) reply {
		if !c.Expected.Valid() || r.status != 200 {
			return r
		}
		mu.Lock()
		if waiting != nil {
			other := waiting
			waiting = nil
			mine := gave
			mu.Unlock()
			other <- r
			return mine
		}
		mine := make(chan reply, 1)
		waiting, gave = mine, r
		mu.Unlock()
		select {
		case swapped := <-mine:
			return swapped
		case <-time.After(2 * time.Millisecond): // nobody else is here
		}
		mu.Lock()
		defer mu.Unlock()
		if waiting == mine {
			waiting = nil
			return r
		}
		return <-mine
	})
	s := open(t, server.URL+spec.PathV1, patient)
	var cases []target.Case
	for range 16 {
		info, _ := shapes[0].segment()
		cases = append(cases, info, initialOffer(random(32)))
	}
	all := vary(t, s, cases, len(cases))
	if len(all) == 0 {
		t.Error("nothing was reported")
	}
	for _, f := range all {
		if f.Fault != fuzz.WrongCode || !strings.Contains(f.Detail, "at the same time") {
			t.Error(f)
		}
	}
}

// OK to the second offer of a segment is wrong unless its block hashes came in
// between, from whomever.
func TestHTTPFindsWhatIsOKTheSecondTime(t *testing.T) {
	var mu sync.Mutex
	times := map[string]int{}
	server := serve(t, func(c target.Case, r reply) reply {
		mu.Lock()
		defer mu.Unlock()
		if times[string(c.Bytes)]++; is(offer)(c) && times[string(c.Bytes)] > 1 {
			return respond(0, 0, 0, 1, 0)
		}
		return r
	})
	w := wrong{when: is(offer), want: fuzz.WrongCode, broken: "PCHC-3.1.5.1-Interested"}
	s := open(t, server.URL+spec.PathV1, patient)
	w.check(t, try(t, s, withSpecial(initialOffer(random(48)), 4), 16))
	w.check(t, try(t, s, []target.Case{initialOffer(random(64))}, 1))
}

// OK to everything, once one segment is known.
func TestHTTPFindsWhatIsOKLater(t *testing.T) {
	var known atomic.Bool
	server := serve(t, func(c target.Case, r reply) reply {
		if is(segment)(c) {
			known.Store(true)
		}
		if is(offer)(c) && known.Load() {
			return respond(0, 0, 0, 1, 0)
		}
		return r
	})
	w := wrong{when: is(offer), want: fuzz.WrongCode, broken: "PCHC-3.1.5.1-Interested"}
	s := open(t, server.URL+spec.PathV1, patient)
	w.check(t, try(t, s, campaign(40, 1<<30), 16))
}

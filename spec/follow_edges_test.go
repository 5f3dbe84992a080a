package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	noInitial = "PCHC-3.1.5.1-Respond"
	noInfo    = "PCHC-3.1.5.2-Respond"
	noBatched = "PCHC-3.1.5.3-Respond"
)

// expect plays what is seen and compares what is said of it.
func expect(t *testing.T, f *Follower, list []seen) {
	t.Helper()
	for i, s := range list {
		var got []string
		for _, finding := range s.do(f, s.at) {
			what := fmt.Sprint(finding.Rule, " ", finding.Exchange)
			if finding.Request {
				what += " request"
			}
			got = append(got, what)
		}
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Fatalf("step %d (-want +got):\n%s", i, diff)
		}
	}
}

// edgeCases are the neighbours of followCases: what just is a violation, and what just is
// none.
var edgeCases = []struct {
	name string
	seen []seen
}{
	{"no URL of the protocol", []seen{{0, asks(1, posted{Post{From: anna}, batchOf(1)}), nil}, {0, asks(2, posted{Post{From: anna}, offer100k()}), nil}, {0, closes(1), nil}, {0, fails(2, 500), nil}}},
	{"a message of one byte is an answer", []seen{{0, asks(1, batchA), nil}, {0, answers(1, 0), nil}}},
	{"no message at status 299, and one at 300", []seen{
		{0, asks(1, batchA), nil}, {0, answersAs(1, Answer{Status: 299}), []string{noBatched + " 1"}}, {0, asks(2, batchA), nil}, {0, answersAs(2, Answer{Status: 300}, 0, 0, 0, 1, 0), []string{noBatched + " 2"}},
		{0, asks(3, batchA), nil}, {0, answersAs(3, Answer{Status: 299}, 0, 0, 0, 1, 0), nil}, {0, asks(4, batchA), nil}, {0, answersAs(4, Answer{Status: 199}, 0, 0, 0, 1, 0), []string{noBatched + " 4"}},
	}},
	{"an offer without a hash", []seen{{0, asks(1, post1(anna, request(1, 1))), nil}, {0, int200(1), []string{drops + " 1"}}, {0, asks(2, post1(anna, request(1, 1)[:12])), nil}, {0, closes(2), nil}, {60 * sec, waits, nil}}},
	{"an offer whose hash is cut asks for nothing", []seen{{0, asks(1, post1(anna, offer100k()[:47])), nil}, {0, int200(1), []string{drops + " 1"}}, {60 * sec, waits, nil}}},

	// 2.2.1.4.
	{"an offer that was never answered is not open", []seen{
		{0, asks(1, offerA), nil}, {0, closes(1), []string{noInitial + " 1"}}, {0, asks(2, offerA), nil}, {0, ok200(2), nil}, {0, asks(3, infoA), []string{uninvited + " 3 request"}},
	}},
	{"an offer that was forgotten may be open", []seen{
		{0, asks(1, offerA), nil}, {0, forgets(1), nil}, {0, asks(2, offerA), nil}, {0, ok200(2), nil}, {0, asks(3, infoA), nil},
	}},
	{"an answer to block hashes answers no offer", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, ok200(2), nil}, {0, asks(3, offerA), nil}, {0, asks(4, infoA), nil}, {0, ok200(4), nil}, {0, ok200(3), nil},
	}},
	{"block hashes that were not answered", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, closes(2), []string{noInfo + " 2"}}, {0, asks(3, offerA), nil}, {0, asks(4, infoA), nil}, {0, ok200(4), nil}, {0, ok200(3), nil},
	}},
	{"OK after INTERESTED, and block hashes on another connection", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, ok200(2), nil}, {20 * sec, asks(3, offerA), nil}, {20 * sec, ok200(3), nil},
		{20 * sec, asks(4, onConn(9, infoA)), nil},
	}},
	{"the time of the first request counts", []seen{
		{100 * sec, asks(1, onConn(1, offerA)), nil}, {100 * sec, ok200(1), nil}, {115*sec - tiny, asks(2, onConn(2, infoA)), nil}, {115*sec - tiny, ok200(2), nil},
		{115 * sec, asks(3, onConn(3, infoA)), []string{uninvited + " 3 request"}},
	}},
	{"block hashes again after a slow answer", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {10 * sec, ok200(2), nil}, {10 * sec, asks(3, infoA), nil},
	}},
	{"block hashes again after an answer that was not too slow", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {10*sec - tiny, ok200(2), nil}, {10 * sec, asks(3, infoA), []string{uninvited + " 3 request"}},
	}},
	{"block hashes again after an answer to one that had gone", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, answersAs(2, Answer{Status: 200, Gone: true}, 0, 0, 0, 1, 0), nil}, {0, asks(3, infoA), nil},
	}},
	{"block hashes again after an answer that is malformed", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, answers(2, 0, 0, 0, 1, 2), nil}, {0, asks(3, infoA), nil},
	}},
	{"block hashes again, as those of this time were not answered", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, ok200(2), nil}, {0, asks(3, offerA), nil}, {0, int200(3), nil},
		{0, asks(4, infoA), nil}, {0, forgets(4), nil}, {0, asks(5, infoA), nil},
	}},
	{"block hashes of another segment", []seen{
		{0, asks(1, offerA), nil}, {0, ok200(1), nil}, {0, asks(2, post1(anna, infoWith(0x800D, 48))), nil}, {0, asks(3, infoB), nil},
	}},

	// 3.2.2.
	{"late, processed, and once more", []seen{
		{0, asks(1, offerA), nil}, {15 * sec, int200(1), nil}, {16 * sec, asks(2, infoA), []string{late + " 2 request"}}, {16 * sec, ok200(2), nil}, {17 * sec, asks(3, infoA), []string{uninvited + " 3 request"}},
	}},
	{"late and malformed", []seen{{0, asks(1, offerA), nil}, {15 * sec, answers(1, 0, 0, 0, 1, 1, 0), nil}, {16 * sec, asks(2, infoA), nil}}},
	{"a moment before it is late", []seen{{0, asks(1, offerA), nil}, {15*sec - tiny, int200(1), nil}, {16 * sec, asks(2, infoA), nil}}},

	// 3.2.5.3.
	{"401 in time", []seen{{0, asks(1, offerA), nil}, {10*sec - tiny, fails(1, 401), nil}, {60 * sec, waits, []string{owesResend + " 1"}}}},
	{"401 perhaps too late", []seen{{0, asks(1, offerA), nil}, {10 * sec, fails(1, 401), nil}, {60 * sec, waits, nil}}},
	{"401 when the client has gone", []seen{{0, asks(1, offerA), nil}, {0, answersAs(1, Answer{Status: 401, Negotiate: true, Gone: true}), nil}, {60 * sec, waits, nil}}},
	{"401 in the last seconds", []seen{{0, asks(1, offerA), nil}, {sec, fails(1, 401), nil}, {16*sec - tiny, waits, nil}}},
	{"401 before the last seconds", []seen{{0, asks(1, offerA), nil}, {sec, fails(1, 401), nil}, {16 * sec, waits, []string{owesResend + " 1"}}}},
	{"NTLM that goes on", []seen{
		{0, asks(1, by("NTLM", offerA)), []string{noSPNEGO + " 1 request"}}, {0, answersAs(1, continues), nil}, {60 * sec, waits, nil},
	}},
	{"Basic after NTLM is the same fault, and Negotiate after it none", []seen{
		{0, asks(1, by("NTLM", offerA)), []string{noSPNEGO + " 1 request"}}, {0, fails(1, 401), nil}, {0, asks(2, by("Basic", offerA)), nil}, {0, fails(2, 401), nil}, {0, asks(3, authorized(offerA)), nil}, {0, fails(3, 401), nil},
		{0, asks(4, by("Basic", offerA)), []string{owesResend + " 4 request"}}, {60 * sec, waits, nil},
	}},
	{"a status that only credentials excuse", []seen{
		{0, asks(1, authorized(offerA)), nil}, {0, fails(1, 403), nil}, {0, asks(2, authorized(offerA)), nil}, {0, fails(2, 402), []string{noInitial + " 2"}}, {0, asks(3, authorized(offerA)), nil}, {0, fails(3, 400), []string{noInitial + " 3"}},
	}},

	// 3.1.5.4.
	{"of two requests one is answered, and later another", []seen{
		{0, asks(1, unknownHash), nil}, {0, asks(2, batchA), nil}, {0, ok200(1), nil}, {0, closes(2), nil}, {0, asks(3, batchA), nil}, {0, ok200(3), nil},
	}},
	{"of two requests one is answered, the other forgotten, and later another", []seen{
		{0, asks(1, unknownHash), nil}, {0, asks(2, batchA), nil}, {0, ok200(1), nil}, {0, forgets(2), nil}, {0, asks(3, batchA), nil}, {0, ok200(3), nil},
	}},
	{"both are answered, and another", []seen{
		{0, asks(1, unknownHash), nil}, {0, asks(2, batchA), nil}, {0, ok200(1), nil}, {0, ok200(2), []string{drops + " 1"}}, {0, asks(3, batchA), nil}, {0, ok200(3), nil},
	}},
	{"of three requests the malformed one in the middle is answered", []seen{
		{0, asks(1, batchA), nil}, {0, asks(2, unknownHash), nil}, {0, asks(3, batchA), nil}, {0, ok200(1), nil}, {0, ok200(2), nil}, {0, ok200(3), []string{drops + " 2"}},
	}},
	{"what no POST aborts", []seen{
		{0, func(f *Follower, _ time.Duration) []Finding { f.Abort(3); return nil }, nil}, {0, asks(1, onConn(3, batchA)), nil}, {0, closes(1), nil}, {0, asks(2, onConn(4, batchA)), nil}, {0, closes(2), []string{noBatched + " 2"}},
	}},

	// Restarts.
	{"a restart", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec, asks(2, onConn(1, offerA)), nil}, {sec, int200(2), nil}, {60 * sec, waits, []string{owesInfo + " 2"}}}},
	{"a restart, and all is well", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec, asks(2, onConn(1, offerA)), nil}, {sec, int200(2), nil}, {2 * sec, asks(3, onConn(1, infoA)), nil}, {60 * sec, waits, nil}}},
	{"a restart a minute later", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {60 * sec, asks(2, onConn(1, offerA)), nil}, {60 * sec, ok200(2), nil}, {120 * sec, waits, nil}}},
	{"a restart that lets 401 be", []seen{{0, asks(1, infoA), nil}, {0, fails(1, 401), nil}, {sec, asks(2, onConn(1, offerA)), nil}, {sec, ok200(2), nil}, {60 * sec, waits, nil}}},
	{"too soon for a restart", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec - tiny, asks(2, onConn(1, offerA)), nil}, {sec, ok200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}}}},
	{"too soon after the answer for a restart", []seen{{0, asks(1, offerA), nil}, {5 * sec, int200(1), nil}, {6*sec - tiny, asks(2, onConn(1, offerA)), nil}, {6 * sec, ok200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}}}},
	{"a restart a second after the answer", []seen{{0, asks(1, offerA), nil}, {5 * sec, int200(1), nil}, {6 * sec, asks(2, onConn(1, offerA)), nil}, {6 * sec, ok200(2), nil}, {60 * sec, waits, nil}}},
	{"no restart on a connection that was there", []seen{
		{0, asks(5, onConn(1, offerB)), nil}, {0, ok200(5), nil}, {0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec, asks(2, onConn(1, offerA)), nil}, {sec, ok200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}},
	}},
	{"no restart with another message", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec, asks(2, onConn(1, batchA)), nil}, {sec, ok200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}}}},
	{"no restart with a message that goes on with authentication", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, offerA), nil}, {0, fails(2, 401), nil}, {sec, asks(3, onConn(1, authorized(offerA))), nil}, {sec, ok200(3), nil}, {60 * sec, waits, []string{owesInfo + " 1"}},
	}},
	{"no restart of another", []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {sec, asks(2, onConn(1, offerB)), nil}, {sec, ok200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}}}},
	{"a client that went on for the whole time, and a restart", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {15 * sec, asks(2, batchA), nil}, {15 * sec, ok200(2), nil}, {60 * sec, asks(3, onConn(1, offerA)), nil}, {60 * sec, ok200(3), nil}, {120 * sec, waits, []string{owesInfo + " 1"}},
	}},
	{"a client that went on for some of the time, and a restart", []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {15*sec - tiny, asks(2, batchA), nil}, {15 * sec, ok200(2), nil}, {60 * sec, asks(3, onConn(1, offerA)), nil}, {60 * sec, ok200(3), nil}, {120 * sec, waits, nil},
	}},
}

func TestFollowerEdges(t *testing.T) {
	for _, test := range edgeCases {
		t.Run(test.name, func(t *testing.T) {
			var f Follower
			expect(t, &f, test.seen)
			if f.Forgetful() {
				t.Error("it has forgotten something")
			}
		})
	}
}

// TestFollowerStatuses: each HTTP status without a message, to a request with and without
// credentials.
func TestFollowerStatuses(t *testing.T) {
	excused := []int{401, 404, 407, 408, 411, 417, 502, 504}
	for status := 200; status < 600; status++ {
		for _, scheme := range []string{"", "Negotiate"} {
			var f Follower
			asks(1, by(scheme, offerA))(&f, 0)
			got := answersAs(1, Answer{Status: status, Negotiate: true})(&f, 0)
			if want := !slices.Contains(excused, status) && !(status == 403 && scheme != ""); want != (len(got) == 1) ||
				want && (got[0].Rule != noInitial || got[0].Request || !strings.Contains(got[0].Detail, strconv.Itoa(status))) {
				t.Errorf("%d, scheme %q: %v", status, scheme, got)
			}
			if reason := Unreached(status); (reason != "") != slices.Contains([]int{404, 502, 504}, status) {
				t.Errorf("%d: %q", status, reason)
			}
		}
	}
}

// TestFollowerResend changes a request at each byte before it is sent again: it is the
// same if the change is in a padding.
func TestFollowerResend(t *testing.T) {
	message := offer100k()
	for at := 4; at < len(message); at++ { // without what would make it malformed
		var f Follower
		asks(1, offerA)(&f, 0)
		fails(1, 401)(&f, 0)
		asks(2, authorized(post1(anna, with(message, at, message[at]^1))))(&f, 0)
		ok200(2)(&f, 0)
		padding := 4 <= at && at < 8 || 10 <= at && at < 16
		if got := f.End(60 * sec); (len(got) == 0) != padding {
			t.Errorf("byte %d: %v", at, got)
		}
	}
}

// TestFollowerLegs: a client may give up after as many steps as [Client] makes.
func TestFollowerLegs(t *testing.T) {
	for steps, want := range map[RequestID]bool{0: true, 1: true, 7: true, 8: false, 9: false} {
		var f Follower
		asks(1, offerA)(&f, 0)
		last := fails(1, 401)(&f, 0)
		for id := range steps {
			asks(id+2, authorized(offerA))(&f, 0)
			last = append(last, answersAs(id+2, continues)(&f, 0)...)
		}
		got := f.End(60 * sec)
		if last != nil || (len(got) == 1) != want {
			t.Errorf("%d steps: %v, %v", steps, last, got)
		}
	}
}

// TestFollowerHeld: 256 answers to malformed requests of a connection wait for those
// to the others.
func TestFollowerHeld(t *testing.T) {
	for n, want := range map[RequestID]int{255: 255, 256: 256, 257: 256} {
		var f Follower
		for id := range n {
			asks(id, unknownHash)(&f, 0)
		}
		asks(n, batchA)(&f, 0)
		for id := range n {
			if got := ok200(id)(&f, 0); got != nil {
				t.Fatalf("%d of %d: %v", id, n, got)
			}
		}
		if got := ok200(n)(&f, 0); len(got) != want || f.Forgetful() != (n > 256) {
			t.Errorf("%d: %d findings, forgetful %v", n, len(got), f.Forgetful())
		}
	}
}

// TestFollowerAborts: when connections with malformed requests were forgotten, any may be
// one of them.
func TestFollowerAborts(t *testing.T) {
	for n, want := range map[RequestID]int{10_000: 1, 10_001: 0} {
		var f Follower
		for id := range n {
			asks(id, onConn(uint64(id), unknownHash))(&f, 0)
			f.Forget(id)
		}
		asks(n, onConn(1<<40, batchA))(&f, 0)
		if got := f.Closed(n); len(got) != want {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// TestFollowerRef: a finding has what the caller gave to the exchange.
func TestFollowerRef(t *testing.T) {
	var f Follower
	ref := func(p posted, r string) posted { p.Ref = r; return p }
	findings := asks(1, ref(by("Basic", offerB), "one"))(&f, 0)
	findings = append(findings, int200(1)(&f, 0)...)
	asks(2, ref(unknownHash, "two"))(&f, 0)
	asks(3, ref(batchA, "three"))(&f, 0)
	findings = append(findings, ok200(2)(&f, 0)...)
	findings = append(findings, fails(3, 500)(&f, 0)...)
	findings = append(findings, f.End(60*sec)...)
	var got []string
	for _, x := range findings {
		got = append(got, fmt.Sprint(x.Rule, " ", x.Ref))
	}
	if diff := cmp.Diff([]string{noSPNEGO + " one", noBatched + " three", drops + " two", owesInfo + " one"}, got); diff != "" {
		t.Error(diff)
	}
}

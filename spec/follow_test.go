package spec

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is something that happened on the network; what must be said of it is
// listed as "rule exchange", with " request" where the request is at fault.
type seen struct {
	at   time.Duration
	do   func(f *Follower, at time.Duration) []Finding
	want []string
}

func asks(id RequestID, p posted) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Request(at, id, p.Post, p.message) }
}

func answers(id RequestID, message ...byte) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Response(at, id, Answer{Status: 200}, message) }
}

func ok200(id RequestID) func(*Follower, time.Duration) []Finding { return answers(id, 0, 0, 0, 1, 0) }
func int200(id RequestID) func(*Follower, time.Duration) []Finding {
	return answers(id, 0, 0, 0, 1, 1)
}

func fails(id RequestID, status int) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding {
		return f.Response(at, id, Answer{Status: status, Negotiate: status == 401}, nil)
	}
}

func answersAs(id RequestID, a Answer, message ...byte) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Response(at, id, a, message) }
}

func closes(id RequestID) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, _ time.Duration) []Finding { return f.Closed(id) }
}

func forgets(id RequestID) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, _ time.Duration) []Finding { f.Forget(id); return nil }
}

func loses(client netip.Addr) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, _ time.Duration) []Finding { f.Lost(client); return nil }
}

func waits(f *Follower, at time.Duration) []Finding { return f.End(at) }

// authorized and by give a request credentials, onConn a connection.
func authorized(p posted) posted { return by("Negotiate", p) }

func by(scheme string, p posted) posted {
	p.Scheme = scheme
	return p
}

func onConn(n uint64, p posted) posted {
	p.Connection = n
	return p
}

const (
	owesInfo   = "PCHC-3.2.5.1-SegmentInfo"
	owesResend = "PCHC-3.2.5.3-Resend"
	uninvited  = "PCHC-2.2.1.4-Interested"
	noSPNEGO   = "PCHC-2.1-SPNEGO"
	late       = "PCHC-3.2.2-Late"
	drops      = "PCHC-3.1.5.4-Drop"
)

var (
	offerA, infoA = post1(anna, offer100k()), post1(anna, segmentInfo100k())
	offerB, infoB = post1(bert, offer100k()), post1(bert, segmentInfo100k())
	batchA        = post2(anna, batchOf(1))
	unknownHash   = post2(anna, with(batchOf(1), 42, 7))
	refuses       = Answer{Status: 401}
	continues     = Answer{Status: 401, Negotiate: true, Token: true}
)

var followCases = []struct {
	name    string
	windows bool
	seen    []seen
}{
	{"a whole sequence", false, []seen{
		{0, asks(1, offerA), nil}, {sec, int200(1), nil}, {2 * sec, asks(2, infoA), nil}, {3 * sec, ok200(2), nil},
		{4 * sec, asks(3, offerB), nil}, {5 * sec, ok200(3), nil}, {6 * sec, asks(4, post2(bert, batchOf(128))), nil}, {7 * sec, ok200(4), nil},
		{60 * sec, waits, nil},
	}},
	{"what was before is not known", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, infoB), nil}, {0, ok200(1), nil}, {0, ok200(2), nil}, {0, ok200(9), nil}, {0, closes(9), nil}, {60 * sec, waits, nil},
	}},

	// 3.2.5.1.
	{"INTERESTED, and nothing follows", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, offerB), nil}, {0, int200(2), nil}, {0, asks(4, infoB), nil}, {0, asks(3, post1(anna, infoWith(0x800D, 48))), nil}, {0, ok200(4), nil}, {0, ok200(3), nil},
		{15 * sec, waits, []string{owesInfo + " 1"}}, {60 * sec, waits, nil},
	}},
	{"INTERESTED, and the rest from another address", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoB), nil}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"INTERESTED, and the end of what is seen", false, []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {15*sec - tiny, waits, nil}}},
	{"INTERESTED, and the SEGMENT_INFO_MESSAGE takes its time", false, []seen{{0, asks(1, offerA), nil}, {0, int200(1), nil}, {40 * sec, asks(2, infoA), nil}, {41 * sec, ok200(2), nil}, {60 * sec, waits, nil}}},
	{"INTERESTED, and something was lost", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, offerB), nil}, {0, int200(1), nil}, {0, int200(2), nil}, {9 * sec, loses(anna), nil}, {60 * sec, waits, []string{owesInfo + " 2"}},
	}},
	{"INTERESTED when the client has gone", false, []seen{
		{0, asks(1, offerA), nil}, {0, answersAs(1, Answer{Status: 200, Gone: true}, 0, 0, 0, 1, 1), nil}, {60 * sec, waits, nil},
	}},
	{"INTERESTED between 10 and 15 seconds may be late or not", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, offerB), nil}, {10 * sec, int200(1), nil}, {15*sec - tiny, int200(2), nil}, {16 * sec, asks(3, infoB), nil}, {60 * sec, waits, nil},
	}},
	{"INTERESTED before that is not late", false, []seen{
		{0, asks(1, offerA), nil}, {10*sec - tiny, int200(1), nil}, {60 * sec, waits, []string{owesInfo + " 1"}},
	}},
	{"a malformed SEGMENT_INFO_MESSAGE is the one fault", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, post1(anna, segmentInfo100k()[:190])), nil}, {0, closes(2), nil}, {60 * sec, waits, nil},
	}},
	{"also where its segment cannot be told", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, post1(anna, segmentInfo100k()[:60])), nil}, {0, closes(2), nil}, {60 * sec, waits, nil},
	}},
	{"or its type", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, post1(anna, with(segmentInfo100k(), 3, 9))), nil}, {0, closes(2), nil}, {60 * sec, waits, nil},
	}},
	{"two INTERESTED and two SEGMENT_INFO_MESSAGEs, or one", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, offerA), nil}, {0, int200(1), nil}, {0, int200(2), nil}, {0, asks(3, infoA), nil}, {0, ok200(3), nil},
		{20 * sec, asks(4, infoA), nil}, {20 * sec, ok200(4), nil}, {60 * sec, waits, nil},
	}},
	{"two INTERESTED and nothing is one fault", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, offerA), nil}, {0, int200(1), nil}, {sec, int200(2), nil}, {60 * sec, waits, []string{owesInfo + " 1"}},
	}},

	// 2.2.1.4.
	{"nobody asked for a SEGMENT_INFO_MESSAGE", false, []seen{
		{0, asks(1, offerA), nil}, {0, ok200(1), nil}, {0, asks(2, infoA), []string{uninvited + " 2 request"}}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"somebody behind the same address may have been asked before", false, []seen{
		{0, asks(1, onConn(1, offerA)), nil}, {0, ok200(1), nil}, {15*sec - tiny, asks(2, onConn(2, infoA)), nil}, {15*sec - tiny, ok200(2), nil},
		{15 * sec, asks(3, onConn(3, infoA)), []string{uninvited + " 3 request"}}, {15 * sec, ok200(3), nil},
	}},
	{"that is reported once, though it is sent again after a 401", false, []seen{
		{0, asks(1, offerA), nil}, {0, ok200(1), nil}, {0, asks(2, infoA), []string{uninvited + " 2 request"}}, {0, fails(2, 401), nil},
		{0, asks(3, authorized(infoA)), nil}, {0, ok200(3), nil}, {60 * sec, waits, nil},
	}},
	{"another offer may still be answered with INTERESTED", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, offerA), nil}, {0, ok200(1), nil}, {0, asks(3, infoA), nil}, {0, ok200(3), nil}, {60 * sec, waits, nil},
	}},
	{"a SEGMENT_INFO_MESSAGE comes again on another connection, or before an answer", false, []seen{
		{0, asks(1, onConn(1, offerA)), nil}, {0, int200(1), nil}, {0, asks(2, onConn(1, infoA)), nil}, {0, asks(3, onConn(1, infoA)), nil}, {0, ok200(2), nil}, {0, ok200(3), nil},
		{sec, asks(4, onConn(2, infoA)), nil}, {sec, ok200(4), nil}, {60 * sec, waits, nil},
	}},
	{"a SEGMENT_INFO_MESSAGE comes again although it was answered", false, []seen{
		{0, asks(1, offerA), nil}, {0, int200(1), nil}, {0, asks(2, infoA), nil}, {0, ok200(2), nil}, {0, asks(3, infoA), []string{uninvited + " 3 request"}}, {0, ok200(3), nil},
		{0, asks(4, offerA), nil}, {0, int200(4), nil}, {0, asks(5, infoA), nil}, {0, ok200(5), nil}, {60 * sec, waits, nil},
	}},

	// 3.2.2.
	{"a late INTERESTED that the client ignores", false, []seen{
		{0, asks(1, offerA), nil}, {15 * sec, int200(1), nil}, {16 * sec, asks(2, offerA), nil}, {16 * sec, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"a late INTERESTED that the client processes", false, []seen{
		{0, asks(1, offerA), nil}, {15 * sec, int200(1), nil}, {16 * sec, asks(2, infoA), []string{late + " 2 request"}}, {16 * sec, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"a late INTERESTED, and another that is not", false, []seen{
		{0, asks(1, offerA), nil}, {16 * sec, asks(2, offerA), nil}, {17 * sec, int200(1), nil}, {17 * sec, int200(2), nil}, {18 * sec, asks(3, infoA), nil}, {18 * sec, ok200(3), nil},
		{19 * sec, asks(4, onConn(9, infoA)), nil}, {19 * sec, ok200(4), nil}, {60 * sec, waits, nil},
	}},
	{"a late OK", false, []seen{{0, asks(1, batchA), nil}, {20 * sec, ok200(1), nil}, {60 * sec, waits, nil}}},

	// 3.2.5.3, 2.1, 1.7.
	{"401 and the resend", false, []seen{
		{0, asks(1, offerA), nil}, {sec, fails(1, 401), nil}, {2 * sec, asks(2, authorized(post1(anna, with(with(offer100k(), 4, 9, 9), 10, 9, 9)))), nil}, // other paddings
		{3 * sec, int200(2), nil}, {4 * sec, asks(3, infoA), nil}, {5 * sec, fails(3, 401), nil}, {6 * sec, asks(4, by("nEGOTIATE", infoA)), nil}, {7 * sec, ok200(4), nil}, {60 * sec, waits, nil},
	}},
	{"401 and no resend", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil},
		{0, asks(2, offerA), nil}, // without authorization
		{0, asks(5, offerB), nil}, {0, fails(5, 401), nil}, {0, asks(3, authorized(offerB)), nil},
		{0, asks(4, authorized(post1(anna, with(offer100k(), 47, 0)))), nil},
		{0, ok200(2), nil}, {0, ok200(3), nil}, {0, ok200(4), nil}, {60 * sec, waits, []string{owesResend + " 1"}},
	}},
	{"401, and the resend from another address", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {0, asks(2, authorized(offerB)), nil}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"401 again and again to a client without credentials is one fault", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {sec, asks(2, offerA), nil}, {sec, fails(2, 401), nil}, {60 * sec, waits, []string{owesResend + " 1"}},
	}},
	{"credentials that are refused", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {0, asks(2, authorized(offerA)), nil}, {0, fails(2, 401), nil}, {60 * sec, waits, nil},
	}},
	{"credentials that are refused without another word", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {0, asks(2, authorized(offerA)), nil}, {0, answersAs(2, refuses), nil}, {60 * sec, waits, nil},
	}},
	{"several legs", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {0, asks(2, authorized(offerA)), nil}, {0, answersAs(2, continues), nil}, {0, asks(3, authorized(offerA)), nil}, {0, ok200(3), nil}, {60 * sec, waits, nil},
	}},
	{"several legs, broken off", false, []seen{
		{0, asks(1, authorized(offerA)), nil}, {0, answersAs(1, continues), nil}, {60 * sec, waits, []string{owesResend + " 1"}},
	}},
	{"a malformed request is not to be sent again", false, []seen{
		{0, asks(1, post1(anna, offer100k()[:47])), nil}, {0, fails(1, 401), nil}, {60 * sec, waits, nil},
	}},
	{"401 after expiry asks for nothing", false, []seen{{0, asks(1, offerA), nil}, {15 * sec, fails(1, 401), nil}, {60 * sec, waits, nil}}},
	{"401 without Negotiate, and the client stops", false, []seen{
		{0, asks(1, offerA), nil}, {0, answersAs(1, refuses), []string{noSPNEGO + " 1"}}, {60 * sec, waits, nil},
	}},
	{"401 without Negotiate, and Basic", false, []seen{
		{0, asks(1, offerA), nil}, {0, answersAs(1, refuses), []string{noSPNEGO + " 1"}}, {0, asks(2, by("Basic", offerA)), []string{owesResend + " 2 request"}}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"401 with Negotiate, and NTLM", false, []seen{
		{0, asks(1, offerA), nil}, {0, fails(1, 401), nil}, {0, asks(2, by("NTLM", offerA)), []string{owesResend + " 2 request"}}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},
	{"Basic out of the blue", false, []seen{{0, asks(1, by("Basic", offerA)), []string{noSPNEGO + " 1 request"}}, {0, ok200(1), nil}, {60 * sec, waits, nil}}},
	{"401 in version 2.0, and the client stops", false, []seen{
		{0, asks(1, batchA), nil}, {0, fails(1, 401), []string{"PCHC-1.7-Authentication 1"}}, {60 * sec, waits, nil},
	}},
	{"401 in version 2.0, and the client obeys", false, []seen{
		{0, asks(1, batchA), nil}, {0, fails(1, 401), []string{"PCHC-1.7-Authentication 1"}}, {0, asks(2, by("Basic", batchA)), nil}, {0, ok200(2), nil}, {60 * sec, waits, nil},
	}},

	// 3.1.5.
	{"no answer", false, []seen{
		{0, asks(1, offerA), nil}, {0, asks(2, infoB), nil}, {0, asks(3, batchA), nil}, {0, asks(4, batchA), nil}, {0, asks(5, batchA), nil}, {0, asks(6, batchA), nil},
		{0, closes(1), []string{"PCHC-3.1.5.1-Respond 1"}}, {0, closes(1), nil}, {0, closes(2), []string{"PCHC-3.1.5.2-Respond 2"}}, {0, closes(3), []string{"PCHC-3.1.5.3-Respond 3"}},
		{0, fails(4, 500), []string{"PCHC-3.1.5.3-Respond 4"}}, {0, answers(5), []string{"PCHC-3.1.5.3-Respond 5"}}, {0, forgets(6), nil}, {0, closes(6), nil},
	}},
	{"HTTP, or a proxy, asks for another form", false, []seen{
		{0, asks(1, batchA), nil}, {0, fails(1, 407), nil}, {0, asks(2, batchA), nil}, {0, fails(2, 408), nil}, {0, asks(3, batchA), nil}, {0, fails(3, 411), nil}, {0, asks(4, batchA), nil}, {0, fails(4, 417), nil},
		{0, asks(5, authorized(offerA)), nil}, {0, fails(5, 403), nil}, {0, asks(6, offerA), nil}, {0, fails(6, 403), []string{"PCHC-3.1.5.1-Respond 6"}},
	}},
	{"malformed requests are to be dropped", false, []seen{
		{0, asks(1, post2(anna, request(2, 3))), nil}, {0, closes(1), nil}, {0, asks(2, post2(anna, batchOf(129))), nil}, {0, ok200(2), []string{drops + " 2"}},
		{0, asks(3, unknownHash), nil}, {0, ok200(3), []string{drops + " 3"}}, {0, asks(4, post2(anna, nil)), nil}, {0, fails(4, 400), nil}, {0, asks(5, post2(anna, nil)), nil}, {0, answers(5), nil},
	}},
	{"Windows answers some of them", true, []seen{
		{0, asks(1, post2(anna, batchOf(129))), nil}, {0, ok200(1), []string{drops + " 1"}}, {0, asks(2, unknownHash), nil}, {0, ok200(2), nil}, {0, asks(3, unknownHash), nil}, {0, closes(3), nil},
	}},
	{"what follows a malformed request on its connection may be dropped with it", false, []seen{
		{0, asks(1, onConn(1, unknownHash)), nil}, {0, asks(2, onConn(1, batchA)), nil}, {0, asks(3, onConn(2, batchA)), nil}, {0, fails(1, 400), nil}, {0, closes(2), nil}, {0, closes(3), []string{"PCHC-3.1.5.3-Respond 3"}},
	}},
	{"of two requests one is answered: not the malformed one", false, []seen{
		{0, asks(1, unknownHash), nil}, {0, asks(2, batchA), nil}, {0, ok200(1), nil}, {0, closes(2), nil}, {60 * sec, waits, nil},
	}},
	{"both are answered", false, []seen{
		{0, asks(1, unknownHash), nil}, {0, asks(2, batchA), nil}, {0, ok200(1), nil}, {0, ok200(2), []string{drops + " 1"}},
	}},
	{"the wrong URL", false, []seen{
		{0, asks(1, post2(anna, offer100k())), []string{"PCHC-2.1-Version 1 request"}}, {0, ok200(1), nil},
		{0, asks(2, post1(anna, batchOf(1))), []string{"PCHC-2.1-Version 2 request"}}, {0, closes(2), nil},
		{0, asks(3, post2(anna, with(batchOf(1), 1, 3))), nil}, {0, asks(4, post1(anna, with(batchOf(1), 1, 1))), nil}, {0, closes(4), nil}, // malformed
		{0, asks(5, post2(anna, offer100k())), []string{"PCHC-2.1-Version 5 request"}}, {0, int200(5), nil}, {60 * sec, waits, nil},
	}},
	{"a cache may forget, and know from elsewhere", false, []seen{
		{0, asks(1, infoA), nil}, {0, ok200(1), nil}, {0, asks(2, offerB), nil}, {0, int200(2), nil}, {0, asks(3, infoB), nil}, {0, ok200(3), nil},
		{0, asks(4, offerA), nil}, {0, int200(4), nil}, {0, asks(5, infoA), nil}, {0, ok200(5), nil}, {60 * sec, waits, nil},
	}},
	{"malformed answers ask for nothing, and excuse", false, []seen{
		{0, asks(1, offerA), nil}, {0, answers(1, 0, 0, 0, 1, 1, 0), nil}, {0, asks(2, batchA), nil}, {0, int200(2), nil}, {60 * sec, waits, nil}, {60 * sec, asks(3, infoA), nil},
	}},
}

func TestFollower(t *testing.T) {
	for _, test := range followCases {
		t.Run(test.name, func(t *testing.T) {
			f := Follower{Windows: test.windows}
			for i, s := range test.seen {
				var got []string
				for _, finding := range s.do(&f, s.at) {
					what := fmt.Sprint(finding.Rule, " ", finding.Exchange)
					if finding.Request {
						what += " request"
					}
					got = append(got, what)
					if r, ok := RequirementByID(finding.Rule); !ok || r.Section != finding.Section || r.Class != finding.Class || finding.Detail == "" {
						t.Errorf("step %d: %+v is not in the catalogue", i, finding)
					}
				}
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Fatalf("step %d (-want +got):\n%s", i, diff)
				}
			}
			if f.Forgetful() {
				t.Error("it has forgotten something")
			}
		})
	}
}

// TestFollowerKeepsNothing changes a request after it was seen.
func TestFollowerKeepsNothing(t *testing.T) {
	var f Follower
	message := offer100k()
	asks(1, post1(anna, message))(&f, 0)
	clear(message)
	fails(1, 401)(&f, 0)
	asks(2, authorized(offerA))(&f, 0)
	ok200(2)(&f, 0)
	if got := f.End(60 * sec); got != nil {
		t.Errorf("%v", got)
	}
}

// TestFollowerForgets fills each memory: nobody is blamed for what was forgotten, and
// the Follower says that it has forgotten something.
func TestFollowerForgets(t *testing.T) {
	client := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for name, do := range map[string]func(f *Follower, i int){
		"obligations": func(f *Follower, i int) {
			asks(RequestID(i), post1(client(i), segmentInfo100k()))(f, 0)
			fails(RequestID(i), 401)(f, 0)
		},
		"offers": func(f *Follower, i int) {
			asks(RequestID(i), post1(client(i), offer100k()))(f, 0)
			ok200(RequestID(i))(f, 0)
		},
		"malformed connections": func(f *Follower, i int) {
			asks(RequestID(i), onConn(uint64(i), unknownHash))(f, 0)
			f.Forget(RequestID(i))
		},
	} {
		var f Follower
		for i := range maxRemembered {
			do(&f, i)
		}
		if f.Forgetful() {
			t.Errorf("%s: it forgets too early", name)
		}
		do(&f, maxRemembered)
		if !f.Forgetful() || len(f.exchanges)+len(f.waiting)+len(f.held) != 0 || len(f.owed.byKey) > maxRemembered || len(f.owed.queue) > 2*maxRemembered || len(f.offers.entries) > maxRemembered {
			t.Errorf("%s: forgetful %v", name, f.Forgetful())
		}
		if got := asks(1<<30, post1(client(0), segmentInfo100k()))(&f, 0); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

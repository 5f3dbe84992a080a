package spec

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is something that happened on the network; what must be said of it is
// listed as "rule exchange: detail".
type seen struct {
	at   time.Duration
	do   func(f *Follower, at time.Duration) []Finding
	want []string
}

func asks(id RequestID, p posted) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Request(at, id, p.Post, p.message) }
}

func answers(id RequestID, message ...byte) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Response(at, id, 200, message) }
}

func fails(id RequestID, status int) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, at time.Duration) []Finding { return f.Response(at, id, status, nil) }
}

func closes(id RequestID) func(*Follower, time.Duration) []Finding {
	return func(f *Follower, _ time.Duration) []Finding { return f.Closed(id) }
}

func ends(f *Follower, _ time.Duration) []Finding { return f.End() }

func authorized(p posted) posted {
	p.Authorized = true
	return p
}

const (
	owesInfo   = "INTERESTED is not followed by a SEGMENT_INFO_MESSAGE for the segment"
	owesResend = "HTTP status 401 is not followed by the same request with authorization"
	uninvited  = "follows an INITIAL_OFFER_MESSAGE that was not answered with INTERESTED in time"
	knewAll    = "is INTERESTED, but the hosted cache has acknowledged all block hashes of the segment"
	lackedSome = "is OK, but the hosted cache has not received all block hashes that it asked for"
)

var followCases = []struct {
	name   string
	server Server
	seen   []seen
}{
	{"a whole sequence", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{sec, answers(1, 0, 0, 0, 1, 1), nil},
		{2 * sec, asks(2, post1(anna, segmentInfo100k())), nil},
		{3 * sec, answers(2, 0, 0, 0, 1, 0), nil},
		{4 * sec, asks(3, post1(bert, offer100k())), nil},
		{5 * sec, answers(3, 0, 0, 0, 1, 0), nil},
		{6 * sec, asks(4, post2(bert, batchOf(128))), nil},
		{7 * sec, answers(4, 0, 0, 0, 1, 0), nil},
		{9 * sec, ends, nil},
	}},
	{"what was before is not known", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, asks(2, post1(bert, segmentInfo100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 0), nil},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, answers(9, 0, 0, 0, 1, 0), nil},
		{0, closes(9), nil},
		{0, ends, nil},
	}},
	{"INTERESTED, and nothing follows", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 1), nil},
		{0, asks(2, post1(bert, segmentInfo100k())), nil}, // by someone else
		{0, asks(3, post1(anna, infoWith(0x800D, 48))), nil},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, ends, []string{"PCHC-3.2.5.1-SegmentInfo 1: " + owesInfo}},
		{0, ends, nil},
	}},
	{"a malformed SEGMENT_INFO_MESSAGE follows too", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 1), nil},
		{0, asks(2, post1(anna, segmentInfo100k()[:190])), nil},
		{0, closes(2), nil},
		{0, ends, nil},
	}},
	{"nobody asked for a SEGMENT_INFO_MESSAGE", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 0), nil},
		{0, asks(2, post1(anna, segmentInfo100k())), []string{"PCHC-2.2.1.4-Interested 2: " + uninvited}},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, ends, nil},
	}},
	{"a resend of what nobody asked for is told once", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 0), nil},
		{0, asks(2, post1(anna, segmentInfo100k())), []string{"PCHC-2.2.1.4-Interested 2: " + uninvited}},
		{0, fails(2, 401), nil},
		{0, asks(3, authorized(post1(anna, segmentInfo100k()))), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, ends, nil},
	}},
	{"a SEGMENT_INFO_MESSAGE may come again", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 1), nil},
		{0, asks(2, post1(anna, segmentInfo100k())), nil},
		{0, asks(3, post1(anna, segmentInfo100k())), nil},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, ends, nil},
	}},
	{"each INTERESTED asks once", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, asks(2, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 1), nil},
		{0, answers(2, 0, 0, 0, 1, 1), nil},
		{0, asks(3, post1(anna, segmentInfo100k())), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, ends, []string{"PCHC-3.2.5.1-SegmentInfo 2: " + owesInfo}},
	}},
	{"a late answer, and a client that heeds it", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{15 * sec, answers(1, 0, 0, 0, 1, 1), []string{"PCHC-3.2.2-Late 1: arrives 15s after its request, which has expired"}},
		{16 * sec, asks(2, post1(anna, segmentInfo100k())), []string{"PCHC-2.2.1.4-Interested 2: " + uninvited}},
		{31*sec - tiny, answers(2, 0, 0, 0, 1, 0), nil},
		{40 * sec, ends, nil},
	}},
	{"a late answer, and a client that does not", Server{}, []seen{
		{0, asks(1, post2(anna, batchOf(1))), nil},
		{4 * sec, asks(2, post2(anna, batchOf(2))), nil},
		{4 * sec, asks(3, post2(bert, batchOf(2))), nil},
		{14 * sec, answers(1, 0, 0, 0, 1, 0), nil},
		{15 * sec, answers(2, 0, 0, 0, 1, 0), []string{"PCHC-3.2.2-Late 2: arrives 11s after its request, which has expired"}},
		{18 * sec, answers(3, 0, 0, 0, 1, 0), nil},
		{18 * sec, ends, nil},
	}},
	{"a request after the second tick", Server{}, []seen{
		{0, asks(1, post2(anna, batchOf(1))), nil},
		{14 * sec, asks(2, post2(anna, batchOf(2))), nil},
		{25*sec - tiny, answers(2, 0, 0, 0, 1, 0), nil},
		{25 * sec, closes(1), []string{"PCHC-3.1.5.3-Respond 1: is not answered"}},
	}},
	{"401 and the resend", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{sec, fails(1, 401), nil},
		{2 * sec, asks(2, authorized(post1(anna, with(with(offer100k(), 4, 9, 9), 10, 9, 9)))), nil}, // other paddings
		{3 * sec, answers(2, 0, 0, 0, 1, 1), nil},
		{4 * sec, asks(3, post1(anna, segmentInfo100k())), nil},
		{5 * sec, fails(3, 401), nil},
		{6 * sec, asks(4, authorized(post1(anna, segmentInfo100k()))), nil},
		{7 * sec, answers(4, 0, 0, 0, 1, 0), nil},
		{8 * sec, ends, nil},
	}},
	{"401 and no resend", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, fails(1, 401), nil},
		{0, asks(2, post1(anna, offer100k())), nil}, // without authorization
		{0, asks(3, authorized(post1(bert, offer100k()))), nil},
		{0, asks(4, authorized(post1(anna, with(offer100k(), 47, 0)))), nil},
		{0, asks(5, authorized(post1(anna, with(offer100k(), 9, 0)))), nil},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, answers(4, 0, 0, 0, 1, 0), nil},
		{0, fails(5, 401), nil},
		{0, ends, []string{"PCHC-3.2.5.3-Resend 1: " + owesResend, "PCHC-3.2.5.3-Resend 5: " + owesResend}},
	}},
	{"401 after expiry asks for nothing", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{15 * sec, fails(1, 401), nil},
		{15 * sec, ends, nil},
	}},
	{"no answer", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, asks(2, post1(anna, segmentInfo100k())), []string{"PCHC-2.2.1.4-Interested 2: " + uninvited}},
		{0, asks(3, post2(anna, batchOf(1))), nil},
		{0, asks(4, post2(anna, batchOf(1))), nil},
		{0, asks(5, post2(anna, batchOf(1))), nil},
		{0, closes(2), []string{"PCHC-3.1.5.2-Respond 2: is not answered"}},
		{0, closes(2), nil},
		{0, fails(4, 500), []string{"PCHC-3.1.5.3-Respond 4: is answered with HTTP status 500 without a response message"}},
		{0, answers(5), []string{"PCHC-3.1.5.3-Respond 5: is answered with HTTP status 200 without a response message"}},
		{0, ends, []string{"PCHC-3.1.5.1-Respond 1: is not answered", "PCHC-3.1.5.3-Respond 3: is not answered"}},
	}},
	{"what is owed comes by exchange", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, asks(2, post1(bert, offer100k())), nil},
		{0, asks(3, post1(bert, offer100k())), nil},
		{0, answers(3, 0, 0, 0, 1, 1), nil},
		{0, answers(1, 0, 0, 0, 1, 1), nil},
		{0, ends, []string{"PCHC-3.2.5.1-SegmentInfo 1: " + owesInfo, "PCHC-3.1.5.1-Respond 2: is not answered",
			"PCHC-3.2.5.1-SegmentInfo 3: " + owesInfo}},
	}},
	{"malformed requests are to be dropped", Server{}, []seen{
		{0, asks(1, post2(anna, request(2, 3))), nil},
		{0, asks(2, post2(anna, batchOf(129))), nil},
		{0, asks(3, post2(anna, with(batchOf(1), 42, 7))), nil},
		{0, asks(4, post2(anna, nil)), nil},
		{0, asks(5, post2(anna, nil)), nil},
		{0, asks(6, post2(anna, nil)), nil},
		{0, closes(1), nil},
		{0, answers(2, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.4-Drop 2: answers a request that violates PCHC-2.2.1.5-MaxDescriptors"}},
		{0, answers(3, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.4-Drop 3: answers a request that violates PCHC-2.2.1.5-HashAlgorithm"}},
		{0, fails(4, 400), nil},
		{0, answers(5), nil},
		{0, ends, nil},
	}},
	{"Windows answers some of them", Server{Windows: true}, []seen{
		{0, asks(1, post2(anna, batchOf(129))), nil},
		{0, asks(2, post2(anna, with(batchOf(1), 42, 7))), nil},
		{0, asks(3, post2(anna, with(batchOf(1), 42, 7))), nil},
		{0, answers(1, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.4-Drop 1: answers a request that violates PCHC-2.2.1.5-MaxDescriptors"}},
		{0, answers(2, 0, 0, 0, 1, 0), nil},
		{0, closes(3), []string{"PCHC-3.1.5.3-Respond 3: is not answered"}},
	}},
	{"the wrong URL", Server{}, []seen{
		{0, asks(1, post2(anna, offer100k())), []string{"PCHC-2.1-Version 1: version 1.0 message on the URL of version 2.0"}},
		{0, asks(2, post1(anna, batchOf(1))), []string{"PCHC-2.1-Version 2: version 2.0 message on the URL of version 1.0"}},
		{0, asks(3, post2(anna, with(batchOf(1), 1, 3))), nil},
		{0, asks(4, posted{Post{From: anna}, batchOf(1)}), nil},
		{0, answers(1, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.4-Drop 1: answers a request that violates PCHC-2.1-Version"}},
		{0, closes(2), nil},
		{0, closes(3), nil},
		{0, answers(4, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.4-Drop 4: answers a request that violates PCHC-2.1-URL"}},
	}},
	{"authentication", Server{Authenticate: true}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, asks(2, post1(bert, offer100k())), nil},
		{0, fails(1, 401), nil},
		{0, answers(2, 0, 0, 0, 1, 0), []string{"PCHC-2.1-Challenge 2: answers a request without authorization"}},
		{0, asks(3, authorized(post1(anna, offer100k()))), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, asks(4, post1(anna, offer100k())), nil},
		{0, closes(4), []string{"PCHC-2.1-Challenge 4: is not answered"}},
		{0, ends, nil},
	}},
	{"a cache that forgets", Server{}, []seen{
		{0, asks(1, post1(anna, segmentInfo100k())), nil},
		{0, asks(2, post1(bert, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 0), nil},
		{0, asks(3, post1(bert, offer100k())), nil},
		{0, answers(2, 0, 0, 0, 1, 1), nil}, // may have been looked at before 1
		{0, answers(3, 0, 0, 0, 1, 1), []string{"PCHC-3.1.5.1-OK 3: " + knewAll}},
	}},
	{"a cache with part of the hashes may ask for all", Server{}, []seen{
		{0, asks(1, post1(anna, infoOf(3*65536, 0, 65536, 1))), nil},
		{0, answers(1, 0, 0, 0, 1, 0), nil},
		{0, asks(2, post1(bert, offer100k())), nil},
		{0, answers(2, 0, 0, 0, 1, 1), nil},
		{0, asks(3, post1(bert, infoOf(3*65536, 0, 65536, 1))), nil},
		{0, answers(3, 0, 0, 0, 1, 0), nil},
		{0, asks(4, post1(bert, offer100k())), nil},
		{0, answers(4, 0, 0, 0, 1, 0), []string{"PCHC-3.1.5.1-Interested 4: " + lackedSome}},
		{0, asks(5, post1(bert, offer100k())), nil},
		{0, asks(6, post1(anna, infoOf(3*65536, 0, 0, 1, 2, 3))), nil},
		{0, answers(5, 0, 0, 0, 1, 0), nil}, // 6 may have been looked at before
		{0, answers(6, 0, 0, 0, 1, 0), nil},
		{0, ends, nil},
	}},
	{"malformed answers ask for nothing", Server{}, []seen{
		{0, asks(1, post1(anna, offer100k())), nil},
		{0, answers(1, 0, 0, 0, 1, 1, 0), nil},
		{0, asks(2, post2(anna, batchOf(1))), nil},
		{0, answers(2, 0, 0, 0, 1, 1), nil},
		{0, ends, nil},
	}},
}

func TestFollower(t *testing.T) {
	for _, test := range followCases {
		t.Run(test.name, func(t *testing.T) {
			f := Follower{Server: test.server}
			for i, s := range test.seen {
				var got []string
				for _, finding := range s.do(&f, s.at) {
					got = append(got, finding.Rule+" "+decimals(uint64(finding.Exchange))+": "+finding.Detail)
					if r, ok := RequirementByID(finding.Rule); !ok || r.Section != finding.Section || r.Class != finding.Class {
						t.Errorf("step %d: %+v is not in the catalogue", i, finding)
					}
				}
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Fatalf("step %d (-want +got):\n%s", i, diff)
				}
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
	f.Response(0, 1, 401, nil)
	asks(2, authorized(post1(anna, offer100k())))(&f, 0)
	f.Response(0, 2, 200, responseOf(0))
	if got := f.End(); got != nil {
		t.Errorf("%v", got)
	}
}

package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// kinds are the violations that the same may excuse.
var kinds = map[string][]string{
	"response": {"PCHC-3.1.5.1-Respond", "PCHC-3.1.5.2-Respond", "PCHC-3.1.5.3-Respond", "PCHC-3.1.5.4-Drop"},
	"sends":    {"PCHC-3.2.5.1-SegmentInfo", "PCHC-3.2.5.3-Resend"},
	"uses":     {"PCHC-2.2.1.4-Interested", "PCHC-3.2.2-Late"},
	"always":   {"PCHC-2.1-SPNEGO", "PCHC-1.7-Authentication", "PCHC-2.1-Version"},
}

// TestEvidence: what excuses each kind of violation. The answer came on stream 3 after
// 100 seconds, and the capture goes on for 15.
func TestEvidence(t *testing.T) {
	const answered = 100 * sec
	for _, test := range []struct {
		name    string
		at      time.Duration
		event   capture.Event
		excuses string
	}{
		{"nothing", 0, nothing, ""},
		{"a loss on the connection", answered, problem(3, anna, cache), "response sends uses"},
		{"a loss of the client's, later", answered + 1, problem(7, anna, bert), "sends uses"},
		{"a loss of the client's, at once", answered, problem(7, bert, anna), "sends uses"},
		{"a loss of the client's, before", answered - 1, problem(7, anna, bert), "uses"},
		{"a loss of the server's and another's", answered, problem(0, cache, bert), ""},
		{"a loss of anything before", answered - 1, damage, "response sends uses"},
		{"a loss of anything too soon", answered + 15*sec - 1, damage, "sends"},
		{"a loss of anything later", answered + 15*sec, damage, ""},
		{"TLS with the server", answered, hides(7, anna, cache), "sends uses"},
		{"TLS of the server with the client", 0, hides(7, cache, anna), "sends uses"},
		{"TLS of the client with another", answered, hides(7, anna, bert), ""},
		{"TLS of the server with another", answered, hides(7, bert, cache), ""},
	} {
		for kind, rules := range kinds {
			for _, rule := range rules {
				for _, request := range []bool{false, true} {
					v := newEvidence()
					take := func(now bool) {
						switch {
						case !now:
						case test.event.Kind == capture.Problem:
							v.lose(&test.event, test.at)
						case test.event.Hidden:
							v.hide(&test.event)
						}
					}
					take(test.at < answered)
					s := suspicion{Violation: spec.Violation{Rule: rule}, at: capture.Place{Stream: 3}, request: request, client: anna.Addr(), server: cache.Addr(), answered: answered, blind: v.blind}
					take(test.at >= answered)
					want := !strings.Contains(test.excuses, kind) || kind == "sends" && request
					if got := v.certain(&s, answered+15*sec); got != want {
						t.Errorf("%s, after %s, in the request %v: certain %v", rule, test.name, request, got)
					}
					want = want && (kind != "sends" || request)
					if got := v.certain(&s, answered+15*sec-1); got != want && test.at < answered+15*sec {
						t.Errorf("%s, after %s, in the request %v: certain %v before the time is up", rule, test.name, request, got)
					}
				}
			}
		}
	}
}

// TestSight: the first loss of anything counts.
func TestSight(t *testing.T) {
	v := newEvidence()
	v.lose(&damage, 3)
	v.lose(&damage, 5)
	if v.sight != 3 || v.forgetful {
		t.Errorf("%+v", v)
	}
}

package report

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/printable"
)

// stateID returns the ID of a failure that depends on more than its message, "" of any
// other: such a failure is not that of a rule.
func stateID(f *campaign.Finding) string {
	switch {
	case f.Nth != nil:
		return "fuzz-number"
	case f.Rate != nil:
		return "fuzz-rate"
	case f.Sequence():
		return "fuzz-sequence"
	}
	return ""
}

// stateName returns the name of such a failure. What exactly goes wrong, and in which
// field, is not the same in another campaign. Of a sequence it has the names of the
// messages: "fuzz-sequence wrong RESPONSE_MESSAGE,BATCHED_OFFER_MESSAGE".
func stateName(f *campaign.Finding) string {
	fault := f.Fault
	switch fault {
	case fuzz.Crash, fuzz.Hang, fuzz.Slow, fuzz.Unanswered:
	default:
		fault = fuzz.Wrong
	}
	s := stateID(f) + " " + string(fault)
	if !f.Sequence() {
		return s
	}
	if f.Echo > 0 {
		return s + " echo"
	}
	for i := range f.Messages {
		s += map[bool]string{true: " ", false: ","}[i == 0] + f.Messages[i].Dissect().Message
	}
	return s
}

// route says over which connection and to which URL a message of a sequence goes, if that
// matters.
func route(f *campaign.Finding, i int) (s string) {
	if len(f.Routes) != len(f.Messages) {
		return ""
	}
	if n := f.Routes[i].Connection; n > 0 {
		s = fmt.Sprintf("over connection %d ", n)
	}
	if v := f.Routes[i].Version; v > 0 {
		s += fmt.Sprintf("to the URL of version %d.0 ", v)
	}
	if s == "" {
		return ""
	}
	return strings.TrimSpace(s) + ", "
}

// roles says on what a failure depends besides its message: a sentence for each message of
// a sequence.
func roles(f *campaign.Finding) (lines []string) {
	add := func(format string, a ...any) { lines = append(lines, printable.String(fmt.Sprintf(format, a...))) }
	switch {
	case f.Nth != nil:
		add("This depends on how many messages the process got: it fails %s.", f.Nth)
		if f.Nth.Counts == campaign.CountsSame {
			add("Other messages do not count. The first of these is answered rightly.")
		} else {
			add("The message below is only an example. Sent first, it is answered rightly.")
		}
	case f.Rate != nil:
		add("This happens at random: %s.", f.Rate)
		add("Sent again, the same messages are answered rightly, and it happens at others. The messages below are only examples.")
		add("A replay sends up to %s: %.0f %% of such replays show it, if the rate is what was measured.", count(int64(f.Repeat), "message"), 100*f.Rate.Shows(f.Repeat))
	case f.Sequence():
		last := len(f.Messages) - 1
		for i := range f.Messages[:last] {
			role := campaign.Role(f.Messages[i])
			if d := f.Messages[i].Dissect(); d.Valid() && len(d.Violations) > 0 {
				role += ", which breaks " + count(int64(len(d.Violations)), "rule") + " for senders, but must be accepted"
			}
			leaves := "is answered rightly"
			if i < len(f.Earlier) && f.Earlier[i] != "" {
				leaves = "is answered wrongly, too (" + f.Earlier[i] + ")"
			}
			add("Message %d, %s%s, %s. Without it, message %d goes right.", i+1, route(f, i), role, leaves, last+1)
			if i < len(f.Needed) && f.Needed[i] != "" {
				add("Needed in message %d: %s.", i+1, f.Needed[i])
			}
		}
		does := "goes wrong. Alone, in a new process, it is answered rightly"
		if f.Routes != nil {
			does = "goes wrong. Alone, it is answered rightly"
		}
		if f.Echo > 0 {
			does = fmt.Sprintf("gets the answer to message %d, byte for byte. Alone, in a new process, it is answered rightly", f.Echo)
		}
		add("Message %d, %s%s, then %s.", last+1, route(f, last), campaign.Role(f.Messages[last]), does)
		switch f.Afterwards {
		case campaign.Recovers:
			add("The target recovers: sent once more, message %d goes right.", last+1)
		case campaign.Persists:
			add("The target does not recover at once: sent once more, message %d goes wrong, too.", last+1)
		}
	}
	return lines
}

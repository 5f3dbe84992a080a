package http

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// expectation is what a hosted cache must do with a message.
type expectation uint8

const (
	mustAnswer expectation = iota + 1
	mayAnswer              // it is valid, but belongs on the other URL, or is longer than any that violates no rule
	mustDrop
)

// requestTypes are the messages' values of Type.
var requestTypes = map[string]uint16{
	"INITIAL_OFFER_MESSAGE": spec.TypeInitialOffer,
	"SEGMENT_INFO_MESSAGE":  spec.TypeSegmentInfo,
	"BATCHED_OFFER_MESSAGE": spec.TypeBatchedOffer,
}

// expectation returns what the server must do with a message.
func (t *endpoint) expectation(c *target.Case) expectation {
	if !c.Expected.Valid() {
		return mustDrop
	}
	return t.protocol.expectation(t, c)
}

// requirement returns an id such as PCHC-3.1.5.3-Respond.
func requirement(c *target.Case, name string) string {
	return "PCHC-3.1.5." + strconv.Itoa(int(requestTypes[c.Expected.Message])) + "-" + name
}

// judge judges the reaction to a message, except for what depends on earlier messages,
// such as OK to an INITIAL_OFFER_MESSAGE.
func (t *endpoint) judge(c *target.Case, a *answer) *fuzz.Difference {
	return a.quoted(t.difference(c, a))
}

// quoted adds the answer to a difference, which may be nil.
func (a *answer) quoted(d *fuzz.Difference) *fuzz.Difference {
	if d == nil || a.ending != answered {
		return d
	}
	d.Answer = fmt.Sprintf("HTTP status %d, %d bytes", a.status, len(a.body))
	if n := min(len(a.body), mostQuoted); n > 0 {
		d.Answer += fmt.Sprintf(": % x", a.body[:n])
		if n < len(a.body) {
			d.Answer += " ..."
		}
	}
	return d
}

// mostQuoted is how much of a body a difference quotes: a RESPONSE_MESSAGE, and the
// header of a message of retrieval. No key is in it.
const mostQuoted = 20

func (t *endpoint) difference(c *target.Case, a *answer) *fuzz.Difference {
	switch t.expectation(c) {
	case mustAnswer:
		return t.reaction(c, a)
	case mayAnswer: // and then rightly
		if a.hasBody() {
			return t.protocol.judge(t, c, a)
		}
	case mustDrop:
		if a.hasBody() && !t.protocol.tolerated(t, c, a.body) {
			d := c.Difference(fuzz.Answered, fmt.Sprintf("is answered with HTTP status %d and %s", a.status, t.protocol.inWords(a.body)))
			d.Requirement = t.protocol.drop
			return d
		}
	}
	return nil
}

// hasBody reports whether an answer may hold a message.
func (a *answer) hasBody() bool { return a.ending == answered && a.status/100 == 2 && len(a.body) > 0 }

// offerInWords describes the body of an answer.
func offerInWords(body []byte) string {
	if d := spec.Dissect(spec.Response, body); d.Valid() {
		if body[4] == spec.CodeInterested {
			return "INTERESTED"
		}
		return "OK"
	}
	return strconv.Itoa(len(body)) + " bytes"
}

// judgeAnswer judges the reaction to a message that must be answered.
func (t *endpoint) judgeAnswer(c *target.Case, a *answer) *fuzz.Difference {
	return a.quoted(t.reaction(c, a))
}

func (t *endpoint) reaction(c *target.Case, a *answer) *fuzz.Difference {
	d := &fuzz.Difference{Requirement: t.protocol.respond(c)}
	switch a.ending {
	case unreachable:
		d.Fault, d.Detail = fuzz.Crash, refused
		return d
	case silent:
		d.Fault, d.Detail = fuzz.Hang, fmt.Sprintf("no answer within %v", c.Limit(t.o.Timeout))
		if a.began {
			d.Detail = fmt.Sprintf("only part of an answer within %v: %v", c.Limit(t.o.Timeout), a.err)
		}
		return d
	case ended:
		d.Fault, d.Detail = fuzz.Unanswered, "the connection closes without an answer"
		return d
	case garbled:
		d.Fault, d.Detail = fuzz.BadReply, "the answer is not HTTP"
		return d
	}
	if a.status/100 != 2 {
		d.Fault, d.Detail = fuzz.Unanswered, fmt.Sprintf("is answered with HTTP status %d", a.status)
		if a.status/100 == 3 {
			d.Detail += ", which is not followed"
		}
		return d
	}
	if len(a.body) == 0 {
		d.Fault, d.Detail = fuzz.Unanswered, fmt.Sprintf("is answered with HTTP status %d and an empty body", a.status)
		return d
	}
	if d := t.protocol.judge(t, c, a); d != nil {
		return d
	}
	if a.cut || a.more {
		d.Fault, d.Detail = fuzz.BadReply, "the answer is shorter than its Content-Length"
		if a.more {
			d.Detail = surplusDetail
		}
		return d
	}
	if a.took > c.Limit(t.o.Slow) {
		d.Fault, d.Detail = fuzz.Slow, fmt.Sprintf("answered after %v", a.took.Round(time.Millisecond))
		return d
	}
	return nil
}

// judgeOffer judges a RESPONSE_MESSAGE.
func judgeOffer(_ *endpoint, c *target.Case, a *answer) *fuzz.Difference {
	response := spec.DissectResponse(a.body, requestTypes[c.Expected.Message])
	violation, malformed := response.First()
	switch {
	case !malformed:
		return nil
	case violation.Rule == "PCHC-2.2.2.2-Interested":
		return &fuzz.Difference{Fault: fuzz.WrongCode, Rule: violation.Rule, Requirement: requirement(c, "OK"), Detail: "is answered INTERESTED, must be OK"}
	}
	return &fuzz.Difference{Fault: fuzz.Malformed, Rule: violation.Rule, Requirement: requirement(c, "Respond"), Detail: "in the answer: " + violation.String()}
}

const surplusDetail = "more bytes follow the HTTP response"

// isOK reports whether a well-formed answer is OK.
func (a *answer) isOK() bool {
	return a.ending == answered && len(a.body) == 5 && a.body[4] == spec.CodeOK
}

// refusal returns an error if an answer denies access.
func (a *answer) refusal() error {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return fmt.Errorf("HTTP status %d: %w", a.status, ErrUnauthorized)
	}
	return nil
}

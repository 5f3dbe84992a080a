package message

import (
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// Item appends an item of a conversation. As text, an exchange of retrieval, discovery
// or content is one line, from the client to the server, when it is done, with trees of
// its messages below where they are asked for. In JSON, each message is an object. What
// is no exchange is appended as Event does it.
func (p *Printer) Item(dst []byte, it *conversation.Item) ([]byte, Verdict) {
	p.dissected = 0
	x := it.Exchange
	if !p.Messages {
		p.frames = max(p.frames, len("1000-1004")) // so that columns seldom move
	}
	switch {
	case x == nil:
		return p.Event(dst, it.Event)
	case p.Form == FormJSON:
		return p.exchangeJSON(dst, it)
	case p.Messages:
		return p.messageOf(dst, it)
	case !x.Done:
		return dst, Valid
	case p.Form == FormCSV:
		return p.csvItem(dst, it)
	}
	return p.exchange(dst, it)
}

// exchange appends a line, and trees.
func (p *Printer) exchange(dst []byte, it *conversation.Item) ([]byte, Verdict) {
	x := it.Exchange
	if p.Form == FormTree && p.messages > 0 {
		dst = append(dst, '\n')
	}
	p.messages++
	at, first := it.Event.Place, int64(0)
	at.Src, at.Dst = x.Client, x.Server
	if x.Protocol != capture.PCCRD { // whose rows name the frame of the Probe
		first = x.Asked.Frame
	}
	dst, from := p.place(dst, &at, first)
	all := p.parts(it)
	name, text := p.tell(it, all)
	dst = put(dst, p.Style.name, name)
	dst = blanks(dst, nameWidth-len(name)+len(gap))
	dst = append(dst, text...)
	verdict := verdictOf(x)
	separator := "; "
	if len(text) == 0 {
		separator = ""
	}
	for i := range all {
		one := &all[i]
		if p.Form != FormTree && isSound(x, one) {
			continue
		}
		m := one.message
		if m == nil {
			m = p.dissect(one)
		}
		if v := m.verdict(); v != Valid {
			verdict = worse(verdict, v)
			dst = append(dst, separator+one.Note+" "...)
			separator = "; "
			dst = p.violations(dst, m.Dissection)
		}
		one.message = m
	}
	dst = p.fold(append(dst, '\n'), from)
	if p.Form == FormTree {
		dst = p.appendHTTP(dst, &Item{asked: it.Event.Asked, answered: it.Event.Answered})
		for i := range all {
			one := &all[i]
			if len(all) > 1 {
				dst = p.AppendNote(dst, one.Note+":")
			}
			dst = p.appendViolationsOfHTTP(dst, one.message)
			dst = p.Append(dst, one.message)
		}
	}
	return dst, verdict
}

// parts are the messages of an exchange that can be dissected, valid until the next call.
func (p *Printer) parts(it *conversation.Item) []Item {
	x, all := it.Exchange, p.room[:0]
	switch {
	case x.Protocol == capture.PCHC:
		if x.Request != nil {
			all = append(all, Item{Kind: spec.Request, Body: x.Request.Body, Note: "request"})
		}
		if e := it.Event; e.Kind == capture.Response {
			all = append(all, Item{Kind: spec.Response, Body: e.Body, Request: e.RequestType, Note: "response"})
		}
	case x.Protocol == capture.PCCRR:
		if x.Request != nil {
			all = append(all, Item{Kind: spec.RetrievalRequest, Body: x.Request.Body, Note: "request"})
		}
		if it.Event.Kind == capture.Response {
			all = append(all, Item{Kind: spec.RetrievalResponse, Body: x.Response.Body, Note: "response"})
		}
	case x.Protocol == capture.PCCRD:
		all = append(all, Item{Kind: spec.Discovery, Body: it.Event.Body, Note: "message"})
	case it.Event.Kind == capture.Content:
		all = append(all, Item{Kind: spec.Content, Body: it.Event.Body, Note: "response", asked: it.Event.Asked, answered: it.Event.Answered})
	}
	return all
}

// isSound reports whether a message of an exchange violates no rule, as far as the codec
// can tell, which is faster than a dissection.
func isSound(x *conversation.Exchange, one *Item) bool {
	var err error
	var body pccrr.Body
	switch one.Kind {
	case spec.Request, spec.Response:
		return one.sound
	case spec.RetrievalRequest:
		err, body = x.Request.Err, x.Retrieval.Asked
	case spec.RetrievalResponse:
		err, body = x.Response.Err, x.Retrieval.Answer
	case spec.Discovery:
		return x.Result != conversation.Malformed && isSoundDiscovery(x.Discovery)
	default: // the header fields of HTTP are for the dissection
		return false
	}
	return err == nil && body.CheckSenderRules() == nil
}

func isSoundDiscovery(d *conversation.Discovery) bool {
	if d.Matches != nil {
		return d.Matches.CheckSenderRules() == nil
	}
	return d.Probe.CheckSenderRules() == nil
}

// verdictOf is the verdict on an exchange apart from its messages.
func verdictOf(x *conversation.Exchange) Verdict {
	if x.Result == conversation.Mismatched {
		return Unfit
	}
	if x.Retrieval != nil && x.Retrieval.Block != nil {
		switch x.Retrieval.Block.Fault {
		case conversation.WrongKey, conversation.WrongIndex, conversation.Damaged:
			return Unfit
		}
	}
	return Valid
}

// worse is the worse one of two verdicts on messages.
func worse(a, b Verdict) Verdict {
	severity := [...]int{Valid: 0, CaptureProblem: 1, Unfit: 2, SenderInvalid: 3, Invalid: 4}
	if severity[b] > severity[a] {
		return b
	}
	return a
}

// Verdict returns what Item would, without writing anything: of an exchange that is not
// done, the verdict on its request.
func (p *Printer) Verdict(it *conversation.Item) Verdict {
	x := it.Exchange
	if x == nil {
		_, verdict := new(Printer).Event(nil, it.Event)
		return verdict
	}
	verdict := verdictOf(x)
	all := p.parts(it)
	for i := range all {
		one := &all[i]
		if x.Protocol == capture.PCHC {
			p.scratch, _, one.sound = p.Summary(p.scratch[:0], one.Kind, one.Body, one.Request)
		}
		if !isSound(x, one) {
			verdict = worse(verdict, p.dissect(one).verdict())
		}
	}
	return verdict
}

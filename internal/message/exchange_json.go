package message

import (
	"strconv"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// exchangeJSON appends the message that an item ends with as an object.
func (p *Printer) exchangeJSON(dst []byte, it *conversation.Item) ([]byte, Verdict) {
	x, e := it.Exchange, it.Event
	switch e.Kind {
	case capture.Plain:
		return p.plainJSON(dst, it), Valid
	case capture.Failure, capture.Unanswered:
		if x.Protocol == capture.PCHC || told(x) {
			return dst, Valid
		}
		_, text := p.tell(it, nil)
		return appendRemark(dst, "CAPTURE_NOTE", true, string(text), &e.Place), Valid
	}
	item, ok := latest(it)
	if !ok {
		return dst, Valid
	}
	m := p.dissect(&item)
	verdict := m.verdict()
	if x.Done {
		verdict = worse(verdict, verdictOf(x))
	}
	return p.object(dst, m, &item, &e.Place), verdict
}

// latest is the message that an item ends with; ok is false where it has none.
func latest(it *conversation.Item) (item Item, ok bool) {
	x, e := it.Exchange, it.Event
	item.Body = e.Body
	switch {
	case e.Kind == capture.Request && x.Protocol == capture.PCHC:
		item.Kind = spec.Request
	case e.Kind == capture.Response && x.Protocol == capture.PCHC:
		item.Kind, item.Request = spec.Response, e.RequestType
	case e.Kind == capture.Request:
		item.Kind = spec.RetrievalRequest
	case e.Kind == capture.Response:
		item.Kind = spec.RetrievalResponse
		item.block = x.Retrieval.Block
	case e.Kind == capture.Content:
		item.Kind, item.asked, item.answered = spec.Content, e.Asked, e.Answered
	case e.Kind == capture.Datagram:
		item.Kind = spec.Discovery
	default:
		return item, false
	}
	return item, true
}

// messageOf appends the message that an item ends with as text. What has none is
// appended as an exchange.
func (p *Printer) messageOf(dst []byte, it *conversation.Item) ([]byte, Verdict) {
	x := it.Exchange
	item, ok := latest(it)
	switch {
	case ok:
		dst, verdict := p.message(dst, &item, &it.Event.Place)
		if x.Done {
			verdict = worse(verdict, verdictOf(x))
		}
		return dst, verdict
	case x.Done && !told(x):
		return p.exchange(dst, it)
	}
	return dst, Valid
}

// told reports whether what came of a request needs no row beside those of messages: a
// problem says it, or there is nothing to say.
func told(x *conversation.Exchange) bool {
	return x.Result == conversation.Parted || x.Ending == capture.Unread
}

// appendBlockJSON appends the member "derived" of a MSG_BLK.
func appendBlockJSON(dst []byte, b *conversation.Block) []byte {
	dst = append(dst, `{"block":{"segment":`...)
	dst = appendHex(dst, b.Segment)
	dst = append(dst, `,"index":`...)
	dst = strconv.AppendUint(dst, uint64(b.Index), 10)
	if b.Hash != nil {
		dst = append(dst, `,"length":`...)
		dst = strconv.AppendInt(dst, int64(b.Length), 10)
		dst = append(dst, `,"hash":`...)
		dst = appendHex(dst, b.Hash)
		dst = append(dst, `,"verified":`...)
		dst = strconv.AppendBool(dst, b.Verified)
	}
	if b.Reason != "" {
		dst = append(dst, `,"reason":`...)
		dst = appendString(dst, b.Reason)
	}
	return append(dst, "}}"...)
}

// plainJSON appends an object for a plain body, which is no message of the
// specifications.
func (p *Printer) plainJSON(dst []byte, it *conversation.Item) []byte {
	t := it.Exchange.Transfer
	dst = append(dst, `{"message":"`+plainName+`","length":`...)
	dst = strconv.AppendInt(dst, t.Bytes, 10)
	dst = append(dst, `,"valid":true`...)
	if t.Known {
		dst = append(dst, `,"derived":{"range":{"start":`...)
		dst = strconv.AppendUint(dst, t.Range.Start, 10)
		dst = append(dst, `,"length":`...)
		dst = strconv.AppendUint(dst, t.Range.Length, 10)
		dst = append(dst, "}}"...)
	}
	if t.Missing > 0 {
		dst = append(dst, `,"missing":`...)
		dst = strconv.AppendInt(dst, t.Missing, 10)
	}
	dst = appendCapture(append(dst, ','), &it.Event.Place)
	if it.Exchange.Protocol == capture.PCCRTP {
		dst = (&Item{asked: t.Asked, answered: t.Answered}).appendHTTPObject(dst)
	}
	return append(dst, '}', '\n')
}

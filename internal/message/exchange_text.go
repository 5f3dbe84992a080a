package message

import (
	"cmp"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// tell returns the name of an exchange, and what there is to say about it, valid until
// the next call.
func (p *Printer) tell(it *conversation.Item, all []Item) (name string, text []byte) {
	name, b := p.tellResult(it, all)
	if took, ok := it.Exchange.Took(); ok {
		if len(b) > 0 && b[len(b)-1] != ' ' {
			b = append(b, ", "...)
		}
		b = appendTook(b, took)
	}
	p.scratch = b
	return name, b
}

// tellResult is tell without the time that the response took.
func (p *Printer) tellResult(it *conversation.Item, all []Item) (name string, text []byte) {
	x, b := it.Exchange, p.scratch[:0]
	switch x.Protocol {
	case capture.PCHC:
		name, b = p.tellOffer(b, x, all)
	case capture.PCCRR:
		name, b = p.tellRetrieval(b, x)
	case capture.PCCRD:
		name, b = p.tellDiscovery(b, x)
	default:
		name, b = tellTransfer(b, it)
	}
	p.scratch = b
	return name, b
}

// appendTook appends a time for people.
func appendTook(dst []byte, d time.Duration) []byte {
	if d >= 10*time.Second || d <= -10*time.Second {
		return append(strconv.AppendFloat(dst, d.Seconds(), 'f', 1, 64), " s"...)
	}
	return append(strconv.AppendFloat(dst, float64(d)/float64(time.Millisecond), 'f', 1, 64), " ms"...)
}

// tellOffer tells an exchange of MS-PCHC. What is wrong in a message is not told.
func (p *Printer) tellOffer(b []byte, x *conversation.Exchange, all []Item) (name string, text []byte) {
	name = "RESPONSE_MESSAGE"
	for i := range all {
		one := &all[i]
		if one.Kind == spec.Response && i > 0 && len(b) > 0 {
			b = append(b, ": "...)
		}
		summary, told, ok := p.Summary(b, one.Kind, one.Body, one.Request)
		switch {
		case !ok:
			one.message = p.dissect(one)
			told = one.message.Dissection.Message
		case one.Kind == spec.Response:
			style := p.Style.good
			if code := string(summary[len(b):]); code == "INTERESTED" {
				style = p.Style.value
			}
			b = put(b, style, string(summary[len(b):]))
		default:
			b = summary
		}
		one.sound = ok
		if i == 0 {
			name = told
		}
	}
	if x.Result == conversation.Answered {
		return name, b
	}
	if len(b) > 0 {
		b = append(b, ": "...)
	}
	switch x.Result {
	case conversation.Failed:
		return name, put(b, p.Style.bad, x.Reason)
	case conversation.Parted:
		return name, append(b, parted...)
	}
	return name, append(b, unanswered(x.Ending)...)
}

// parted says of a request that nothing was told about its response.
const parted = "no response in the capture, or in a row of its own"

func (p *Printer) tellRetrieval(b []byte, x *conversation.Exchange) (string, []byte) {
	t := x.Retrieval
	name := "UNKNOWN"
	switch m := t.Asked.(type) {
	case pccrr.MsgNegoReq:
		b = appendVersions(b, m.VersionRange)
	case pccrr.MsgGetBlkList:
		b = appendRanges(p.appendSegment(b, m.SegmentID), "block", m.NeededBlockRanges)
	case pccrr.MsgGetBlks:
		b = appendRanges(p.appendSegment(b, m.SegmentID), "block", m.ReqBlockRanges)
	case pccrr.MsgGetSegList:
		b = appendCount(b, m.SegmentIDs.Len(), "segment")
		if m.SegmentIDs.Len() > 0 {
			b = p.appendID(append(b, ", the first "...), m.SegmentIDs.At(0))
		}
	case nil:
		switch m := t.Answer.(type) {
		case pccrr.MsgBlk:
			b = appendRanges(p.appendSegment(b, m.SegmentId), "block", pccrr.NewRanges(pccrr.Range{Index: m.BlockIndex, Count: 1}))
		case pccrr.MsgBlkList:
			b = p.appendSegment(b, m.SegmentId)
		}
	}
	switch {
	case t.Asked != nil:
		name = t.Asked.MsgType().String()
	case t.Answer != nil:
		name = t.Answer.MsgType().String()
	}
	if len(b) > 0 {
		b = append(b, ": "...)
	}
	return name, p.appendOutcome(b, x)
}

// appendOutcome appends what came of a request.
func (p *Printer) appendOutcome(b []byte, x *conversation.Exchange) []byte {
	t := x.Retrieval
	switch x.Result {
	case conversation.Failed:
		return append(b, x.Reason...)
	case conversation.Parted:
		return append(b, parted...)
	case conversation.Unanswered, conversation.Missing:
		return append(b, unanswered(x.Ending)...)
	}
	if x.Result == conversation.Mismatched {
		b = append(put(b, p.Style.bad, x.Reason), ": "...)
	}
	switch m := t.Answer.(type) {
	case pccrr.MsgNegoResp:
		b = appendVersions(append(b, "MSG_NEGO_RESP, "...), m.VersionRange)
	case pccrr.MsgBlkList:
		if x.Result == conversation.Miss {
			return append(b, "has none of them"...)
		}
		b = appendRanges(append(b, "has"...), "block", m.BlockRanges)
	case pccrr.MsgSegList:
		if x.Result == conversation.Miss {
			return append(b, "has none of them"...)
		}
		b = appendRanges(append(b, "has"...), "segment", m.SegmentRanges)
	case pccrr.MsgBlk:
		if t.Block == nil {
			return append(b, "does not have it"...)
		}
		b = p.appendBlock(b, t.Block, m)
	case nil:
		b = append(b, "no message that can be decoded"...)
	}
	return b
}

func (p *Printer) appendBlock(b []byte, block *conversation.Block, m pccrr.MsgBlk) []byte {
	switch {
	case block.Verified:
		b = append(appendCount(b, block.Length, "byte"), ", "...)
	case block.Fault == conversation.NoSecret, block.Fault == conversation.NoHash:
		b = append(appendCount(b, len(m.Block), "byte"), ", "+m.CryptoAlgoId.String()+", "...)
	default:
		b = append(appendCount(b, len(m.Block), "byte"), ", "...)
	}
	return p.appendVerdict(b, block)
}

// appendVerdict appends whether a block was verified.
func (p *Printer) appendVerdict(b []byte, block *conversation.Block) []byte {
	switch {
	case block.Verified:
		return put(b, p.Style.good, "verified")
	case block.Fault == conversation.NoSecret, block.Fault == conversation.NoHash:
		return put(append(b, "not verified, "...), p.Style.dim, block.Reason)
	}
	return put(b, p.Style.bad, "not verified, "+block.Reason)
}

// unanswered says in words why there is no response.
func unanswered(e capture.Ending) string {
	switch e {
	case capture.Closed:
		return "no response, the server ended the connection"
	case capture.Crossed:
		return "no response, the server ended the connection, perhaps without having received it"
	case capture.Abandoned:
		return "no response, the client ended the connection"
	case capture.Open:
		return "no response before the capture ends"
	case capture.Unread:
		return "the body of the response could not be read"
	}
	return "no response in the capture"
}

// appendID appends a HoHoDk, or its first eight bytes.
func (p *Printer) appendID(b, id []byte) []byte {
	const most = 8
	if p.Wide || len(id) <= most {
		return hex.AppendEncode(b, id)
	}
	return append(hex.AppendEncode(b, id[:most]), "..."...)
}

// appendSegment appends which segment a message is about.
func (p *Printer) appendSegment(b, id []byte) []byte { return p.appendID(append(b, "segment "...), id) }

// appendRanges appends ", block 3" or ", blocks 0-1, 4". Of many, the first are shown.
func appendRanges(b []byte, noun string, ranges pccrr.Ranges) []byte {
	const most = 4
	if len(b) > 0 && b[len(b)-1] != 's' { // not behind "has"
		b = append(b, ',')
	}
	b = append(append(b, ' '), noun...)
	if ranges.Len() != 1 || ranges.At(0).Count != 1 {
		b = append(b, 's')
	}
	if ranges.Len() == 0 {
		return append(b, " none"...)
	}
	for i, r := range ranges.All() {
		if i == most {
			return append(append(append(b, ", "...), strconv.Itoa(ranges.Len()-most)...), " more ranges"...)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(append(b, ' '), uint64(r.Index), 10)
		switch {
		case r.Count == 0:
			b = append(b, " (0 of them)"...)
		case r.Count > 1:
			b = strconv.AppendUint(append(b, '-'), r.End()-1, 10)
		}
	}
	return b
}

func (p *Printer) tellDiscovery(b []byte, x *conversation.Exchange) (string, []byte) {
	d := x.Discovery
	switch {
	case d.Matches != nil:
		return "ProbeMatches", p.appendMatches(b, x)
	case d.Probe != nil:
		b = appendCount(b, len(d.Probe.HoHoDk), "segment")
		if len(d.Probe.HoHoDk) > 0 {
			b = p.appendID(append(b, ", the first "...), d.Probe.HoHoDk[0])
		}
		return "Probe", append(b, versionOf(d.Probe.Version)...)
	}
	return "UNKNOWN", append(b, "a message of MS-PCCRD"...)
}

func versionOf(v pccrd.Version) string { return ", version " + strconv.Itoa(int(v)) + ".0" }

// appendMatches appends what a peer has.
func (p *Printer) appendMatches(b []byte, x *conversation.Exchange) []byte {
	d := x.Discovery
	if x.Result == conversation.Mismatched {
		b = append(append(b, x.Reason...), ": "...)
	}
	for i, m := range d.Matches.ProbeMatch {
		if i > 0 {
			b = append(b, "; "...)
		}
		has := 0
		for _, n := range m.BlockCount {
			if n > 0 {
				has++
			}
		}
		for _, a := range m.Availability {
			if a != pccrd.AvailableNone {
				has++
			}
		}
		b = append(b, "has "...)
		if d.Probe != nil {
			b = append(strconv.AppendInt(b, int64(has), 10), " of "...)
			has = len(d.Probe.HoHoDk)
		}
		b = appendCount(b, has, "segment")
		for i, id := range m.HoHoDk {
			if i < 1 && i < len(m.BlockCount) {
				b = appendCount(append(p.appendID(append(b, ", "...), id), " with "...), int(m.BlockCount[i]), "block")
			}
		}
		for i, at := range m.XAddrs {
			if i == 0 {
				b = append(b, ", at"...)
			}
			b = append(append(b, ' '), printable.String(at)...)
		}
		b = append(b, versionOf(m.Version)...)
	}
	if x.Request == nil {
		return append(b, ", to a Probe that was not captured"...)
	}
	return strconv.AppendInt(append(b, ", to the Probe in frame "...), x.Request.Frame, 10)
}

// plainName is the name of an exchange with a plain body, hashName that of a request to
// a file server for hashes that brought none.
const (
	plainName = "PLAIN_CONTENT"
	hashName  = "SRV_READ_HASH"
)

func tellTransfer(b []byte, it *conversation.Item) (string, []byte) {
	x, t := it.Exchange, it.Exchange.Transfer
	name := plainName
	if x.Protocol == capture.SMB2 && x.Response == nil || x.Result == conversation.Failed && x.Protocol == capture.SMB2 {
		name = hashName
	} else if e := it.Event; e.Kind == capture.Failure || e.Kind == capture.Unanswered {
		name = cmp.Or(printable.String(e.Method), "GET") // what it would have been is not known
	}
	if t.Asked != nil && t.Asked.URL != "" {
		b = append(append(b, printable.String(t.Asked.URL)...), ": "...)
	}
	switch {
	case x.Result == conversation.Failed:
		b = append(b, x.Reason...)
	case it.Event.Kind == capture.Unanswered:
		b = append(b, unanswered(x.Ending)...)
	case it.Event.Kind == capture.Content:
		var ok bool
		if b, name, ok = summarizeContent(b, it.Event.Body); !ok {
			b = appendCount(b, len(it.Event.Body), "byte")
		}
	default:
		b = appendPlain(b, x)
	}
	if t.MissingData {
		b = append(b, ", which peers did not have"...)
	}
	return name, b
}

// appendPlain appends which bytes of a content a plain body has.
func appendPlain(b []byte, x *conversation.Exchange) []byte {
	t := x.Transfer
	switch {
	case t.Known && (x.Status == 206 || x.Protocol == capture.SMB2):
		b = append(strconv.AppendUint(append(b, "bytes "...), t.Range.Start, 10), '-')
		b = strconv.AppendUint(b, t.Range.Start+max(t.Range.Length, 1)-1, 10)
	default:
		b = append(b, Size(uint64(t.Bytes+t.Missing))...)
		if t.Answered.Coding != "" {
			b = append(append(b, ", "...), printable.String(t.Answered.Coding)...)
		}
	}
	if t.Missing > 0 {
		b = append(appendCount(append(b, ", "...), int(t.Missing), "byte"), " of them not captured"...)
	}
	return b
}

package spec

import (
	"cmp"
	"slices"
)

// CompareRetrieval returns what a response of MS-PCCRR violates in the light of its
// request: by type, identifiers and indexes. Offsets and fields are those of the
// response. Where either violates a format rule there is nothing to compare, and the
// result is nil.
func CompareRetrieval(request, response *Dissection) []Violation {
	if !request.Valid() || !response.Valid() {
		return nil
	}
	c := pairing{asked: request.Root.find("MESSAGE_BODY"), answer: response.Root.find("MESSAGE_BODY")}
	header := request.Root.find("MESSAGE_HEADER")
	typ := response.Root.find("MESSAGE_HEADER").find("MsgType")
	switch asked := header.find("MsgType").Value; {
	case typ.Value == typeNegoResp && asked == typeNegoReq:
	case typ.Value == typeNegoResp:
		c.negotiated(header.find("ProtVer").find("MajorVersion").Value)
	case typ.Value != answerTypes[asked]:
		c.report("PCCRR-3-Pair", "MESSAGE_HEADER.MsgType", typ, "is "+response.Message+", no response to "+request.Message)
	case asked == typeGetSegList:
		c.segments()
	default:
		c.blocks(asked)
	}
	return c.violations
}

// Values of MsgType (MS-PCCRR 2.2.3).
const (
	typeNegoReq uint64 = iota
	typeNegoResp
	typeGetBlkList
	typeGetBlks
	typeBlkList
	typeBlk
	typeGetSegList
	typeSegList
)

// answerTypes are the types of response that requests have, beside MSG_NEGO_RESP.
var answerTypes = map[uint64]uint64{typeNegoReq: typeNegoResp, typeGetBlkList: typeBlkList, typeGetBlks: typeBlk, typeGetSegList: typeSegList}

// pairing is a request and its response.
type pairing struct {
	asked, answer *Node // their bodies
	violations    []Violation
}

func (c *pairing) report(rule, field string, n *Node, detail string) {
	r, _ := RequirementByID(rule)
	c.violations = append(c.violations, Violation{Rule: r.ID, Class: r.Class, Offset: n.Offset, Field: field, Detail: detail, Section: r.Section, Value: n.found()})
}

// negotiated: a version that the server has needs no negotiation.
func (c *pairing) negotiated(major uint64) {
	low := c.answer.find("MinSupportedProtocolVersion").find("MajorVersion")
	high := c.answer.find("MaxSupportedProtocolVersion").find("MajorVersion")
	if low.Value <= major && major <= high.Value {
		c.report("PCCRR-2.2.3-ProtVerMajor", "MESSAGE_BODY.MinSupportedProtocolVersion.MajorVersion", low,
			is(low.Value)+", and the highest "+decimals(high.Value)+", which includes the version of the request, "+decimals(major))
	}
}

// same: an identifier is that of the request.
func (c *pairing) same(rule, asked, answer string) {
	if n := c.answer.find(answer); string(n.Raw()) != string(c.asked.find(asked).Raw()) {
		c.report(rule, "MESSAGE_BODY."+answer, n, "is not that of the request")
	}
}

// blocks compares a MSG_BLKLIST with its MSG_GETBLKLIST, or a MSG_BLK with its
// MSG_GETBLKS.
func (c *pairing) blocks(asked uint64) {
	c.same("PCCRR-3.2.5-SegmentId", "SegmentID", "SegmentId")
	if asked == typeGetBlkList {
		wanted := rangesOf(c.asked.find("NeededBlockRanges"))
		for _, r := range c.answer.find("BlockRanges").elements() {
			if !wanted.hold(spanOf(&r)) {
				c.report("PCCRR-3.2.5.2-Subset", "MESSAGE_BODY."+string(r.appendName(nil)), &r, "has blocks that were not asked for")
			}
		}
		return
	}
	wanted, index := rangesOf(c.asked.find("ReqBlockRanges")), c.answer.find("BlockIndex")
	if len(wanted) > 0 && c.answer.find("SizeOfBlock").Value > 0 && index.Value != wanted[0].from {
		c.report("PCCRR-3.2.5.3-Index", "MESSAGE_BODY.BlockIndex", index, is(index.Value)+", must be "+decimals(wanted[0].from)+", the lowest that was asked for")
	}
}

// segments compares a MSG_SEGLIST with its MSG_GETSEGLIST.
func (c *pairing) segments() {
	c.same("PCCRR-3.2.5-RequestID", "RequestID", "RequestID")
	n := uint64(len(c.asked.find("SegmentIDs").Children))
	for _, r := range c.answer.find("SegmentRanges").elements() {
		if spanOf(&r).to > n {
			c.report("PCCRR-2.2.5.4-Index", "MESSAGE_BODY."+string(r.appendName(nil)), &r, "is not within the "+count(int(n), "segment")+" of the request")
		}
	}
}

// A span is the indexes of a BLOCK_RANGE or SEGMENT_RANGE, without to.
type span struct{ from, to uint64 }

func spanOf(n *Node) span {
	index := n.find("Index").Value
	return span{index, index + n.find("Count").Value}
}

// spans are sorted, and neither empty nor adjacent.
type spans []span

// rangesOf returns the indexes in a list of ranges.
func rangesOf(list *Node) spans {
	var all []span
	for _, n := range list.elements() {
		all = append(all, spanOf(&n))
	}
	return joined(all)
}

// joined returns spans in their normal form.
func joined(all []span) (normal spans) {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, s := range all {
		switch last := len(normal) - 1; {
		case s.from == s.to:
		case last >= 0 && s.from <= normal[last].to:
			normal[last].to = max(normal[last].to, s.to)
		default:
			normal = append(normal, s)
		}
	}
	return normal
}

// hold reports whether all of s is in them.
func (all spans) hold(s span) bool {
	return s.from == s.to || slices.ContainsFunc(all, func(t span) bool { return t.from <= s.from && s.to <= t.to })
}

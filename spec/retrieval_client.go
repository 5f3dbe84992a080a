package spec

import (
	"slices"
	"time"
)

// RetrievalClient is the client of MS-PCCRR 3.1, towards one server. Call its methods as
// events happen; [Send] tells what to post to the server. It checks responses against
// their requests, and leaves decrypting and verifying blocks to its caller.
//
// Time is as for [Client]: each event first lets requests expire.
type RetrievalClient struct {
	MinVersion, MaxVersion uint16        // major versions that it speaks; 0 stands for 1 and 2
	CryptoAlgoId           uint32        // how blocks are to be encrypted; servers may ignore it
	Timeout                time.Duration // for each request; 0 stands for [RequestTimeout]

	pending []pendingRetrieval
	newest  RequestID
}

// pendingRetrieval is an outstanding request.
type pendingRetrieval struct {
	id       RequestID
	message  string // its name
	body     Fields
	sent     time.Duration
	major    uint16
	download *download // that it belongs to, nil for none
}

// download is the retrieval of several blocks of a segment, one after the other.
type download struct {
	segment string
	left    []uint32 // blocks to ask for
}

// Negotiate asks for the versions of the server. Windows never does.
func (c *RetrievalClient) Negotiate(now time.Duration) []Action {
	low, high := c.versions()
	return append(c.Tick(now), c.send(now, pendingRetrieval{message: "MSG_NEGO_REQ", body: versionFields(low, high)}))
}

// GetBlockList asks which of these blocks of a segment the server has (3.1.4.2), in a
// message for each 256 ranges.
func (c *RetrievalClient) GetBlockList(now time.Duration, segmentID string, blocks ...BlockRange) []Action {
	return c.getBlockList(now, segmentID, blocks, nil)
}

func (c *RetrievalClient) getBlockList(now time.Duration, segmentID string, blocks []BlockRange, d *download) []Action {
	actions := c.Tick(now)
	for some := range slices.Chunk(blocks, maxRanges) {
		actions = append(actions, c.send(now, pendingRetrieval{message: "MSG_GETBLKLIST", download: d,
			body: Fields{"SegmentID": []byte(segmentID), "NeededBlockRanges": rangeFields(some)}}))
	}
	return actions
}

// maxRanges is how many ranges a request may have (2.2.4.2).
const maxRanges = 256

// GetBlock asks for a block of a segment (3.1.4.3).
func (c *RetrievalClient) GetBlock(now time.Duration, segmentID string, index uint32) []Action {
	return append(c.Tick(now), c.getBlock(now, segmentID, index, nil))
}

func (c *RetrievalClient) getBlock(now time.Duration, segmentID string, index uint32, d *download) Action {
	return c.send(now, pendingRetrieval{message: "MSG_GETBLKS", download: d,
		body: Fields{"SegmentID": []byte(segmentID), "ReqBlockRanges": rangeFields([]BlockRange{{index, index}}), "DataForVrfBlock": []byte{}}})
}

// GetSegments asks a hosted cache which of these segments it has (3.1.4.4). requestID is
// 16 bytes that no outstanding request has, otherwise the Client drops it.
func (c *RetrievalClient) GetSegments(now time.Duration, requestID string, segmentIDs ...string) []Action {
	actions := c.Tick(now)
	for i := range c.pending {
		if id, given := c.pending[i].body["RequestID"].([]byte); given && string(id) == requestID {
			return append(actions, Drop{Rule: "PCCRR-3.1.4.4-RequestID"})
		}
	}
	var ids []any
	for _, id := range segmentIDs {
		ids = append(ids, Fields{"SegmentID": []byte(id)})
	}
	return append(actions, c.send(now, pendingRetrieval{message: "MSG_GETSEGLIST",
		body: Fields{"RequestID": []byte(requestID), "SegmentIDs": ids, "ExtensibleBlob": []byte{}}}))
}

// simpleDownload is from how many blocks on Windows asks for a list first.
const simpleDownload = 4

// Download asks for all of these blocks that the server has: one after the other,
// lowest first. Unless they are fewer than 4 in one range it asks for a list first. It
// goes on after each response, whatever that is, and ends when one does not come. It
// drops downloads of no segment.
func (c *RetrievalClient) Download(now time.Duration, segmentID string, blocks ...BlockRange) []Action {
	d := &download{segment: segmentID}
	if len(blocks) == 1 && uint64(blocks[0].Last)-uint64(blocks[0].First) < simpleDownload-1 {
		for i := uint64(blocks[0].First); i <= uint64(blocks[0].Last); i++ {
			d.left = append(d.left, uint32(i))
		}
		return append(c.Tick(now), c.next(now, d)...)
	}
	return c.getBlockList(now, segmentID, blocks, d)
}

// next asks for the next block of a download.
func (c *RetrievalClient) next(now time.Duration, d *download) []Action {
	if d == nil || len(d.left) == 0 {
		return nil
	}
	index := d.left[0]
	d.left = d.left[1:]
	return []Action{c.getBlock(now, d.segment, index, d)}
}

// Receive takes the response to a request (3.1.5.1 to 3.1.5.5): the payload of an HTTP
// response. One that is malformed or does not fit the request is dropped, and the client
// is done with the request.
func (c *RetrievalClient) Receive(now time.Duration, id RequestID, message []byte) []Action {
	actions := c.Tick(now)
	i := slices.IndexFunc(c.pending, func(p pendingRetrieval) bool { return p.id == id })
	if i < 0 {
		return append(actions, Drop{id, "PCCRR-3-Pair"})
	}
	p := c.pending[i]
	c.pending = slices.Delete(c.pending, i, i+1)
	d := Dissect(RetrievalResponse, message)
	if v, malformed := d.First(); malformed {
		return append(append(actions, Drop{id, v.Rule}), c.next(now, p.download)...)
	}
	body := d.Root.find("MESSAGE_BODY")
	switch {
	case d.Message == "MSG_NEGO_RESP":
		return append(actions, c.negotiated(now, &p, body)...)
	case d.Message != p.answer():
		actions = append(actions, Drop{id, "PCCRR-3-Pair"})
	case d.Message == "MSG_BLKLIST":
		actions = append(actions, p.blockList(body)...)
	case d.Message == "MSG_BLK":
		actions = append(actions, p.block(d, body))
	default:
		actions = append(actions, p.segments(body)...)
	}
	return append(actions, c.next(now, p.download)...)
}

// answer returns the name of the response to a request.
func (p *pendingRetrieval) answer() string {
	return map[string]string{"MSG_GETBLKLIST": "MSG_BLKLIST", "MSG_GETBLKS": "MSG_BLK", "MSG_GETSEGLIST": "MSG_SEGLIST"}[p.message]
}

// negotiated is 3.1.5.1: the client sends the request again with the highest version
// that both speak, and gives up without a word if there is none but that of the
// request.
func (c *RetrievalClient) negotiated(now time.Duration, p *pendingRetrieval, body *Node) []Action {
	major := func(name string) uint16 { return uint16(body.find(name).find("MajorVersion").Value) }
	low, high := c.versions()
	common := min(high, major("MaxSupportedProtocolVersion"))
	if p.message == "MSG_NEGO_REQ" {
		return []Action{Negotiated{p.id, common, common >= low && common >= major("MinSupportedProtocolVersion")}}
	}
	if common < low || common < major("MinSupportedProtocolVersion") || common == p.major {
		return []Action{GiveUp{p.id}}
	}
	p.major = common
	return []Action{c.send(now, *p)}
}

// blockList is 3.1.5.2: what was not asked for does not count, and if nothing was, the
// list is dropped.
func (p *pendingRetrieval) blockList(body *Node) []Action {
	var has blockSet
	asked := blocksIn(p.body["NeededBlockRanges"])
	ranges := body.find("BlockRanges").elements()
	for i := range ranges {
		if r := spanOf(&ranges[i]); r.from < r.to {
			has = has.with(BlockRange{uint32(r.from), uint32(min(r.to-1, 1<<32-1))})
		}
	}
	common := has.without(has.without(asked))
	switch {
	case string(body.find("SegmentId").Raw()) != string(p.body["SegmentID"].([]byte)):
		return []Action{Drop{p.id, "PCCRR-3.2.5-SegmentId"}}
	case len(has) == 0:
		return []Action{NotThere{p.id}}
	case len(common) == 0:
		return []Action{Drop{p.id, "PCCRR-3.1.5.2-Overlap"}}
	}
	var actions []Action
	for _, r := range common {
		actions = append(actions, HasBlocks{p.id, r})
		if p.download != nil {
			for i := uint64(r.First); i <= uint64(r.Last); i++ {
				p.download.left = append(p.download.left, uint32(i))
			}
		}
	}
	return actions
}

// block is 3.1.5.3: a block of another segment or with another index is dropped.
func (p *pendingRetrieval) block(d *Dissection, body *Node) Action {
	index := blocksIn(p.body["ReqBlockRanges"])[0].First
	block := body.find("Block").Raw()
	switch {
	case string(body.find("SegmentId").Raw()) != string(p.body["SegmentID"].([]byte)):
		return Drop{p.id, "PCCRR-3.1.5.3-Match"}
	case len(block) == 0:
		return NotThere{p.id}
	case body.find("BlockIndex").Value != uint64(index):
		return Drop{p.id, "PCCRR-3.1.5.3-Match"}
	}
	return TakeBlock{Request: p.id, SegmentID: string(p.body["SegmentID"].([]byte)), Index: index, Block: string(block),
		CryptoAlgoId: uint32(d.Root.find("MESSAGE_HEADER").find("CryptoAlgoId").Value), IV: string(body.find("IVBlock").Raw())}
}

// segments is 3.1.5.4: a list of another request, or with an index that is not in its
// list, is dropped. An extensible blob that is wrong is ignored.
func (p *pendingRetrieval) segments(body *Node) []Action {
	n := uint64(len(p.body["SegmentIDs"].([]any)))
	if string(body.find("RequestID").Raw()) != string(p.body["RequestID"].([]byte)) {
		return []Action{Drop{p.id, "PCCRR-3.2.5-RequestID"}}
	}
	var actions []Action
	ranges := body.find("SegmentRanges").elements()
	for i := range ranges {
		r := spanOf(&ranges[i])
		if r.to > n {
			return []Action{Drop{p.id, "PCCRR-3.1.5.4-Index"}}
		}
		if r.from < r.to {
			actions = append(actions, HasSegments{p.id, uint32(r.from), uint32(r.to - 1)})
		}
	}
	if actions == nil {
		return []Action{NotThere{p.id}}
	}
	ages, _ := SegmentAges(body.find("ExtensibleBlob").Raw())
	for _, a := range ages {
		if first := actions[0].(HasSegments).First; uint64(first)+uint64(a.SegmentIndex) < n {
			actions = append(actions, HasAge{p.id, first + uint32(a.SegmentIndex), a.Age})
		}
	}
	return actions
}

// Tick lets requests expire that have had no response for so long (3.1.2), and with
// them their downloads.
func (c *RetrievalClient) Tick(now time.Duration) (actions []Action) {
	c.pending = slices.DeleteFunc(c.pending, func(p pendingRetrieval) bool {
		if now < p.sent+c.timeout() {
			return false
		}
		actions = append(actions, Expire{p.id})
		return true
	})
	return actions
}

// NextTick returns when the next request expires, and whether there is one.
func (c *RetrievalClient) NextTick() (at time.Duration, running bool) {
	for _, p := range c.pending {
		if expiry := p.sent + c.timeout(); !running || expiry < at {
			at, running = expiry, true
		}
	}
	return at, running
}

func (c *RetrievalClient) timeout() time.Duration {
	if c.Timeout == 0 {
		return RequestTimeout
	}
	return c.Timeout
}

func (c *RetrievalClient) versions() (low, high uint16) {
	return retrievalVersions(c.MinVersion, c.MaxVersion)
}

// send stores a request and sends it, also again with another version.
func (c *RetrievalClient) send(now time.Duration, p pendingRetrieval) Send {
	if p.id == 0 {
		c.newest++
		p.id = c.newest
	}
	if p.major == 0 {
		p.major = bornIn(p.message)
	}
	p.sent = now
	c.pending = append(c.pending, p)
	return Send{Request: p.id, Message: NewSecret(assembleRetrieval(p.message, p.major, uint64(c.CryptoAlgoId), p.body))}
}

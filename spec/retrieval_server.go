package spec

import (
	"encoding/binary"
	"slices"
	"time"
)

// RetrievalServer is the server of MS-PCCRR 3.2: a peer or a hosted cache. The zero value
// has no blocks.
type RetrievalServer struct {
	MinVersion, MaxVersion uint16 // major versions that it speaks; 0 stands for 1 and 2

	// Busy: it serves as many clients as it can, and answers others that it has nothing
	// (3.2.5.2 to 3.2.5.4).
	Busy bool

	segments map[string]*servedSegment
}

// servedSegment is a segment of a RetrievalServer.
type servedSegment struct {
	blocks map[uint32]ServedBlock
	set    blockSet
	since  time.Duration
}

// ServedBlock is a block as a [RetrievalServer] sends it: encrypted as CryptoAlgoId says.
type ServedBlock struct {
	CryptoAlgoId uint32
	IV, Block    string
}

// Add adds a block of a segment. The first of a segment is the beginning of its age.
func (s *RetrievalServer) Add(now time.Duration, segmentID string, index uint32, b ServedBlock) {
	if s.segments == nil {
		s.segments = map[string]*servedSegment{}
	}
	of := s.segments[segmentID]
	if of == nil {
		of = &servedSegment{blocks: map[uint32]ServedBlock{}, since: now}
		s.segments[segmentID] = of
	}
	of.blocks[index] = b
	of.set = of.set.with(BlockRange{index, index})
}

// Receive takes a request (3.2.5), the payload of an HTTP POST, which is not kept. The
// action is [Reply] or [Drop].
func (s *RetrievalServer) Receive(now time.Duration, message []byte) Action {
	d := Dissect(RetrievalRequest, message)
	violation, malformed := d.First()
	if malformed && violation.Offset < retrievalHeaderLen {
		return Drop{Rule: violation.Rule}
	}
	low, high := retrievalVersions(s.MinVersion, s.MaxVersion)
	reply := func(message string, crypto uint32, body Fields) Action {
		return Reply{assembleRetrieval(message, bornIn(message), uint64(crypto), body), now + UploadTimeout}
	}
	if major := d.Root.find("MESSAGE_HEADER").find("ProtVer").find("MajorVersion").Value; d.Message == "MSG_NEGO_REQ" && !malformed || d.Message != "MSG_NEGO_REQ" && (major < uint64(low) || major > uint64(high)) {
		return reply("MSG_NEGO_RESP", 0, versionFields(low, high)) // what another version has behind its header is not known
	}
	if malformed {
		return Drop{Rule: violation.Rule}
	}
	body := d.Root.find("MESSAGE_BODY")
	switch d.Message {
	case "MSG_GETBLKLIST":
		return reply("MSG_BLKLIST", 0, s.blockList(body))
	case "MSG_GETBLKS":
		b, fields := s.block(body)
		return reply("MSG_BLK", b.CryptoAlgoId, fields)
	}
	return reply("MSG_SEGLIST", 0, s.segmentList(now, body))
}

// retrievalHeaderLen is the length of MESSAGE_HEADER (2.2.3).
const retrievalHeaderLen = 16

// find returns what there is of a segment, nil for nothing.
func (s *RetrievalServer) find(segmentID string) *servedSegment {
	if s.Busy {
		return nil
	}
	return s.segments[segmentID]
}

// blockList is 3.2.5.2.
func (s *RetrievalServer) blockList(body *Node) Fields {
	id := body.find("SegmentID").Raw()
	var has blockSet
	if of := s.find(string(id)); of != nil {
		for _, r := range rangesOf(body.find("NeededBlockRanges")) {
			asked := blockSet{{uint32(r.from), uint32(min(r.to-1, 1<<32-1))}}
			for _, common := range asked.without(asked.without(of.set)) {
				has = has.with(common)
			}
		}
	}
	return Fields{"SegmentId": id, "BlockRanges": rangeFields(has), "NextBlockIndex": uint64(0)}
}

// block is 3.2.5.3: of several blocks the lowest is sent.
func (s *RetrievalServer) block(body *Node) (b ServedBlock, fields Fields) {
	id, index, next := body.find("SegmentID").Raw(), uint64(0), uint64(0)
	asked := rangesOf(body.find("ReqBlockRanges"))
	if len(asked) > 0 {
		index = asked[0].from
	}
	if of := s.find(string(id)); of != nil && len(asked) > 0 {
		b = of.blocks[uint32(index)]
		for _, r := range of.set {
			if uint64(r.Last) > index {
				next = max(uint64(r.First), index+1)
				break
			}
		}
	}
	return b, Fields{"SegmentId": id, "BlockIndex": index, "NextBlockIndex": next, "Block": []byte(b.Block), "VrfBlock": []byte{}, "IVBlock": []byte(b.IV)}
}

// segmentList is 3.2.5.4. Ages are those of the segments that fit into the blob.
func (s *RetrievalServer) segmentList(now time.Duration, body *Node) Fields {
	var has blockSet
	ids := body.find("SegmentIDs").Children
	blob := []byte{0, 1, 3, 0}
	for i := range ids {
		of := s.find(string(ids[i].find("SegmentID").Raw()))
		if of == nil {
			continue
		}
		has = has.with(BlockRange{uint32(i), uint32(i)})
		if at := uint32(i) - has[0].First; at < 256 && blob[3] < 255 {
			age := uint32(min((now-of.since)/(10*time.Millisecond), 1<<24-1))
			blob = binary.LittleEndian.AppendUint32(append(blob, byte(at)), age)[:len(blob)+4]
			blob[3]++
		}
	}
	return Fields{"RequestID": body.find("RequestID").Raw(), "SegmentRanges": rangeFields(has), "ExtensibleBlob": blob}
}

// retrievalVersions returns the major versions that a machine speaks.
func retrievalVersions(low, high uint16) (uint16, uint16) {
	if low == 0 {
		low = 1
	}
	if high == 0 {
		high = 2
	}
	return low, high
}

// bornIn returns the major version in which a type of message came, which is that of its
// ProtVer (2.2.3).
func bornIn(message string) uint16 {
	if message == "MSG_GETSEGLIST" || message == "MSG_SEGLIST" {
		return 2
	}
	return 1
}

// assembleRetrieval writes a message of MS-PCCRR.
func assembleRetrieval(message string, major uint16, crypto uint64, body Fields) string {
	typ := slices.IndexFunc(retrievalTypes, func(s Symbol) bool { return s.Text == message })
	b, err := Assemble(message, Fields{"MESSAGE_HEADER": Fields{"ProtVer": Fields{"MinorVersion": uint64(0), "MajorVersion": uint64(major)},
		"MsgType": uint64(typ), "CryptoAlgoId": crypto}, "MESSAGE_BODY": body})
	if err != nil {
		panic(err) // the fields are those of the message
	}
	return string(b)
}

func versionFields(low, high uint16) Fields {
	version := func(major uint16) Fields { return Fields{"MinorVersion": uint64(0), "MajorVersion": uint64(major)} }
	return Fields{"MinSupportedProtocolVersion": version(low), "MaxSupportedProtocolVersion": version(high)}
}

func rangeFields(blocks []BlockRange) []any {
	list := []any{}
	for _, r := range blocks {
		list = append(list, Fields{"Index": uint64(r.First), "Count": uint64(r.Last) - uint64(r.First) + 1})
	}
	return list
}

// blocksIn is the inverse of rangeFields.
func blocksIn(list any) (set blockSet) {
	for _, r := range list.([]any) {
		first := r.(Fields)["Index"].(uint64)
		set = set.with(BlockRange{uint32(first), uint32(first + r.(Fields)["Count"].(uint64) - 1)})
	}
	return set
}

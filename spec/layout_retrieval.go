package spec

// What the values of MS-PCCRR's fields are called.
var (
	retrievalTypes = []Symbol{
		{Value: 0, Text: "MSG_NEGO_REQ"},
		{Value: 1, Text: "MSG_NEGO_RESP"},
		{Value: 2, Text: "MSG_GETBLKLIST"},
		{Value: 3, Text: "MSG_GETBLKS"},
		{Value: 4, Text: "MSG_BLKLIST"},
		{Value: 5, Text: "MSG_BLK"},
		{Value: 6, Text: "MSG_GETSEGLIST"},
		{Value: 7, Text: "MSG_SEGLIST"},
	}
	cryptoAlgorithms = []Symbol{
		{Value: 0, Text: "no encryption"},
		{Value: 1, Text: "AES-128"},
		{Value: 2, Text: "AES-192"},
		{Value: 3, Text: "AES-256"},
	}
)

// PathRetrieval is the path below which MS-PCCRR has its requests (2.1.1), without the
// slash at its end. Case does not matter.
const PathRetrieval = "/116B50EB-ECE2-41ac-8429-9F9E963361B7"

const (
	maxRetrievalRequest  = 98304  // MsgSize (MS-PCCRR 2.2.3)
	maxRetrievalResponse = 393216 // likewise; 2.2 and 2.2.2 have the older limit
	maxBlocks            = 512    // of a segment
	aesBlock             = 16     // bytes
)

// supportedVersion is a protocol version, four bytes that the specification draws as
// one field.
var supportedVersion = Layout{
	Name:    "SupportedProtocolVersion",
	Section: "MS-PCCRR 2.2.4.1",
	Kind:    RetrievalRequest,
	Whole:   true,
	Fields: []LayoutField{
		{Name: "MinorVersion", Form: Integer, Extent: fixed(2),
			Text: "Minor version; it precedes the major version."},
		{Name: "MajorVersion", Form: Integer, Extent: fixed(2),
			Text: "Major version."},
	},
}

// headerVersion is the version of a message: that of the specification that has its
// type first.
var headerVersion = Layout{
	Name:    "ProtVer",
	Section: "MS-PCCRR 2.2.3",
	Kind:    RetrievalRequest,
	Whole:   true,
	Fields: []LayoutField{
		{Name: "MinorVersion", Form: Integer, Extent: fixed(2),
			Text:        "Minor version; it precedes the major version.",
			Constraints: []Constraint{{Rule: "PCCRR-2.2.3-ProtVer", NotIn: "UNKNOWN", Check: OneOf, Values: []uint64{0}}}},
		{Name: "MajorVersion", Form: Integer, Extent: fixed(2),
			Text: "Major version: 2 in MSG_GETSEGLIST and MSG_SEGLIST, otherwise 1.",
			Constraints: func() (all []Constraint) {
				for _, s := range retrievalTypes {
					all = append(all, Constraint{Rule: "PCCRR-2.2.3-ProtVer", In: s.Text, Check: OneOf, Values: []uint64{1 + s.Value/6}})
				}
				return all
			}()},
	},
}

var retrievalHeader = Layout{
	Name:      "MESSAGE_HEADER",
	Section:   "MS-PCCRR 2.2.3",
	Kind:      RetrievalRequest,
	Truncated: Constraint{Rule: "PCCRR-2.2.3-Truncated"},
	Fields: []LayoutField{
		{Name: "ProtVer", Form: Structure, Of: &headerVersion,
			Text: "Version of the protocol that first had this type of message."},
		{Name: "MsgType", Form: Integer, Extent: fixed(4), Symbols: retrievalTypes,
			Text:        "Type of the message, which determines its body.",
			Constraints: []Constraint{{Rule: "PCCRR-2.2.3-MsgType", Check: OneOf, Values: []uint64{0, 1, 2, 3, 4, 5, 6, 7}}},
			Comparisons: []Constraint{{Rule: "PCCRR-2.1.1-Direction", Check: Agreement, compare: direction}}},
		{Name: "MsgSize", Form: Integer, Extent: fixed(4), Notation: Octets, Spans: true,
			Text: "Size of the message from its ProtVer on, in bytes.",
			Comparisons: []Constraint{
				{Rule: "PCCRR-2.2.3-MsgSize", Check: Agreement, compare: msgSize},
				{Rule: "PCCRR-2.2.3-MsgSizeLimit", Check: Agreement, compare: msgSizeLimit},
			}},
		{Name: "CryptoAlgoId", Form: Integer, Extent: fixed(4), Symbols: cryptoAlgorithms,
			Text:        "In a request the encryption that the client prefers, in MSG_BLK that of Block; otherwise without meaning.",
			Constraints: []Constraint{{Rule: "PCCRR-2.2.3-CryptoAlgoId", Check: OneOf, Values: []uint64{0, 1, 2, 3}}}},
	},
}

var retrievalTransport = Layout{
	Name:      "TRANSPORT_RESPONSE_HEADER",
	Section:   "MS-PCCRR 2.2.2",
	Kind:      RetrievalResponse,
	Truncated: Constraint{Rule: "PCCRR-2.2.2-Truncated"},
	Fields: []LayoutField{
		{Name: "Size", Form: Integer, Extent: fixed(4), Notation: Octets, Follows: true,
			Text:        "Number of bytes that follow this field.",
			Comparisons: []Constraint{{Rule: "PCCRR-2.2.2-Size", Check: Agreement, compare: responseSize}}},
	},
}

// retrievalMessage returns the layout of a message with that body. mark is its MsgType.
func retrievalMessage(name, section string, kind Kind, mark string, body *Layout) Layout {
	l := Layout{Name: name, Section: section, Kind: kind, Message: true, Mark: mark}
	if mark != "" {
		l.At = map[Kind]int{RetrievalRequest: 4, RetrievalResponse: 8}[kind]
	}
	if kind == RetrievalResponse {
		l.Fields = append(l.Fields, LayoutField{Name: "TRANSPORT_RESPONSE_HEADER", Form: Structure, Of: &retrievalTransport,
			Text: "Length of the rest of the message."})
	}
	l.Fields = append(l.Fields, LayoutField{Name: "MESSAGE_HEADER", Form: Structure, Of: &retrievalHeader,
		Text: "Version, type and length of the message."})
	if body == nil {
		l.Fields = append(l.Fields, LayoutField{Name: "MESSAGE_BODY", Form: Bytes,
			Text: "Body of a message of unknown type."})
		return l
	}
	body.Name, body.Section, body.Kind = "MESSAGE_BODY", section, kind
	if len(body.Truncated.Rule) == 0 {
		body.Truncated.Rule = "PCCRR-" + section[len("MS-PCCRR "):] + "-Truncated"
	}
	l.Fields = append(l.Fields, LayoutField{Name: "MESSAGE_BODY", Form: Structure, Of: body,
		Text: "What the message says."},
		LayoutField{Name: "Trailing", Form: Bytes, Optional: true,
			Text:        "Bytes after the end of the message.",
			Constraints: []Constraint{{Rule: "PCCRR-2.1.1-OneMessage", Check: Absent}}})
	return l
}

// byteString returns the fields of a byte string that may be empty: its size and its bytes.
func byteString(name, text, rule string, more ...Constraint) []LayoutField {
	return []LayoutField{
		{Name: "SizeOf" + name, Form: Integer, Extent: fixed(4), Notation: Octets,
			Text:        "Size of " + name + " in bytes.",
			Constraints: append([]Constraint{{Rule: rule, Check: Held}}, more...)},
		{Name: name, Form: Bytes, Extent: bytesIn("SizeOf" + name), Text: text},
	}
}

// paddedString returns the fields of a byte string with padding up to a multiple of 4.
func paddedString(name, pad, text, rule string, more ...Constraint) []LayoutField {
	return append(byteString(name, text, rule, more...), LayoutField{
		Name: pad, Form: Bytes, Extent: Extent{Measure: PaddingBy, By: "SizeOf" + name}, Filler: true, Optional: true,
		present:     func(w *walk) bool { return w.padding("SizeOf"+name) > 0 },
		Text:        "Padding up to a multiple of 4 bytes.",
		Constraints: []Constraint{{Rule: "PCCRR-2.2-ZeroPad", Check: Zeros}},
		Truncated:   Constraint{Rule: "PCCRR-2.2-Alignment"}})
}

// segmentID returns the fields of the identifier of a segment. section is that of
// the message, "2.2.4.2".
func segmentID(name, section string) []LayoutField {
	return paddedString(name, "ZeroPad", "HoHoDk of the segment.", "PCCRR-"+section+"-SizeOf"+name,
		Constraint{Rule: "PCCRR-" + section + "-" + name + "Length", Check: OneOf, Values: []uint64{32, 48, 64}})
}

// ranges returns the fields of a list of ranges with its count.
func ranges(count, name, rule string, of *Layout, more ...Constraint) []LayoutField {
	what := "Ranges of blocks."
	if of == &segmentRange {
		what = "Ranges of segments of the request."
	}
	return []LayoutField{
		{Name: count, Form: Integer, Extent: fixed(4),
			Text:        "Number of " + name + ".",
			Constraints: append([]Constraint{{Rule: rule, Check: Held}}, more...)},
		{Name: name, Form: List, Extent: elementsIn(count), Of: of,
			Text: what},
	}
}

func fieldsOf(parts ...[]LayoutField) (all []LayoutField) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var blockRange = Layout{
	Name:    "BLOCK_RANGE",
	Section: "MS-PCCRR 2.2.1.1",
	Kind:    RetrievalRequest,
	Fields: []LayoutField{
		{Name: "Index", Form: Integer, Extent: fixed(4),
			Text:        "Index of the first block in the segment.",
			Constraints: []Constraint{{Rule: "PCCRR-2.2.1.1-Index", Check: Between, Values: []uint64{0, maxBlocks - 1}}}},
		{Name: "Count", Form: Integer, Extent: fixed(4),
			Text: "Number of blocks.",
			Comparisons: []Constraint{
				{Rule: "PCCRR-2.2.1.1-Count", Check: Agreement, compare: blocksInSegment},
				{Rule: "PCCRR-2.2.4.3-OneBlock", In: "MSG_GETBLKS", Check: Agreement, compare: oneBlock},
			}},
	},
}

var segmentRange = Layout{
	Name:    "SEGMENT_RANGE",
	Section: "MS-PCCRR 2.2.1.2",
	Kind:    RetrievalResponse,
	Fields: []LayoutField{
		{Name: "Index", Form: Integer, Extent: fixed(4),
			Text: "Index of the first segment in the list of the request."},
		{Name: "Count", Form: Integer, Extent: fixed(4),
			Text:        "Number of segments.",
			Constraints: []Constraint{{Rule: "PCCRR-2.2.1.2-Count", Check: Between, Values: []uint64{1, 1<<32 - 1}}}},
	},
}

var requestedSegment = Layout{
	Name:      "SegmentID",
	Section:   "MS-PCCRR 2.2.4.4",
	Kind:      RetrievalRequest,
	Truncated: Constraint{Rule: "PCCRR-2.2.4.4-Truncated"},
	Fields:    segmentID("SegmentID", "2.2.4.4"),
}

// versions are the fields of the messages that negotiate the version.
func versions(rule string) []LayoutField {
	return []LayoutField{
		{Name: "MinSupportedProtocolVersion", Form: Structure, Of: &supportedVersion,
			Text:        "Lowest version that the sender speaks.",
			Comparisons: []Constraint{{Rule: rule, Check: Agreement, compare: versionRange}}},
		{Name: "MaxSupportedProtocolVersion", Form: Structure, Of: &supportedVersion,
			Text: "Highest version that the sender speaks."},
	}
}

var requestID = LayoutField{Name: "RequestID", Form: Bytes, Extent: fixed(16),
	Text: "Opaque identifier of the request, which the response repeats."}

var (
	negoReq = retrievalMessage("MSG_NEGO_REQ", "MS-PCCRR 2.2.4.1", RetrievalRequest, "\x00\x00\x00\x00",
		&Layout{Fields: versions("PCCRR-2.2.4.1-Range")})
	getBlkList = retrievalMessage("MSG_GETBLKLIST", "MS-PCCRR 2.2.4.2", RetrievalRequest, "\x00\x00\x00\x02",
		&Layout{Fields: fieldsOf(segmentID("SegmentID", "2.2.4.2"),
			ranges("NeededBlocksRangeCount", "NeededBlockRanges", "PCCRR-2.2.4.2-NeededBlocksRangeCount", &blockRange,
				Constraint{Rule: "PCCRR-2.2.4.2-RangeCount", Check: Between, Values: []uint64{1, 256}}))})
	getBlks = retrievalMessage("MSG_GETBLKS", "MS-PCCRR 2.2.4.3", RetrievalRequest, "\x00\x00\x00\x03",
		&Layout{Fields: fieldsOf(segmentID("SegmentID", "2.2.4.3"),
			ranges("ReqBlockRangeCount", "ReqBlockRanges", "PCCRR-2.2.4.3-ReqBlockRangeCount", &blockRange,
				Constraint{Rule: "PCCRR-2.2.4.3-RangeCount", Check: Between, Values: []uint64{1, 256}},
				Constraint{Rule: "PCCRR-2.2.4.3-OneBlock", Check: OneOf, Values: []uint64{1}}),
			byteString("DataForVrfBlock", "Empty.", "PCCRR-2.2.4.3-SizeOfDataForVrfBlock",
				Constraint{Rule: "PCCRR-2.2.4.3-Vrf", Check: OneOf, Values: []uint64{0}}))})
	getSegList = retrievalMessage("MSG_GETSEGLIST", "MS-PCCRR 2.2.4.4", RetrievalRequest, "\x00\x00\x00\x06",
		&Layout{Fields: fieldsOf([]LayoutField{requestID,
			{Name: "CountOfSegmentIDs", Form: Integer, Extent: fixed(4),
				Text: "Number of SegmentIDs.",
				Constraints: []Constraint{
					{Rule: "PCCRR-2.2.4.4-CountOfSegmentIDs", Check: Held},
					{Rule: "PCCRR-2.2.4.4-CountOfSegmentIDs", Check: Between, Values: []uint64{1, 1<<32 - 1}},
				}},
			{Name: "SegmentIDs", Form: List, Extent: elementsIn("CountOfSegmentIDs"), Of: &requestedSegment,
				Text: "The segments that are asked for."}},
			ages("PCCRR-2.2.4.4-Blob"))})
	unknownRetrievalRequest = retrievalMessage("UNKNOWN", "MS-PCCRR 2.2.1", RetrievalRequest, "", nil)

	negoResp = retrievalMessage("MSG_NEGO_RESP", "MS-PCCRR 2.2.5.1", RetrievalResponse, "\x00\x00\x00\x01",
		&Layout{Fields: versions("PCCRR-2.2.5.1-Range")})
	blkList = retrievalMessage("MSG_BLKLIST", "MS-PCCRR 2.2.5.2", RetrievalResponse, "\x00\x00\x00\x04",
		&Layout{Fields: fieldsOf(segmentID("SegmentId", "2.2.5.2"),
			ranges("BlockRangeCount", "BlockRanges", "PCCRR-2.2.5.2-BlockRangeCount", &blockRange),
			[]LayoutField{{Name: "NextBlockIndex", Form: Integer, Extent: fixed(4),
				Text:      "0; without meaning.",
				Truncated: Constraint{Rule: "PCCRR-2.2.5.2-NextBlockIndex"}}})})
	blk = retrievalMessage("MSG_BLK", "MS-PCCRR 2.2.5.3", RetrievalResponse, "\x00\x00\x00\x05",
		&Layout{Fields: func() []LayoutField {
			block := paddedString("Block", "ZeroPad_2", "The block, encrypted as CryptoAlgoId says: AES in CBC mode with PKCS#7 padding, the key is the first 16, 24 or 32 bytes of the segment secret. Empty if the server does not have it, or is busy.", "PCCRR-2.2.5.3-SizeOfBlock")
			block[0].Comparisons = []Constraint{{Rule: "PCCRR-2.2.5.3-Block", Check: Agreement, compare: encryptedBlock}}
			iv := byteString("IVBlock", "Initialization vector of AES.", "PCCRR-2.2.5.3-SizeOfIVBlock")
			iv[0].Comparisons = []Constraint{{Rule: "PCCRR-2.2.5.3-IVBlock", Check: Agreement, compare: vectorLength}}
			return fieldsOf(segmentID("SegmentId", "2.2.5.3"), []LayoutField{
				{Name: "BlockIndex", Form: Integer, Extent: fixed(4),
					Text: "Index of the block in the segment."},
				{Name: "NextBlockIndex", Form: Integer, Extent: fixed(4),
					Text:        "Index of the next block that the server has, 0 for none.",
					Comparisons: []Constraint{{Rule: "PCCRR-2.2.5.3-NextBlockIndex", Check: Agreement, compare: nextBlock}}},
			}, block, paddedString("VrfBlock", "ZeroPad_3", "Empty.", "PCCRR-2.2.5.3-SizeOfVrfBlock",
				Constraint{Rule: "PCCRR-2.2.5.3-Vrf", Check: OneOf, Values: []uint64{0}}), iv)
		}()})
	segList = retrievalMessage("MSG_SEGLIST", "MS-PCCRR 2.2.5.4", RetrievalResponse, "\x00\x00\x00\x07",
		&Layout{Fields: fieldsOf([]LayoutField{requestID},
			ranges("SegmentRangeCount", "SegmentRanges", "PCCRR-2.2.5.4-SegmentRangeCount", &segmentRange),
			ages("PCCRR-2.2.5.4-Blob"))})
	unknownRetrievalResponse = retrievalMessage("UNKNOWN", "MS-PCCRR 2.2.2", RetrievalResponse, "", nil)
)

// big returns a big-endian number.
func big(b []byte) uint64 { return (&LayoutField{}).integer(b) }

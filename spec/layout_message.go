package spec

// messages are what stands alone, in the order in which their marks are looked for.
var messages = []*Layout{
	&initialOffer, &segmentInfo, &batchedOffer, &unknownRequest, &response, &contentV2, &contentV1,
	&readHashRequest, &fileBasedResponse, &hashBasedResponse,
	&negoReq, &getBlkList, &getBlks, &getSegList, &unknownRetrievalRequest,
	&negoResp, &blkList, &blk, &segList, &unknownRetrievalResponse,
}

// What the values of MS-PCHC's fields are called.
var (
	majorVersions = []Symbol{
		{Value: 1, Text: "version 1.0"},
		{Value: 2, Text: "version 2.0"},
	}
	messageTypes = []Symbol{
		{Value: 1, Text: "INITIAL_OFFER_MESSAGE"},
		{Value: 2, Text: "SEGMENT_INFO_MESSAGE"},
		{Value: 3, Text: "BATCHED_OFFER_MESSAGE"},
	}
	descriptorHashes = []Symbol{
		{Value: 0x01, Text: "SHA-256"},
		{Value: 0x04, Text: "Truncated SHA-512"},
	}
	responseCodes = []Symbol{
		{Value: 0, Text: "OK"},
		{Value: 1, Text: "INTERESTED"},
	}
)

// contentTags are the tags that Windows knows (MS-PCHC appendix A <9>); the
// text there does not say how the short ones fill 16 bytes, zeros are assumed.
var contentTags = []KnownTag{
	{"WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WinINet"},
	{"WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WebIO"},
	{"BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00", "BITS-4.0"},
	{"\x35\xdb\x04\x5d\x14\x23\x45\x53\xa0\x51\x0d\xc2\xe1\x5e\x6c\x4c", "SMB"},
}

// maxDescriptors is the most SegmentDescriptors that a batch may hold (MS-PCHC 2.2.1.5).
const maxDescriptors = 128

var messageHeader = Layout{
	Name:      "MESSAGE_HEADER",
	Section:   "MS-PCHC 2.2.1.1",
	Kind:      Request,
	Truncated: Constraint{Rule: "PCHC-2.2.1.1-Truncated"},
	Fields: []LayoutField{
		{Name: "MinorVersion", Form: Integer, Extent: fixed(1),
			Text:        "Minor version; it precedes the major version.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.1-MinorVersion", Check: OneOf, Values: []uint64{0}}}},
		{Name: "MajorVersion", Form: Integer, Extent: fixed(1), Symbols: majorVersions,
			Text:        "Major version: 1 over HTTPS, 2 over HTTP.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.1-MajorVersion", Check: OneOf, Values: []uint64{1, 2}}}},
		{Name: "Type", Form: Integer, Extent: fixed(2), Symbols: messageTypes,
			Text: "Type of the message, which determines its body.",
			Constraints: []Constraint{
				{Rule: "PCHC-2.2.1.1-Type", Check: OneOf, Values: []uint64{1, 2, 3}},
				{Rule: "PCHC-2.2.1.3-Version", In: "INITIAL_OFFER_MESSAGE", When: "MajorVersion", Equals: 2, Check: OneOf, Values: []uint64{3}},
				{Rule: "PCHC-2.2.1.4-Version", In: "SEGMENT_INFO_MESSAGE", When: "MajorVersion", Equals: 2, Check: OneOf, Values: []uint64{3}},
				{Rule: "PCHC-2.2.1.5-Version", In: "BATCHED_OFFER_MESSAGE", When: "MajorVersion", Equals: 1, Check: OneOf, Values: []uint64{1, 2}},
			}},
		{Name: "Padding", Form: Bytes, Extent: fixed(4), Filler: true,
			Text: "Arbitrary bytes, ignored by the receiver."},
	},
}

var connectionInformation = Layout{
	Name:      "CONNECTION_INFORMATION",
	Section:   "MS-PCHC 2.2.1.2",
	Kind:      Request,
	Truncated: Constraint{Rule: "PCHC-2.2.1.2-Truncated"},
	Fields: []LayoutField{
		{Name: "Port", Form: Integer, Extent: fixed(2),
			Text:        "TCP port on which the client serves the offered blocks (MS-PCCRR).",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.2-Port", Check: Between, Values: []uint64{1, 65535}}}},
		{Name: "Padding", Form: Bytes, Extent: fixed(6), Filler: true,
			Text: "Arbitrary bytes, ignored by the receiver."},
	},
}

// What every request begins with.
var (
	headerField = LayoutField{Name: "MessageHeader", Form: Structure, Of: &messageHeader,
		Text: "Version and type of the message."}
	connectionField = LayoutField{Name: "ConnectionInformation", Form: Structure, Of: &connectionInformation,
		Text: "Port of the client."}
)

var initialOffer = Layout{
	Name:    "INITIAL_OFFER_MESSAGE",
	Section: "MS-PCHC 2.2.1.3",
	Kind:    Request, Message: true, At: 2, Mark: "\x00\x01",
	Fields: []LayoutField{headerField, connectionField,
		{Name: "Hash", Form: Bytes,
			Text:        "HoHoDk of the offered segment, to the end of the message.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.3-Hash", Check: LengthIn, Values: []uint64{32, 48, 64}}}},
	},
}

var segmentInfo = Layout{
	Name:    "SEGMENT_INFO_MESSAGE",
	Section: "MS-PCHC 2.2.1.4",
	Kind:    Request, Message: true, At: 2, Mark: "\x00\x02",
	Truncated: Constraint{Rule: "PCHC-2.2.1.4-Truncated"},
	Fields: []LayoutField{headerField, connectionField,
		{Name: "ContentTag", Form: Bytes, Extent: fixed(16), Notation: Tag,
			Text: "Opaque tag of the higher layer that downloaded the content."},
		{Name: "SegmentInformation", Form: Structure, Of: &contentV1,
			Text: "Content Information 1.0 with the one offered segment and its block hashes."},
	},
}

var batchedOffer = Layout{
	Name:    "BATCHED_OFFER_MESSAGE",
	Section: "MS-PCHC 2.2.1.5",
	Kind:    Request, Message: true, At: 2, Mark: "\x00\x03",
	Fields: []LayoutField{headerField, connectionField,
		{Name: "SegmentDescriptor", Form: List, Of: &segmentDescriptor,
			Text:        "1 to 128 descriptors, one for each offered segment, to the end of the message.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.5-MinDescriptors", Check: NotEmpty}}},
	},
}

var segmentDescriptor = Layout{
	Name:      "SegmentDescriptor",
	Section:   "MS-PCHC 2.2.1.5",
	Kind:      Request,
	Truncated: Constraint{Rule: "PCHC-2.2.1.5-Truncated"},
	Each:      []Constraint{{Rule: "PCHC-2.2.1.5-MaxDescriptors", Check: AtMost, Values: []uint64{maxDescriptors}}},
	Fields: []LayoutField{
		{Name: "BlockSize", Form: Integer, Extent: fixed(4), Notation: Octets,
			Text:        "Size of each block in bytes.",
			Comparisons: []Constraint{{Rule: "PCHC-2.2.1.5-BlockSize", Check: Agreement, compare: blockSize}}},
		{Name: "SegmentSize", Form: Integer, Extent: fixed(4), Notation: Octets,
			Text:        "Size of the segment in bytes.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.5-SegmentSize", Check: Between, Values: []uint64{1, 1<<32 - 1}}}},
		{Name: "SizeOfContentTag", Form: Integer, Extent: fixed(2),
			Text:        "Size of ContentTag in bytes.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.5-SizeOfContentTag", Check: OneOf, Values: []uint64{16}}}},
		{Name: "ContentTag", Form: Bytes, Extent: bytesIn("SizeOfContentTag"), Notation: Tag,
			Text: "Opaque tag of the higher layer that downloaded the content."},
		{Name: "HashAlgorithm", Form: Integer, Extent: fixed(1), Symbols: descriptorHashes,
			Text:        "Hash function of SegmentHoHoDk.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.5-HashAlgorithm", Check: OneOf, Values: []uint64{1, 4}}}},
		// 32 bytes for either hash function, and for one that is not known the best guess.
		{Name: "SegmentHoHoDk", Form: Bytes, Extent: fixed(32),
			Text: "Public identifier of the segment."},
	},
}

// unknownRequest is a request of which the type is not known or not there.
var unknownRequest = Layout{
	Name:    "UNKNOWN",
	Section: "MS-PCHC 2.2.1",
	Kind:    Request, Message: true,
	Fields: []LayoutField{headerField, connectionField,
		{Name: "MessageBody", Form: Bytes,
			Text: "Body of a message of unknown type."},
	},
}

var transportHeader = Layout{
	Name:      "TRANSPORT_HEADER",
	Section:   "MS-PCHC 2.2.2.1",
	Kind:      Response,
	Truncated: Constraint{Rule: "PCHC-2.2.2.1-Truncated"},
	Fields: []LayoutField{
		{Name: "Size", Form: Integer, Extent: fixed(4), Follows: true,
			Text:        "Number of bytes that follow this field.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.2.1-Size", Check: OneOf, Values: []uint64{1}}}},
	},
}

var response = Layout{
	Name:    "RESPONSE_MESSAGE",
	Section: "MS-PCHC 2.2.2.2",
	Kind:    Response, Message: true,
	Truncated: Constraint{Rule: "PCHC-2.2.2.2-Truncated", When: "Size", Equals: 1},
	Fields: []LayoutField{
		{Name: "TransportHeader", Form: Structure, Of: &transportHeader,
			Text: "Length of the rest of the message."},
		{Name: "ResponseCode", Form: Integer, Extent: fixed(1), Symbols: responseCodes,
			Text: "Reply of the hosted cache to the request.",
			Constraints: []Constraint{
				{Rule: "PCHC-2.2.2.2-ResponseCode", Check: OneOf, Values: []uint64{0, 1}},
				{Rule: "PCHC-2.2.2.2-Interested", Check: AnswerOnly, Values: []uint64{1, 1}},
			}},
		{Name: "Trailing", Form: Bytes, Optional: true,
			Text:        "Bytes after the end of the response.",
			Constraints: []Constraint{{Rule: "PCHC-2.2.2.2-Trailing", Check: Absent}}},
	},
}

package spec

// A message is something that stands alone: a request, a response, a Content
// Information.
type message struct {
	kind   Kind
	layout *layout
	at     int    // where its mark stands
	mark   string // the bytes that tell it from the others of its kind; "": none, the last of its kind
}

// messages in the order in which their marks are looked for.
var messages = []message{
	{Request, &initialOffer, 2, "\x00\x01"},
	{Request, &segmentInfo, 2, "\x00\x02"},
	{Request, &batchedOffer, 2, "\x00\x03"},
	{Request, &unknownRequest, 0, ""}, // also for a kind that there is not
	{Response, &response, 0, ""},
	{Content, &contentV2, 1, "\x02"},
	{Content, &contentV1, 0, ""},
	{ContentV1, &contentV1, 0, ""},
	{ContentV2, &contentV2, 0, ""},
}

// What the values of MS-PCHC's fields are called.
var (
	majorVersions = []symbol{
		{value: 1, text: "version 1.0"},
		{value: 2, text: "version 2.0"},
	}
	messageTypes = []symbol{
		{value: 1, text: "INITIAL_OFFER_MESSAGE"},
		{value: 2, text: "SEGMENT_INFO_MESSAGE"},
		{value: 3, text: "BATCHED_OFFER_MESSAGE"},
	}
	descriptorHashes = []symbol{
		{value: 0x01, text: "SHA-256"},
		{value: 0x04, text: "Truncated SHA-512"},
	}
	responseCodes = []symbol{
		{value: 0, text: "OK"},
		{value: 1, text: "INTERESTED"},
	}
)

// contentTags are the tags that Windows knows (MS-PCHC appendix A <9>); the
// text there does not say how the short ones fill 16 bytes, zeros are assumed.
var contentTags = []struct{ tag, text string }{
	{"WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WinINet"},
	{"WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WebIO"},
	{"BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00", "BITS-4.0"},
	{"\x35\xdb\x04\x5d\x14\x23\x45\x53\xa0\x51\x0d\xc2\xe1\x5e\x6c\x4c", "SMB"},
}

// maxDescriptors is the most SegmentDescriptors that a batch may hold (MS-PCHC 2.2.1.5).
const maxDescriptors = 128

var messageHeader = layout{
	name:    "MESSAGE_HEADER",
	section: "MS-PCHC 2.2.1.1",
	cut:     rule{id: "PCHC-2.2.1.1-Truncated"},
	fields: []field{
		{name: "MinorVersion", form: Integer, extent: fixed(1), order: big,
			text:  "Minor part of the version; it stands before the major part.",
			rules: []rule{{id: "PCHC-2.2.1.1-MinorVersion", must: oneOf{0}}}},
		{name: "MajorVersion", form: Integer, extent: fixed(1), order: big, names: majorVersions,
			text:  "Major part of the version: 1 over HTTPS, 2 over HTTP.",
			rules: []rule{{id: "PCHC-2.2.1.1-MajorVersion", must: oneOf{1, 2}}}},
		{name: "Type", form: Integer, extent: fixed(2), order: big, names: messageTypes,
			text: "What the message is, and so what its body looks like.",
			rules: []rule{
				{id: "PCHC-2.2.1.1-Type", must: oneOf{1, 2, 3}},
				{id: "PCHC-2.2.1.3-Version", in: "INITIAL_OFFER_MESSAGE", when: where{"MajorVersion", 2}, must: oneOf{3}},
				{id: "PCHC-2.2.1.4-Version", in: "SEGMENT_INFO_MESSAGE", when: where{"MajorVersion", 2}, must: oneOf{3}},
				{id: "PCHC-2.2.1.5-Version", in: "BATCHED_OFFER_MESSAGE", when: where{"MajorVersion", 1}, must: oneOf{1, 2}},
			}},
		{name: "Padding", form: Bytes, extent: fixed(4), filler: true,
			text: "Anything: ignored by the receiver."},
	},
}

var connectionInformation = layout{
	name:    "CONNECTION_INFORMATION",
	section: "MS-PCHC 2.2.1.2",
	cut:     rule{id: "PCHC-2.2.1.2-Truncated"},
	fields: []field{
		{name: "Port", form: Integer, extent: fixed(2), order: big,
			text:  "TCP port on which the client serves the blocks that it offers (MS-PCCRR).",
			rules: []rule{{id: "PCHC-2.2.1.2-Port", must: between{1, 65535}}}},
		{name: "Padding", form: Bytes, extent: fixed(6), filler: true,
			text: "Anything: ignored by the receiver."},
	},
}

// What every request begins with.
var (
	headerField = field{name: "MessageHeader", form: Structure, of: &messageHeader,
		text: "Version and type of the message."}
	connectionField = field{name: "ConnectionInformation", form: Structure, of: &connectionInformation,
		text: "Where the client can be reached."}
)

var initialOffer = layout{
	name:    "INITIAL_OFFER_MESSAGE",
	section: "MS-PCHC 2.2.1.3",
	fields: []field{headerField, connectionField,
		{name: "Hash", form: Bytes,
			text:  "HoHoDk of the segment that the client offers, to the end of the message.",
			rules: []rule{{id: "PCHC-2.2.1.3-Hash", must: lengthOf{32, 48, 64}}}},
	},
}

var segmentInfo = layout{
	name:    "SEGMENT_INFO_MESSAGE",
	section: "MS-PCHC 2.2.1.4",
	cut:     rule{id: "PCHC-2.2.1.4-Truncated"},
	fields: []field{headerField, connectionField,
		{name: "ContentTag", form: Bytes, extent: fixed(16), shown: contentTag,
			text: "Opaque tag of the higher layer that fetched the content."},
		{name: "SegmentInformation", form: Structure, of: &contentV1,
			text: "Content Information 1.0 with the one segment that was offered and its block hashes."},
	},
}

var batchedOffer = layout{
	name:    "BATCHED_OFFER_MESSAGE",
	section: "MS-PCHC 2.2.1.5",
	fields: []field{headerField, connectionField,
		{name: "SegmentDescriptor", form: List, of: &segmentDescriptor,
			text:  "1 to 128 descriptors, one for each segment that the client offers, to the end of the message.",
			rules: []rule{{id: "PCHC-2.2.1.5-MinDescriptors", must: notEmpty{}}}},
	},
}

var segmentDescriptor = layout{
	name:    "SegmentDescriptor",
	section: "MS-PCHC 2.2.1.5",
	cut:     rule{id: "PCHC-2.2.1.5-Truncated"},
	rules:   []rule{{id: "PCHC-2.2.1.5-MaxDescriptors", must: atMost{maxDescriptors, "descriptor"}}},
	fields: []field{
		{name: "BlockSize", form: Integer, extent: fixed(4), order: big, shown: octets,
			text: "Bytes in each block of the segment."},
		{name: "SegmentSize", form: Integer, extent: fixed(4), order: big, shown: octets,
			text: "Bytes in the segment."},
		{name: "SizeOfContentTag", form: Integer, extent: fixed(2), order: big,
			text:  "Bytes in ContentTag.",
			rules: []rule{{id: "PCHC-2.2.1.5-SizeOfContentTag", must: oneOf{16}}}},
		{name: "ContentTag", form: Bytes, extent: bytesIn("SizeOfContentTag"), shown: contentTag,
			text: "Opaque tag of the higher layer that fetched the content."},
		{name: "HashAlgorithm", form: Integer, extent: fixed(1), order: big, names: descriptorHashes,
			text:  "Hash function behind SegmentHoHoDk.",
			rules: []rule{{id: "PCHC-2.2.1.5-HashAlgorithm", must: oneOf{1, 4}}}},
		// 32 bytes for either hash function, and for one that is not known the best guess.
		{name: "SegmentHoHoDk", form: Bytes, extent: fixed(32),
			text: "Public identifier of the segment."},
	},
}

// unknownRequest is a request of which the type is not known or not there.
var unknownRequest = layout{
	name:    "UNKNOWN",
	section: "MS-PCHC 2.2.1",
	fields: []field{headerField, connectionField,
		{name: "MessageBody", form: Bytes,
			text: "Body of a message whose type is not known."},
	},
}

var transportHeader = layout{
	name:    "TRANSPORT_HEADER",
	section: "MS-PCHC 2.2.2.1",
	cut:     rule{id: "PCHC-2.2.2.1-Truncated"},
	fields: []field{
		{name: "Size", form: Integer, extent: fixed(4), order: big, follows: true,
			text:  "Bytes of the message after this field.",
			rules: []rule{{id: "PCHC-2.2.2.1-Size", must: oneOf{1}}}},
	},
}

var response = layout{
	name:    "RESPONSE_MESSAGE",
	section: "MS-PCHC 2.2.2.2",
	cut:     rule{id: "PCHC-2.2.2.2-Truncated", when: where{"Size", 1}},
	fields: []field{
		{name: "TransportHeader", form: Structure, of: &transportHeader,
			text: "Length of what follows."},
		{name: "ResponseCode", form: Integer, extent: fixed(1), order: big, names: responseCodes,
			text: "The hosted cache's answer to the request.",
			rules: []rule{
				{id: "PCHC-2.2.2.2-ResponseCode", must: oneOf{0, 1}},
				{id: "PCHC-2.2.2.2-Interested", must: onlyTo{code: 1, request: 1}},
			}},
		{name: "Trailing", form: Bytes, optional: true,
			text:  "Bytes that do not belong to a response.",
			rules: []rule{{id: "PCHC-2.2.2.2-Trailing", must: absent{}}}},
	},
}

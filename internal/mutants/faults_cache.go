package main

import "slices"

// caches are the faults of hosted caches. Those with the name of a decoder's
// fault have that decoder: what it accepts is answered, what it refuses is not.
var caches = slices.Concat(messageCaches, overHTTP, atTheSameTime, resourceCaches, routeCaches)

var messageCaches = []fault{
	{name: "none", what: "no fault"},

	// Valid, and not answered
	{name: "batch-127", what: "128 descriptors are not answered", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor", path: pathV2},
	{name: "descriptor-count-signed-byte", what: "128 descriptors are none, and not answered", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor", path: pathV2},
	{name: "one-descriptor", what: "more than one descriptor is not answered", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor", path: pathV2},
	{name: "hash-algorithm-4-refused", what: "HashAlgorithm 4 is not answered", rules: "PCHC-2.2.1.5-HashAlgorithm", path: pathV2},
	{name: "tag-unknown-refused", what: "an unknown content tag is not answered", rules: "PCHC-2.2.1.5-ContentTag", path: pathV2},
	{name: "segment-size-signed", what: "SegmentSize above 2^31 is not answered", rules: "PCHC-2.2.1.5-SegmentSize", path: pathV2},
	{name: "block-size-0-refused", what: "BlockSize 0 is not answered", rules: "PCHC-2.2.1.5-BlockSize", path: pathV2},
	{name: "limit-2k", what: "requests of more than 2 KiB are not answered", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor", path: pathV2},
	{name: "header-padding-refused", what: "Padding of MESSAGE_HEADER that is not zero is not answered", rules: "PCHC-2.2.1.1-Padding"},
	{name: "connection-padding-refused", what: "Padding of CONNECTION_INFORMATION that is not zero is not answered", rules: "PCHC-2.2.1.2-Padding"},
	{name: "port-high-refused", what: "Port above 32767 is not answered", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-0-refused", what: "Port 0 is not answered", rules: "PCHC-2.2.1.2-Port"},
	{name: "hash-48-refused", what: "Hash of 48 bytes is not answered", rules: "PCHC-2.2.1.3-Hash", path: pathV1},
	{name: "v1-sha384-refused", what: "a SEGMENT_INFO_MESSAGE with SHA-384 is not answered", rules: "PCCRC-2.3-dwHashAlgo", path: pathV1},
	{name: "sha384-status-500", what: "a SEGMENT_INFO_MESSAGE with SHA-384 is answered with HTTP status 500", rules: "PCCRC-2.3-dwHashAlgo", path: pathV1},
	{name: "large-status-413", what: "a SEGMENT_INFO_MESSAGE of more than 1 KiB is answered with HTTP status 413", rules: "PCCRC-2.3.1.2-cBlocks PCCRC-2.3.1.2-BlockHashes PCCRC-2.3.1.2-BlockCount PCCRC-2.3-Padding", path: pathV1},
	{name: "v1-padding-refused", what: "a SEGMENT_INFO_MESSAGE with bytes after its block list is not answered", rules: "PCCRC-2.3-Padding", path: pathV1},
	{name: "v1-blocks-511", what: "a SEGMENT_INFO_MESSAGE with 512 blocks is not answered", rules: "PCCRC-2.3.1.2-cBlocks PCCRC-2.3.1.2-BlockHashes PCHC-2.2.1.4-BlockCount", path: pathV1},
	{name: "v1-read-refused", what: "a SEGMENT_INFO_MESSAGE with dwReadBytesInLastSegment above cbSegment is not answered", rules: "PCHC-2.2.1.4-dwReadBytesInLastSegment PCCRC-2.3-dwReadBytesInLastSegment", path: pathV1},

	// Malformed, and answered
	{name: "batch-129", what: "129 descriptors are answered", rules: "PCHC-2.2.1.5-MaxDescriptors", path: pathV2},
	{name: "batch-unlimited", what: "any number of descriptors is answered", rules: "PCHC-2.2.1.5-MaxDescriptors", path: pathV2},
	{name: "batch-empty", what: "an empty batch is answered", rules: "PCHC-2.2.1.5-MinDescriptors", path: pathV2},
	{name: "descriptor-partial-ignored", what: "a partial descriptor is ignored", rules: "PCHC-2.2.1.5-Truncated", path: pathV2},
	{name: "tag-size-ignored", what: "any SizeOfContentTag is answered", rules: "PCHC-2.2.1.5-SizeOfContentTag", path: pathV2},
	{name: "tag-size-0", what: "SizeOfContentTag 0 is answered", rules: "PCHC-2.2.1.5-SizeOfContentTag", path: pathV2},
	{name: "type-unchecked", what: "an unknown Type is answered", rules: "PCHC-2.2.1.1-Type"},
	{name: "type-low-byte", what: "Type 0x0103 is answered", rules: "PCHC-2.2.1.1-Type"},
	{name: "minor-version-unchecked", what: "any MinorVersion is answered", rules: "PCHC-2.2.1.1-MinorVersion"},
	{name: "hash-any-length", what: "Hash of any length is answered", rules: "PCHC-2.2.1.3-Hash", path: pathV1},
	{name: "v1-blocks-overflow", what: "cBlocks times the size of a hash wraps in 32 bits", rules: "PCCRC-2.3.1.2-cBlocks", path: pathV1, strict: true},
	{name: "v1-blocks-0", what: "a SEGMENT_INFO_MESSAGE with no block is answered", rules: "PCCRC-2.3.1.2-cBlocks", path: pathV1, strict: true},
	{name: "everything-answered", what: "whatever is malformed is answered", rules: "PCHC-2.2.1.1-Truncated PCHC-2.2.1.1-MinorVersion PCHC-2.2.1.1-MajorVersion PCHC-2.2.1.1-Type PCHC-2.2.1.2-Truncated PCHC-2.2.1.5-MinDescriptors PCHC-2.2.1.5-SizeOfContentTag PCHC-2.2.1.5-Truncated PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-Version PCHC-2.2.1.3-Version PCHC-2.2.1.4-Version"},

	// The wrong code
	{name: "interested-in-batch", what: "INTERESTED to a batch", rules: "PCHC-3.1.5.3-OK PCHC-2.2.2.2-Interested", path: pathV2},
	{name: "interested-in-many", what: "INTERESTED to a batch of more than one descriptor", rules: "PCHC-3.1.5.3-OK PCHC-2.2.2.2-Interested", path: pathV2},
	{name: "interested-in-sha512", what: "INTERESTED to a batch of which the first HashAlgorithm is 4", rules: "PCHC-3.1.5.3-OK PCHC-2.2.2.2-Interested PCHC-2.2.1.5-HashAlgorithm", path: pathV2},
	{name: "interested-in-segment-info", what: "INTERESTED to a SEGMENT_INFO_MESSAGE", rules: "PCHC-3.1.5.2-OK PCHC-2.2.2.2-Interested", path: pathV1},
	{name: "ok-to-unseen", what: "OK to the offer of a segment that was never seen", rules: "PCHC-3.1.5.1-Interested", path: pathV1},
	{name: "ok-to-long-hash", what: "OK to the offer of a segment with a longer hash than 32 bytes", rules: "PCHC-3.1.5.1-Interested PCHC-2.2.1.3-Hash", path: pathV1},
	{name: "ok-after-any-segment-info", what: "OK to any offer once a segment is known", rules: "PCHC-3.1.5.1-Interested", path: pathV1},
	{name: "ok-once-offered", what: "OK to the second offer of a segment whose hashes it lacks", rules: "PCHC-3.1.5.1-Interested", path: pathV1},
	{name: "believes-cbsegment", what: "OK to the offer of a segment of which it was told too small a cbSegment, with as many hashes", rules: "PCHC-3.1.5.1-Interested", path: pathV1},
	{name: "forgets-sha512", what: "INTERESTED to the offer of a segment whose hashes it was told, with SHA-512", rules: "PCHC-3.1.5.1-OK", path: pathV1},

	// No RESPONSE_MESSAGE
	{name: "size-little-endian", what: "Size is written as little-endian", rules: "PCHC-2.2.2.1-Size"},
	{name: "size-5", what: "Size counts itself", rules: "PCHC-2.2.2.1-Size"},
	{name: "size-0", what: "Size is 0", rules: "PCHC-2.2.2.1-Size"},
	{name: "size-16-bits", what: "Size has two bytes", rules: "PCHC-2.2.2.1-Size PCHC-2.2.2.1-Truncated"},
	{name: "code-absent", what: "the answer has no ResponseCode", rules: "PCHC-2.2.2.2-Truncated"},
	{name: "code-32-bits", what: "ResponseCode has four bytes", rules: "PCHC-2.2.2.1-Size"},
	{name: "answer-terminated", what: "a zero byte follows the answer", rules: "PCHC-2.2.2.2-Trailing"},
	{name: "codes-from-1", what: "OK is 1 and INTERESTED 2", rules: "PCHC-2.2.2.2-ResponseCode", path: pathV1},
	{name: "code-2", what: "INTERESTED is 2", rules: "PCHC-2.2.2.2-ResponseCode", path: pathV1},
	{name: "code-true", what: "INTERESTED is 255", rules: "PCHC-2.2.2.2-ResponseCode", path: pathV1},
	{name: "answer-text", what: "the answer is text", rules: "PCHC-2.2.2.1-Truncated"},
	{name: "batch-answer-empty", what: "the answer to a batch is empty", rules: "PCHC-3.1.5.3-Respond PCHC-2.2.2.1-Truncated", path: pathV2},

	// What comes of a message before
	{name: "crash-empty", what: "it ends with an empty message", rules: "PCHC-2.2.1.1-Truncated", started: true},
	{name: "crash-short", what: "it ends with a message of less than 16 bytes", rules: "PCHC-2.2.1.1-Truncated PCHC-2.2.1.2-Truncated", started: true},
	{name: "crash-short-tag", what: "it ends with a SEGMENT_INFO_MESSAGE whose ContentTag is cut short", rules: "PCHC-2.2.1.4-Truncated", path: pathV1, started: true},
	{name: "crash-129", what: "it ends with 129 descriptors", rules: "PCHC-2.2.1.5-MaxDescriptors", path: pathV2, started: true},
	{name: "crash-later", what: "it ends some milliseconds after a wrong SizeOfContentTag, and answers until then", rules: "PCHC-2.2.1.5-SizeOfContentTag", path: pathV2, started: true},
	{name: "hang-on-port-0", what: "it answers nothing any more after Port 0", rules: "PCHC-2.2.1.2-Port", started: true},
	{name: "hang-after-malformed", what: "it answers nothing any more after a malformed message", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond PCHC-3.1.5.4-Drop"},
	{name: "wrong-after-malformed", what: "the first valid message after a malformed one gets the wrong code", rules: "PCHC-3.1.5.3-OK PCHC-3.1.5.2-OK PCHC-3.1.5.1-Interested PCHC-2.2.2.2-Interested PCHC-3.1.5.4-Drop"},
	{name: "stops-after-1000", what: "it answers nothing any more after 1000 messages", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "places-lost", what: "each malformed message costs one of 32 places for connections", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond PCHC-3.1.5.4-Drop"},
	{name: "answers-crossed", what: "connections share what the message is that they answer", rules: "PCHC-3.1.5.1-Interested PCHC-3.1.5.2-OK PCHC-2.2.2.2-Interested", path: pathV1, chance: true},
	{name: "out-of-step", what: "the connection goes on after a malformed message, but the error's text was not counted", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond PCHC-3.1.5.4-Drop"},
	{name: "body-left-unread", what: "the connection goes on after a malformed header, but the body is read as the next request", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond PCHC-3.1.5.4-Drop PCHC-2.2.1.1-MajorVersion PCHC-2.2.1.1-MinorVersion"},

	// What carries the message
	{name: "body-in-one-read", what: "what of the body has not come with the header is lost", rules: "RFC9112-6.3-Length RFC9112-2.2-Octets PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond", chance: true},
	{name: "http-1.0-refused", what: "HTTP/1.0 is refused", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "content-type-needed", what: "a request without Content-Type is refused", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
}

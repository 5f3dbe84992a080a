package main

import "slices"

// decoders are the faults of decoders of requests and responses, and of the
// program around them. Those of Content Information follow in their init.
var decoders = slices.Concat([]fault{{name: "none", what: "no fault"}}, messageFaults, contentFaults, retrievalFaults, hashFaults, discoveryFaults, conditionFaults, resourceFaults, stateFaults)

var messageFaults = []fault{
	// MESSAGE_HEADER
	{name: "versions-swapped", what: "MajorVersion is read before MinorVersion", rules: "PCHC-2.2.1.1-MinorVersion PCHC-2.2.1.1-MajorVersion"},
	{name: "version-unchecked", what: "neither byte of the version is checked", rules: "PCHC-2.2.1.1-MinorVersion PCHC-2.2.1.1-MajorVersion PCHC-2.2.1.3-Version PCHC-2.2.1.4-Version PCHC-2.2.1.5-Version"},
	{name: "minor-version-unchecked", what: "MinorVersion is not checked", rules: "PCHC-2.2.1.1-MinorVersion"},
	{name: "major-version-unchecked", what: "MajorVersion is not checked, only whether the Type is one of 1.0", rules: "PCHC-2.2.1.1-MajorVersion"},
	{name: "major-version-newer", what: "MajorVersion 3 and above are accepted", rules: "PCHC-2.2.1.1-MajorVersion"},
	{name: "major-version-older", what: "MajorVersion 0 is accepted", rules: "PCHC-2.2.1.1-MajorVersion"},
	{name: "major-version-2-only", what: "messages of version 1.0 are refused", rules: "PCHC-2.2.1.1-MajorVersion"},
	{name: "type-little-endian", what: "Type is read as little-endian", rules: "PCHC-2.2.1.1-Type"},
	{name: "type-low-byte", what: "only the second byte of Type is read", rules: "PCHC-2.2.1.1-Type"},
	{name: "type-unchecked", what: "an unknown Type is accepted", rules: "PCHC-2.2.1.1-Type"},
	{name: "type-0", what: "Type 0 is accepted", rules: "PCHC-2.2.1.1-Type"},
	{name: "initial-offer-in-2.0", what: "INITIAL_OFFER_MESSAGE is accepted in version 2.0", rules: "PCHC-2.2.1.3-Version"},
	{name: "segment-info-in-2.0", what: "SEGMENT_INFO_MESSAGE is accepted in version 2.0", rules: "PCHC-2.2.1.4-Version"},
	{name: "batched-offer-in-1.0", what: "BATCHED_OFFER_MESSAGE is accepted in version 1.0", rules: "PCHC-2.2.1.5-Version"},
	{name: "header-padding-refused", what: "Padding of MESSAGE_HEADER must be zero", rules: "PCHC-2.2.1.1-Padding"},
	{name: "crash-empty", what: "the first byte of an empty request is read", rules: "PCHC-2.2.1.1-Truncated"},

	// CONNECTION_INFORMATION
	{name: "connection-unneeded", what: "a message that ends after MESSAGE_HEADER is accepted", rules: "PCHC-2.2.1.2-Truncated"},
	{name: "connection-padding-refused", what: "Padding of CONNECTION_INFORMATION must be zero", rules: "PCHC-2.2.1.2-Padding"},
	{name: "connection-padding-lost", what: "Padding of CONNECTION_INFORMATION is shown as zero", rules: "PCHC-2.2.1.2-Padding"},
	{name: "port-little-endian", what: "Port is read as little-endian", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-sign-extended", what: "Port is read as a signed number and widened", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-signed", what: "the highest bit of Port is lost", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-signed-printed", what: "Port above 32767 is shown as negative", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-0-refused", what: "the sender rule that Port is not 0 is treated as a format rule", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-high-refused", what: "Port above 32767 is refused", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-privileged-refused", what: "Port below 1024 is refused", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-privileged", what: "Port below 1024 is reported as a violation of the sender rule", rules: "PCHC-2.2.1.2-Port"},

	// INITIAL_OFFER_MESSAGE
	{name: "hash-any-length", what: "Hash may have any length", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-32-only", what: "Hash must have 32 bytes", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-48-refused", what: "Hash of 48 bytes is refused", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-32-to-64", what: "Hash may have any length from 32 to 64", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-multiple-of-16", what: "Hash of 16 bytes is accepted", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-20", what: "Hash of 20 bytes, as SHA-1 has, is accepted", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-absent", what: "a message without Hash is accepted", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-trailing-ignored", what: "bytes after the first 32 of Hash are ignored", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-cut-to-32", what: "only 32 bytes of Hash are kept", rules: "PCHC-2.2.1.3-Hash"},
	{name: "hash-c-string", what: "Hash ends at its first zero byte", rules: "PCHC-2.2.1.3-Hash"},

	// SEGMENT_INFO_MESSAGE
	{name: "crash-short-tag", what: "ContentTag is read without a check of the length", rules: "PCHC-2.2.1.4-Truncated"},
	{name: "segment-info-segments-unchecked", what: "SEGMENT_INFO_MESSAGE with two segments is accepted", rules: "PCHC-2.2.1.4-cSegments"},
	{name: "segment-info-read-refused", what: "SEGMENT_INFO_MESSAGE is refused whose dwReadBytesInLastSegment is neither 0 nor cbSegment", rules: "PCHC-2.2.1.4-dwReadBytesInLastSegment"},
	{name: "segment-info-part-refused", what: "SEGMENT_INFO_MESSAGE is refused whose block list is a part of the segment's", rules: "PCHC-2.2.1.4-BlockCount PCCRC-2.3.1.2-cBlocks PCCRC-2.3.1.1-cbSegment"},
	{name: "segment-info-blocks-refused", what: "SEGMENT_INFO_MESSAGE of more blocks than its segment has is refused", rules: "PCHC-2.2.1.4-BlockCount PCCRC-2.3.1.1-cbSegment"},
	{name: "offset-of-embedded", what: "offsets count from the start of the embedded structure", rules: "PCCRC-2.3-Truncated PCCRC-2.3-Version PCCRC-2.3-dwHashAlgo PCCRC-2.3-cSegments PCHC-2.2.1.4-cSegments PCCRC-2.3.1.2-Truncated PCCRC-2.3.1.2-cBlocks"},

	// BATCHED_OFFER_MESSAGE
	{name: "batch-129", what: "129 descriptors are accepted", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "batch-127", what: "128 descriptors are refused", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor"},
	{name: "batch-unlimited", what: "any number of descriptors is accepted", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "batch-rest-ignored", what: "bytes after 128 descriptors are ignored", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "batch-empty", what: "a batch of no descriptors is accepted", rules: "PCHC-2.2.1.5-MinDescriptors"},
	{name: "crash-129", what: "the 129th descriptor is written past the end of an array of 128", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "one-descriptor", what: "a batch of more than one descriptor is refused", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor"},
	{name: "descriptor-count-byte", what: "descriptors are counted in a byte", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "descriptor-count-signed-byte", what: "descriptors are counted in a signed byte, so 128 count as none", rules: "PCHC-2.2.1.5-MinDescriptors PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor"},
	{name: "descriptor-bytes-short", what: "a batch has at most 4 KiB of descriptors", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor"},
	{name: "descriptor-partial-ignored", what: "a partial descriptor at the end is ignored", rules: "PCHC-2.2.1.5-Truncated"},
	{name: "first-descriptor-repeated", what: "all descriptors share one buffer", rules: "PCHC-2.2.1.5-BlockSize PCHC-2.2.1.5-SegmentSize PCHC-2.2.1.5-ContentTag PCHC-2.2.1.5-HashAlgorithm PCHC-2.2.1.5-SegmentHoHoDk"},
	{name: "draft-layout", what: "BlockSize and SegmentSize have two bytes, as drafts had them", rules: "PCHC-2.2.1.5-BlockSize PCHC-2.2.1.5-SegmentSize PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "sizes-swapped", what: "SegmentSize is read before BlockSize", rules: "PCHC-2.2.1.5-BlockSize PCHC-2.2.1.5-SegmentSize"},
	{name: "block-size-little-endian", what: "BlockSize is read as little-endian", rules: "PCHC-2.2.1.5-BlockSize"},
	{name: "segment-size-little-endian", what: "SegmentSize is read as little-endian", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "segment-size-signed", what: "SegmentSize above 2^31 is refused as negative", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "segment-size-24-bits", what: "SegmentSize is truncated to 24 bits", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "block-over-segment-refused", what: "BlockSize above SegmentSize is refused", rules: "PCHC-2.2.1.5-BlockSize PCHC-2.2.1.5-SegmentSize"},
	{name: "block-size-0-refused", what: "BlockSize 0 is refused", rules: "PCHC-2.2.1.5-BlockSize"},
	{name: "segment-size-0-refused", what: "SegmentSize 0 is refused", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "tag-size-trusted", what: "ContentTag is as long as SizeOfContentTag says", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-ignored", what: "SizeOfContentTag is ignored", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-low-byte", what: "only the second byte of SizeOfContentTag is read", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-at-most", what: "SizeOfContentTag below 16 is accepted", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-at-least", what: "SizeOfContentTag above 16 is accepted", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-0", what: "SizeOfContentTag 0 is accepted", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-size-little-endian", what: "SizeOfContentTag is read as little-endian", rules: "PCHC-2.2.1.5-SizeOfContentTag"},
	{name: "tag-unknown-refused", what: "only known content tags are accepted", rules: "PCHC-2.2.1.5-ContentTag"},
	{name: "content-tag-c-string", what: "ContentTag ends at its first zero byte", rules: "PCHC-2.2.1.5-ContentTag PCHC-2.2.1.4-ContentTag"},
	{name: "tag-text-unescaped", what: "ContentTag is written to JSON unescaped", rules: "PCHC-2.2.1.5-ContentTag"},
	{name: "hash-algorithm-unchecked", what: "HashAlgorithm is not checked", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hash-algorithm-4-refused", what: "HashAlgorithm 4 is refused", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hash-algorithm-1-refused", what: "HashAlgorithm 1 is refused", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hash-algorithm-range", what: "HashAlgorithm 2 and 3 are accepted", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hash-algorithm-bits", what: "HashAlgorithm is read as a set of bits", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hash-algorithm-0", what: "HashAlgorithm 0 is accepted", rules: "PCHC-2.2.1.5-HashAlgorithm"},
	{name: "hohodk-cut-taken", what: "the last SegmentHoHoDk may be truncated", rules: "PCHC-2.2.1.5-Truncated"},
	{name: "hohodk-c-string", what: "SegmentHoHoDk ends at its first zero byte", rules: "PCHC-2.2.1.5-SegmentHoHoDk"},

	// RESPONSE_MESSAGE
	{name: "response-size-ignored", what: "Size is ignored", rules: "PCHC-2.2.2.1-Size"},
	{name: "response-size-least", what: "Size above 1 is accepted", rules: "PCHC-2.2.2.1-Size"},
	{name: "response-size-trusted", what: "a longer message is accepted if Size matches", rules: "PCHC-2.2.2.1-Size PCHC-2.2.2.2-Trailing"},
	{name: "response-size-5", what: "Size must count itself", rules: "PCHC-2.2.2.1-Size"},
	{name: "response-size-little-endian", what: "Size is read as little-endian", rules: "PCHC-2.2.2.1-Size"},
	{name: "response-code-2", what: "ResponseCode 2 is accepted", rules: "PCHC-2.2.2.2-ResponseCode"},
	{name: "response-code-truth", what: "any ResponseCode but 0 is INTERESTED", rules: "PCHC-2.2.2.2-ResponseCode"},
	{name: "response-code-bit", what: "only the lowest bit of ResponseCode is read", rules: "PCHC-2.2.2.2-ResponseCode"},
	{name: "response-code-absent", what: "a message without ResponseCode is accepted", rules: "PCHC-2.2.2.2-Truncated"},
	{name: "response-interested-refused", what: "INTERESTED is refused", rules: "PCHC-2.2.2.2-ResponseCode"},
	{name: "response-trailing-ignored", what: "bytes after ResponseCode are ignored", rules: "PCHC-2.2.2.2-Trailing"},

	// All messages
	{name: "cut-told-at-end", what: "for a truncated field, the offset of the end is reported", rules: "PCHC-2.2.1.1-Truncated PCHC-2.2.1.2-Truncated PCHC-2.2.1.4-Truncated PCHC-2.2.1.5-Truncated PCHC-2.2.2.1-Truncated PCCRC-2.3-Truncated PCCRC-2.3.1.2-Truncated PCCRC-2.4-Truncated PCCRC-2.4.1.1-Truncated"},
	{name: "limit-8k", what: "requests of more than 8 KiB are refused", rules: "PCCRC-2.3.1.2-cBlocks PCCRC-2.3.1.2-BlockHashes PCCRC-2.3-Padding"},
	{name: "limit-2k", what: "requests of more than 2 KiB are refused", rules: "PCHC-2.2.1.5-MaxDescriptors PCHC-2.2.1.5-SegmentDescriptor PCCRC-2.3.1.2-cBlocks PCCRC-2.3.1.2-BlockHashes PCCRC-2.3-Padding"},
}

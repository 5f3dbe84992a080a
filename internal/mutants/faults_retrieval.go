package main

// retrievalFaults are those of decoders of MS-PCCRR.
var retrievalFaults = []fault{
	{name: "retrieval-size-ignored", what: "Size is ignored", rules: "PCCRR-2.2.2-Size"},
	{name: "retrieval-limit-of-requests", what: "responses of more than 96 KiB are refused", rules: "PCCRR-2.2.2-Size PCCRR-2.2.5.3-SizeOfBlock PCCRR-2.2.5.3-Block"},
	{name: "retrieval-major-first", what: "the major version is read first", rules: "PCCRR-2.2.3-MinorVersion PCCRR-2.2.3-MajorVersion PCCRR-2.2.3-ProtVer"},
	{name: "retrieval-direction-ignored", what: "messages of either direction are accepted", rules: "PCCRR-2.1.1-Direction"},
	{name: "retrieval-msgsize-ignored", what: "MsgSize is ignored", rules: "PCCRR-2.2.3-MsgSize"},
	{name: "retrieval-crypto-unchecked", what: "CryptoAlgoId is not checked", rules: "PCCRR-2.2.3-CryptoAlgoId"},
	{name: "retrieval-trailing-ignored", what: "bytes behind a message are ignored", rules: "PCCRR-2.1.1-OneMessage"},
	{name: "retrieval-size-signed", what: "a negative size counts as 0", rules: "PCCRR-2.2.4.2-SizeOfSegmentID PCCRR-2.2.4.3-SizeOfSegmentID PCCRR-2.2.4.4-SizeOfSegmentID PCCRR-2.2.5.2-SizeOfSegmentId PCCRR-2.2.5.3-SizeOfSegmentId PCCRR-2.2.5.3-SizeOfBlock PCCRR-2.2.5.3-SizeOfVrfBlock PCCRR-2.2.5.3-SizeOfIVBlock PCCRR-2.2.4.3-SizeOfDataForVrfBlock"},
	{name: "retrieval-padding-mod-4", what: "padding has as many bytes as there are above a multiple of 4", rules: "PCCRR-2.2-Alignment PCCRR-2.2.4.2-Truncated PCCRR-2.2.4.3-Truncated PCCRR-2.2.4.4-Truncated PCCRR-2.2.5.2-Truncated PCCRR-2.2.5.3-Truncated PCCRR-2.2.5.3-SizeOfBlock PCCRR-2.2.5.3-Block PCCRR-2.2.5.3-SizeOfVrfBlock PCCRR-2.2.5.3-SizeOfIVBlock PCCRR-2.2.4.2-SegmentIDLength PCCRR-2.2.4.3-SegmentIDLength PCCRR-2.2.4.4-SegmentIDLength PCCRR-2.2.5.2-SegmentIdLength PCCRR-2.2.5.3-SegmentIdLength PCCRR-2.2.5.3-Vrf PCCRR-2.2-ZeroPad"},
	{name: "retrieval-count-wraps", what: "a count of ranges times 8 wraps", rules: "PCCRR-2.2.4.2-NeededBlocksRangeCount PCCRR-2.2.4.3-ReqBlockRangeCount PCCRR-2.2.5.2-BlockRangeCount PCCRR-2.2.5.4-SegmentRangeCount"},
	{name: "retrieval-no-ranges-refused", what: "MSG_BLKLIST without ranges is refused", rules: "PCCRR-2.2.5.2-BlockRangeCount"},
	{name: "retrieval-ranges-swapped", what: "Count is read before Index", rules: "PCCRR-2.2.1.1-Index PCCRR-2.2.1.1-Count PCCRR-2.2.1.2-Index PCCRR-2.2.1.2-Count"},
	{name: "retrieval-no-next-index", what: "NextBlockIndex of MSG_BLKLIST may be missing", rules: "PCCRR-2.2.5.2-NextBlockIndex"},
	{name: "retrieval-no-ids", what: "MSG_GETSEGLIST without identifiers is accepted", rules: "PCCRR-2.2.4.4-CountOfSegmentIDs"},
	{name: "retrieval-blob-optional", what: "SizeOfExtensibleBlob may be missing", rules: "PCCRR-2.2.4.4-Blob PCCRR-2.2.5.4-Blob"},
	{name: "retrieval-blob-refused", what: "a message with an extensible blob of another version is refused", rules: "PCCRR-2.2.6-Version PCCRR-2.2.4.4-ExtensibleBlob PCCRR-2.2.5.4-ExtensibleBlob"},
	{name: "retrieval-block-any-length", what: "a block in AES may have any length", rules: "PCCRR-2.2.5.3-Block"},
	{name: "retrieval-vector-any-length", what: "an initialization vector may have any length", rules: "PCCRR-2.2.5.3-IVBlock"},
	{name: "retrieval-vector-always", what: "an empty block needs an initialization vector, too", rules: "PCCRR-2.2.5.3-SizeOfIVBlock PCCRR-2.2.3-CryptoAlgoId PCCRR-2.2.5.3-IVBlock PCCRR-2.2.5.3-SizeOfBlock"},
}

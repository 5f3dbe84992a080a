package main

// peers are the faults of retrieval servers, which are peers or hosted caches.
var peers = []fault{
	// Valid, and not answered
	{name: "peer-no-ranges-dropped", what: "MSG_GETBLKLIST without ranges is not answered", rules: "PCCRR-2.2.4.2-RangeCount PCCRR-2.2.4.2-NeededBlocksRangeCount"},
	{name: "peer-nego-dropped", what: "MSG_NEGO_REQ is not answered", rules: "PCCRR-3.2.5-Answer"},
	{name: "peer-unknown-404", what: "a segment that it does not have is answered with HTTP status 404", rules: "PCCRR-3.2.5-Answer"},

	// Malformed, and answered
	{name: "retrieval-trailing-ignored", what: "bytes behind a message are ignored", rules: "PCCRR-2.1.1-OneMessage"},
	{name: "retrieval-msgsize-ignored", what: "MsgSize is ignored", rules: "PCCRR-2.2.3-MsgSize"},
	{name: "retrieval-crypto-unchecked", what: "CryptoAlgoId is not checked", rules: "PCCRR-2.2.3-CryptoAlgoId"},
	{name: "retrieval-no-ids", what: "MSG_GETSEGLIST without identifiers is answered", rules: "PCCRR-2.2.4.4-CountOfSegmentIDs"},

	// No response
	{name: "peer-size-absent", what: "TRANSPORT_RESPONSE_HEADER is missing", rules: "PCCRR-2.2.2-Size"},
	{name: "peer-size-counts-itself", what: "Size counts itself", rules: "PCCRR-2.2.2-Size"},
	{name: "peer-msgsize-of-header", what: "MsgSize is that of the header", rules: "PCCRR-2.2.3-MsgSize"},
	{name: "peer-no-next-index", what: "MSG_BLKLIST has no NextBlockIndex", rules: "PCCRR-2.2.5.2-NextBlockIndex"},
	{name: "peer-no-blob", what: "MSG_SEGLIST has no SizeOfExtensibleBlob", rules: "PCCRR-2.2.5.4-Blob"},
	{name: "peer-next-is-same", what: "NextBlockIndex of MSG_BLK is the block itself", rules: "PCCRR-2.2.5.3-NextBlockIndex"},

	// A response to something else
	{name: "peer-any-version", what: "requests of any version are answered as those of its own", rules: "PCCRR-2.2.3-ProtVerMajor"},
	{name: "peer-list-of-own-id", what: "MSG_BLKLIST has the identifier of its own segment", rules: "PCCRR-3.2.5-SegmentId"},
	{name: "peer-id-with-zeros", what: "SegmentId of MSG_BLK is filled up to 48 bytes", rules: "PCCRR-3.2.5-SegmentId"},
	{name: "peer-request-id-as-guid", what: "RequestID is written in the order of bytes of a GUID", rules: "PCCRR-3.2.5-RequestID"},
	{name: "peer-lists-unasked", what: "MSG_BLKLIST has all blocks, whatever is asked", rules: "PCCRR-3.2.5.2-Subset"},
	{name: "peer-segments-from-1", what: "segments are counted from 1", rules: "PCCRR-2.2.5.4-Index"},
	{name: "peer-first-range", what: "the block of the first range is sent, not the lowest", rules: "PCCRR-3.2.5.3-Index"},
	{name: "peer-index-in-range", what: "BlockIndex counts from the range that is asked for", rules: "PCCRR-3.2.5.3-Index"},

	// What it says that it has
	{name: "peer-has-all-lists", what: "it lists blocks of segments that it does not have", rules: "PCCRR-3.2.5.2-List"},
	{name: "peer-has-all-blocks", what: "it sends blocks of segments that it does not have", rules: "PCCRR-3.2.5.3-Block"},
	{name: "peer-has-all-segments", what: "it has every segment", rules: "PCCRR-3.2.5.4-Segments"},
	{name: "peer-lists-asked", what: "it lists whatever blocks of its segment are asked for", rules: "PCCRR-3.2.5.2-List PCCRR-2.2.1.1-Count PCCRR-2.2.1.1-Index"},
	{name: "peer-last-unsent", what: "it lists the last block, but does not send it", rules: "PCCRR-3.2.5.3-Block"},

	// The block
	{name: "peer-block-before", what: "the block before is sent", rules: "PCCRR-2.2.5.3-BlockHash"},
	{name: "peer-whole-secret", what: "the key is the whole secret, whatever CryptoAlgoId says", rules: "PCCRR-2.2.5.3-Ke"},
	{name: "peer-algorithm-wished", what: "CryptoAlgoId is that of the request, also where the block is encrypted though it is 0", rules: "PCCRR-2.2.5.3-Ke PCCRR-2.2.5.3-BlockHash"},
	{name: "peer-crash-past-end", what: "it ends with a request for a block beyond the segment", rules: "PCCRR-2.2.1.1-Index", started: true},
}

func init() {
	for _, p := range peers {
		p.path = pathRetrieval
		caches = append(caches, p)
	}
}

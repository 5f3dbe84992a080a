package main

// clients are the faults of clients of a hosted cache.
var clients = []fault{
	{name: "none", what: "no fault"},

	// SEGMENT_INFO_MESSAGE
	{name: "info-after-ok", what: "SEGMENT_INFO_MESSAGE follows OK", rules: "PCHC-2.2.1.4-Interested", path: pathV1},
	{name: "info-never", what: "SEGMENT_INFO_MESSAGE does not follow INTERESTED", rules: "PCHC-3.2.5.1-SegmentInfo", path: pathV1},
	{name: "info-twice", what: "SEGMENT_INFO_MESSAGE is sent twice", rules: "PCHC-2.2.1.4-Interested", path: pathV1},
	{name: "info-unasked", what: "SEGMENT_INFO_MESSAGE is sent without an offer", rules: "PCHC-2.2.1.4-Interested", path: pathV1},
	{name: "info-of-next-segment", what: "SEGMENT_INFO_MESSAGE is about the segment after the one that was offered", rules: "PCHC-3.2.5.1-SegmentInfo", path: pathV1},
	{name: "info-for-ever", what: "SEGMENT_INFO_MESSAGE follows INTERESTED even where that answers a SEGMENT_INFO_MESSAGE", rules: "PCHC-2.2.2.2-Interested PCHC-3.2.5.5-Drop", path: pathV1},
	{name: "state-kept", what: "SEGMENT_INFO_MESSAGE follows OK once another offer was answered with INTERESTED", rules: "PCHC-2.2.1.4-Interested", path: pathV1},

	// Answers
	{name: "size-ignored", what: "Size of an answer is not checked", rules: "PCHC-2.2.2.1-Size", path: pathV1},
	{name: "code-not-0", what: "any ResponseCode but 0 counts as INTERESTED", rules: "PCHC-2.2.2.2-ResponseCode", path: pathV1},
	{name: "code-low-bit", what: "the lowest bit of ResponseCode counts alone", rules: "PCHC-2.2.2.2-ResponseCode", path: pathV1},
	{name: "trailing-ignored", what: "bytes behind an answer are ignored", rules: "PCHC-2.2.2.2-Trailing", path: pathV1},
	{name: "status-ignored", what: "the payload counts whatever HTTP status it has", rules: "PCHC-3.2.5.5-Drop", path: pathV1},
	{name: "cut-answer-read", what: "an answer counts that is shorter than its Content-Length", rules: "PCHC-3.2.5.5-Drop", path: pathV1},
	{name: "crash-short-answer", what: "it ends with an answer of less than 5 bytes", rules: "PCHC-3.2.5.5-Drop"},
	{name: "crash-not-http", what: "it ends with an answer that is not HTTP", rules: "PCHC-3.2.5.5-Drop"},

	// Timers and failures
	{name: "never-expires", what: "an answer is waited for without end", rules: "PCHC-3.2.2-Expiry PCHC-3.2.2-Late"},
	{name: "late-processed", what: "INTERESTED counts after the request has expired", rules: "PCHC-3.2.2-Late", path: pathV1},
	{name: "gives-up-early", what: "a request expires after half a tick", rules: "PCHC-3.2.2-Expiry"},
	{name: "gives-up-others", what: "other segments are not offered once one failed", rules: "PCHC-3.2.4-Offer", path: pathV1},
	{name: "resends-for-ever", what: "a request that failed is sent again without end", rules: "PCHC-3.2.4-Offer"},

	// Authentication
	{name: "v2-authenticates", what: "credentials are sent by version 2.0", rules: "PCHC-1.7-Authentication", path: pathV2},
	{name: "401-without-end", what: "credentials that are refused are sent again without end", rules: "PCHC-3.2.5.3-Resend", path: pathV1},
	{name: "401-basic", what: "a password is sent where it is asked for", rules: "PCHC-2.1-SPNEGO", path: pathV1},
	{name: "401-of-info-ignored", what: "a SEGMENT_INFO_MESSAGE is not sent again with authentication", rules: "PCHC-3.2.5.3-Resend", path: pathV1},

	// Requests
	{name: "url-of-version-2", what: "version 1.0 goes to the URL of version 2.0", rules: "PCHC-2.1-Version", path: pathV1},
	{name: "url-of-version-1", what: "version 2.0 goes to the URL of version 1.0", rules: "PCHC-2.1-Version", path: pathV2},
	{name: "url-unknown", what: "version 1.0 goes to a URL with a wrong digit", rules: "PCHC-2.1-URL", path: pathV1},
	{name: "v1-without-tls", what: "version 1.0 has no TLS", rules: "PCHC-2.1-HTTPS", path: pathV1},
	{name: "redirect-followed", what: "a redirection is followed", rules: "PCHC-2.1-URL"},
	{name: "batch-129-sent", what: "129 descriptors are sent", rules: "PCHC-2.2.1.5-MaxDescriptors", path: pathV2},
	{name: "tag-size-little-endian", what: "SizeOfContentTag is written in the wrong byte order", rules: "PCHC-2.2.1.5-SizeOfContentTag", path: pathV2},
	{name: "hash-cut", what: "Hash has 20 bytes", rules: "PCHC-2.2.1.3-Hash", path: pathV1},
	{name: "port-0", what: "Port is 0", rules: "PCHC-2.2.1.2-Port"},
	{name: "port-wrong", what: "Port is not the one that blocks are served at", rules: "PCHC-1.5-Peer"},

	// HTTP
	{name: "http-closed-reused", what: "a connection is used again that the hosted cache has closed", rules: "PCHC-2.1-POST", path: pathV1},
	{name: "http-pipelines", what: "offers are sent before the one before is answered", rules: "PCHC-2.1-POST", path: pathV1},
	{name: "http-trailer-wrong", what: "what follows the chunks is no trailer", rules: "PCHC-2.1-POST"},
	{name: "http-length-short", what: "Content-Length does not count a line end", rules: "PCHC-2.1-POST", path: pathV1},

	// Blocks
	{name: "serves-nothing", what: "blocks are answered with HTTP status 404", rules: "PCCRR-3.2.5-Answer"},
	{name: "serves-empty-lists", what: "no block is listed", rules: "PCHC-1.5-Blocks"},
	{name: "serves-empty-blocks", what: "blocks are listed, and not sent", rules: "PCCRR-3.2.5.3-Block"},
	{name: "serves-more-blocks", what: "a block is listed that the segment does not have", rules: "PCCRR-3.2.5.2-Subset"},
	{name: "serves-wrong-block", what: "the next block is sent", rules: "PCCRR-2.2.5.3-BlockHash", path: pathV1},
	{name: "serves-changed-block", what: "a byte of each block is another", rules: "PCCRR-2.2.5.3-BlockHash", path: pathV1},
	{name: "serves-other-index", what: "BlockIndex is one too high", rules: "PCCRR-3.2.5.3-Index"},
}

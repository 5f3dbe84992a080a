package main

// overHTTP are faults of hosted caches that show only if a message is sent in another way
// than most clients do. http is that way, or one of those, with commas between them.
var overHTTP = []fault{
	// The request
	{name: "header-in-one-read", what: "a header that does not come in one segment is refused", http: "segments,small segments", rules: "RFC9112-6.3-Length RFC9112-2.2-Octets"},
	{name: "slow-body-dropped", what: "a body that takes more than 45 ms is dropped", http: "slow body,segments,small segments", rules: "RFC9112-6.3-Length RFC9112-2.2-Octets"},
	{name: "answered-before-body", what: "a body that does not come with the header is not waited for", http: "segments", rules: "RFC9112-6.3-Length", path: pathV2},
	{name: "small-letters-unknown", what: "names of fields in small letters are not known", http: "small letters", rules: "RFC9110-5.1-Names"},
	{name: "space-needed", what: "a Content-Length without a blank before it is 0", http: "whitespace", rules: "RFC9112-5.1-Whitespace"},
	{name: "large-header-ends", what: "it ends with a header of more than 64 KiB", http: "large header", rules: "RFC9110-5.4-Limit PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond", started: true},
	{name: "absolute-uri-unknown", what: "an absolute URI is not found", http: "absolute URI", rules: "RFC9112-3.2.2-AbsoluteForm"},
	{name: "host-unneeded", what: "a request without Host is answered", http: "no Host", rules: "RFC9112-3.2-Host"},
	{name: "any-path", what: "any path is one of the protocol", http: "longer path", rules: "PCHC-2.1-URL", path: pathV2},
	{name: "path-prefix", what: "a path may go on behind that of the protocol", http: "longer path", rules: "PCHC-2.1-URL"},
	{name: "any-method", what: "any method is POST", http: "PUT", rules: "PCHC-2.1-POST"},
	{name: "url-of-first-request", what: "all requests of a connection count as sent to the URL of the first", http: "both URLs", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "offered-counts-as-known", what: "OK to the offer of a segment that was only offered to the other URL", http: "both URLs", rules: "PCHC-3.1.5.1-Interested"},

	// The body
	{name: "chunked-ignored", what: "chunks are left unread", http: "chunked", rules: "RFC9112-7.1-Chunked"},
	{name: "chunk-size-decimal", what: "sizes of chunks are read as decimal", http: "chunked,odd chunks", rules: "RFC9112-7.1-Chunked"},
	{name: "chunk-extensions-refused", what: "chunks with extensions are refused", http: "chunk extensions", rules: "RFC9112-7.1.1-Extensions"},
	{name: "trailers-left-unread", what: "trailer fields are read as the next request", http: "trailer fields", rules: "RFC9112-7.1.2-Trailers"},
	{name: "length-over-chunks", what: "Content-Length overrides chunks", http: "length and chunks", rules: "RFC9112-6.3-Override"},
	{name: "two-lengths-first", what: "the first of several Content-Lengths counts", http: "two lengths", rules: "RFC9112-6.3-Invalid"},
	{name: "aborted-processed", what: "a body that ends early is a message", http: "cut body", rules: "RFC9112-6.3-Incomplete"},
	{name: "last-chunk-unneeded", what: "chunks that end early are a message", http: "cut chunks", rules: "RFC9112-8-Incomplete"},
	{name: "expect-unanswered", what: "a request with Expect: 100-continue is never answered", http: "Expect", rules: "RFC9110-10.1.1-Continue"},
	{name: "continue-never", what: "100 (Continue) is never sent", http: "Expect", rules: "RFC9110-10.1.1-Continue"},

	// The connection
	{name: "pipelined-lost", what: "what has come behind a request is forgotten", http: "pipelined", rules: "RFC9112-9.3.2-Order"},
	{name: "pipelined-swapped", what: "two requests that come together are answered in the wrong order", http: "pipelined", rules: "RFC9112-9.3.2-Order", path: pathV1},
	{name: "http-1.0-kept", what: "the connection of a request of HTTP/1.0 stays open", http: "HTTP/1.0", rules: "RFC9112-9.3-HTTP10"},
	{name: "close-ignored", what: "the connection stays open in spite of Connection: close", http: "Connection: close", rules: "RFC9112-9.6-Close"},
	{name: "half-close-loses-answer", what: "a client that has shut down writing is not answered", http: "half-closed", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "reset-ends-listener", what: "no connection is accepted after one was reset", http: "reset in the header,reset in the body,reset before the answer", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond", started: true},
}

// atTheSameTime are faults that show only if messages come over several connections at the
// same time.
var atTheSameTime = []fault{
	{name: "deadlock-of-8", what: "8 requests at the same time wait for each other", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond", started: true},
	{name: "crash-at-the-same-time", what: "two requests at the same time end it", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond", started: true},
	{name: "busy-drops", what: "a message is dropped while another one is judged", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "answer-to-last-connection", what: "the answer goes to the connection of the last request", rules: "PCHC-3.1.5.1-Respond PCHC-3.1.5.2-Respond PCHC-3.1.5.3-Respond"},
	{name: "batch-count-shared", what: "connections count the segments of their batches together", rules: "PCHC-3.1.5.3-OK", path: pathV2},
	{name: "updates-lost", what: "of block hashes that come at the same time, some are forgotten", rules: "PCHC-3.1.5.1-OK", path: pathV1},
}

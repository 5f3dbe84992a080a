package spec

// retrievalBehaviour is what section 3 of MS-PCCRR has about clients and servers, and
// what section 2 has about a response in the light of its request.
var retrievalBehaviour = []entry{
	{"PCCRR-2.2.3-ProtVerMajor", Must, Behaviour,
		"A server MUST answer with MSG_NEGO_RESP a request of a major version that it does not have, and no other but MSG_NEGO_REQ.", RetrievalExchange, ""},
	{"PCCRR-2.2.5.4-Index", Must, Behaviour,
		"The ranges of a MSG_SEGLIST MUST be within the list of its MSG_GETSEGLIST.", RetrievalExchange, ""},
	{"PCCRR-3-Pair", Must, Behaviour,
		"The response to MSG_NEGO_REQ MUST be MSG_NEGO_RESP, and those to MSG_GETBLKLIST, MSG_GETBLKS and MSG_GETSEGLIST MSG_BLKLIST, MSG_BLK and MSG_SEGLIST or MSG_NEGO_RESP.", RetrievalExchange, ""},
	{"PCCRR-3.1.4.4-RequestID", Must, Behaviour,
		"A client MUST NOT use the RequestID of an outstanding request again.", RetrievalExchange, ""},
	{"PCCRR-3.2.5-Answer", Must, Behaviour,
		"A server MUST answer each well-formed request, also if it has nothing of what is asked for or is busy.", RetrievalExchange, ""},
	{"PCCRR-3.2.5-SegmentId", Must, Behaviour,
		"SegmentId of a MSG_BLKLIST or MSG_BLK MUST be SegmentID of the request.", RetrievalExchange, ""},
	{"PCCRR-3.2.5-RequestID", Must, Behaviour,
		"RequestID of a MSG_SEGLIST MUST be that of the request.", RetrievalExchange, ""},
	{"PCCRR-3.2.5.2-Subset", Must, Behaviour,
		"The ranges of a MSG_BLKLIST MUST have only blocks that were asked for.", RetrievalExchange, ""},
	{"PCCRR-3.2.5.3-Index", Must, Behaviour,
		"A server MUST send the block with the lowest index of those that were asked for.", RetrievalExchange, ""},
	{"PCCRR-3.2.5.5-Drop", Must, Behaviour,
		"A server MUST drop a malformed request without a response.", RetrievalExchange, ""},
}

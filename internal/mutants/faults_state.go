package main

// stateFaults are those of decoders that answer the same message rightly or wrongly,
// depending on the messages before it, on their number, or on chance. No rule is to be
// named for them.
var stateFaults = []fault{
	// Of what an earlier message leaves.
	{name: "stale-verdict", what: "a response after a malformed message is refused"},
	{name: "stale-descriptors", what: "after a malformed message, old descriptors remain"},
	{name: "stale-padding", what: "Content Information has the Padding of the one before"},
	{name: "state-tail", what: "a batch shorter than an earlier one is read to the end of that one"},
	{name: "state-error-sticky", what: "after a batch with a wrong HashAlgorithm, batches are refused until another message is right"},
	{name: "state-kind-before", what: "Content Information after a SEGMENT_INFO_MESSAGE has the offsets of what is embedded"},
	{name: "state-cache-by-length", what: "the answer to Content Information is that to the first of its length"},
	{name: "state-cache-by-first-bytes", what: "the answer to a request is that to the first with the same first 24 bytes"},
	{name: "state-repeated-message", what: "a request that came before is answered with more than JSON"},
	{name: "state-derived-reused", what: "all segments but the first have the HoHoDk of those of the first message that had as many"},
	{name: "state-two-before", what: "batches are refused after an INITIAL_OFFER_MESSAGE with Port 0 and a SEGMENT_INFO_MESSAGE, in this order"},
	{name: "state-set-by-invalid", what: "after a request of an unknown MajorVersion, any Type is accepted"},
	{name: "state-set-by-response", what: "after a RESPONSE_MESSAGE with INTERESTED, INITIAL_OFFER_MESSAGE is refused"},
	{name: "state-port-before", what: "a SEGMENT_INFO_MESSAGE has the Port of the batch before it"},
	{name: "state-crash-armed", what: "valid Content Information 2.0 crashes the decoder after some with a wrong bHashAlgo"},

	// Of how many there were.
	{name: "state-descriptors-add-up", what: "descriptors of all batches are counted together, and batches refused above 3000"},
	{name: "state-crash-10000", what: "the 10000th message crashes the decoder"},
	{name: "state-hang-4000", what: "the 4000th message hangs the decoder"},
	{name: "state-wrong-from-5000", what: "all messages from the 5000th on are refused"},
	{name: "state-each-1000th", what: "each 1000th message is refused"},
	{name: "state-each-256th-port", what: "each 256th message has another Port"},
	{name: "state-leak-rejected", what: "each malformed message leaks a file, and the 1500th crashes the decoder"},

	// Of chance.
	{name: "state-at-random", what: "one in 20000 messages is judged the opposite of what it is"},
	{name: "state-crash-at-random", what: "one in 4000 messages crashes the decoder"},
}

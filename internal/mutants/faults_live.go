package main

// conversations are the faults of hosted caches that fetch what is offered, which only
// conversations with several clients, segments or restarts show.
var conversations = []fault{
	{name: "forgets-for-others", what: "it forgets a segment when another client offers it", rules: "PCHC-3.1.5.1-OK"},
	{name: "ok-if-two-offer", what: "OK to the offer of a segment that another client has offered, too, though no block hashes came", rules: "PCHC-3.1.5.1-Interested"},
	{name: "clients-mixed", what: "the block hashes of a segment are filed under the one that was offered last, by whomever", rules: "PCHC-3.1.5.1-OK PCHC-3.1.5.1-Interested PCHC-3.1.5.2-Retrieve PCHC-3.1.5.2-Connect PCHC-3.1.5.3-Connect PCHC-3.1.5.1-Connect", chance: true},
	{name: "failed-for-ever", what: "a segment that could not be fetched is never fetched again", rules: "PCHC-3.1.5.1-Retrieve PCHC-3.1.5.2-Retrieve PCHC-3.1.5.3-Retrieve"},
	{name: "ok-only-once", what: "OK to the first offer of a known segment, INTERESTED to all after it", rules: "PCHC-3.1.5.1-OK"},
	{name: "second-client-clears", what: "it loses all that it has when a message comes from another IP address", rules: "PCHC-3.1.5.1-OK PCHC-3.1.1-BlockCache PCCRR-3.2.5.4-Segments", chance: true},
	{name: "last-fetched-served", what: "it sends the block that it has fetched last, whatever segment is asked for", rules: "PCCRR-2.2.5.3-BlockHash", chance: true},
	{name: "newest-evicted", what: "of more than four segments it drops the newest", rules: "PCHC-3.1.5.1-OK PCHC-3.1.5.1-Add PCHC-3.1.5.2-Add PCHC-3.1.5.3-Add PCHC-3.1.5.2-Retrieve"},
	{name: "restart-claims", what: "after a restart it answers OK to offers of segments that it had, and does not fetch them", rules: "PCHC-3.1.5.1-Retrieve PCHC-3.1.5.2-Retrieve PCHC-3.1.5.3-Retrieve", started: true},
	{name: "port-of-last", what: "it fetches from the port in the message before, of whatever client", rules: "PCHC-3.1.5.1-Retrieve PCHC-3.1.5.2-Retrieve PCHC-3.1.5.3-Retrieve PCHC-3.1.5.1-Connect PCHC-3.1.5.2-Connect PCHC-3.1.5.3-Connect"},
	{name: "first-of-batch", what: "of a batch it fetches the first segment only", rules: "PCHC-3.1.5.3-Retrieve"},
	{name: "cut-forgets", what: "a request that is cut off makes it forget all block hashes", rules: "PCHC-3.1.5.1-OK"},
	{name: "first-port-kept", what: "it fetches from the port that it has first heard of an IP address", rules: "PCHC-3.1.5.1-Connect PCHC-3.1.5.2-Connect PCHC-3.1.5.3-Connect"},
	{name: "unverified", what: "it does not compare blocks with their hashes", rules: "PCCRC-2.2-VerifyBlocks"},
	{name: "hashes-counted", what: "it takes as many block hashes as there are blocks for all of them, also if they came twice", rules: "PCHC-3.1.5.1-Interested"},
	{name: "one-of-client", what: "it fetches one segment from each client", rules: "PCHC-3.1.5.1-Retrieve PCHC-3.1.5.2-Retrieve PCHC-3.1.5.3-Retrieve"},
	{name: "lists-all-once-held", what: "it has every segment that is asked for once it has one", rules: "PCCRR-3.2.5.4-Segments"},
	{name: "ok-after-batch", what: "OK to the offer of a segment that was in a batch, without its block hashes", rules: "PCHC-3.1.5.1-Interested"},
	{name: "crash-on-both", what: "it ends with a batch that has a segment whose block hashes another client has sent", rules: "PCHC-3.1.5.3-Respond", started: true},
}

// Package stats says from where the bytes of each content in a capture came, and counts
// what was exchanged for it.
//
//	secrets := conversation.NewSecrets()
//	s := stats.New(secrets, stats.DefaultLimits)
//	s.Begin(name)
//	sum, err := conversation.Read(in, conversation.Options{
//		Capture: capture.Options{File: name, ByFrame: true, Exchanges: true},
//		Secrets: secrets,
//	}, func(it *conversation.Item) error { s.Item(it); return nil })
//	s.End(sum)
//	r := s.Report()
//
// A [Report] is written as text ([Text]), JSON or CSV, or as an HTML page. Those of several
// captures are added up ([Report.Merge]), also from their JSON ([ReadJSON]).
//
// # From where
//
// A byte of a content came from a content server if a plain body has it, and from a hosted
// cache or a peer if a verified block has it. What none of them sent to a client came from
// nobody: it is not in the capture, was not verified, or did not come. Each byte counts
// once for each client and server; one that a client got from several is counted at each
// of them, and in Twice.
//
// # Roles
//
// What a server of MS-PCCRR is follows from all that was captured: a hosted cache is sent
// offers or MSG_GETSEGLIST; a peer is named by a ProbeMatches; who is asked by a hosted
// cache is the client that made an offer. Where nothing tells, it is a peer if the client
// sends Probes, and presumed to be a hosted cache if not, or what a hosted cache fetches from
// if it has TLS to the client, which is asked for blocks itself. Addresses of clients are without
// ports, those of servers with them, so all may run on one machine.
//
// # JSON
//
// One object on a line: problems and notes of the captures, as package message has them,
// and then, in this order. Times are in seconds, lengths in bytes.
//
//	STATS_CONTENT    a content, or a segment of an unknown one: "content","segment","length","clients",
//	                 "from":{"contentServer","hostedCache","peers","nobody"},"twice","offered","offeredAgain",
//	                 "fetched","fetchedAgain","sources":[{"client","server","role","because","bytes","again",
//	                 "unverified","unplaced","lost","ranges":[[start,end]]}],"why":[{"reason","count","server",
//	                 "role","segment","detail","first":{"file","frame","time"}}],"offeredRanges","offers",
//	                 "information","refused","requests","probes","matches","askedBy":[client],"first":[{},{}]
//	                 (in plain, and of a Probe)
//	STATS_CLIENT     a client in a protocol: "address","protocol","requests","hits","misses","negotiated",
//	                 "failed","unanswered","notCaptured","malformed","mismatched","incomplete","bytes","busy","busyBytes",
//	                 "violations","took":{"count","min","median","p90","p99","max","sum","buckets"},"hitRate","bytesPerSecond"
//	STATS_SERVER     the same of a server, with "role" and "because"
//	STATS_EXCHANGES  the same of a client with a server: "protocol","client","server", ...
//	STATS_OFFERS     of a client to a hosted cache: "client","cache","messages","offers","repeats","bytes","ok",
//	                 "interested","failed","unanswered","notCaptured","malformed","violations","took"
//	STATS_TAG        "contentTag","text","offers","bytes"
//	STATS_SEGMENT    "segment","offers","repeats","size","first"
//	STATS_RULE       violations of a format or sender rule: "rule","class","count","first","detail"
//	STATS_BLOCKS     "verified","bytes","unverified":[{"fault","blocks","bytes","reason","first"}]
//	STATS_BEYOND     what exceeds the [Limits]: "what","count"
//	STATS_CAPTURE    "file","frames","connections","encrypted","messages","problems","first","last","hidden":[server]
//
// # Memory
//
// [Limits] bound it. What is beyond them is counted, and said.
package stats

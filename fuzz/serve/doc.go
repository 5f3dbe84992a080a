// Package serve tests clients of a hosted cache. It is the hosted cache: it answers the
// client under test rightly, wrongly, late, twice or not at all, and judges what the client
// sends and does by MS-PCHC 3.2. It fetches the blocks that the client offers, and judges
// these, too (MS-PCCRR 3.2).
//
// It is a package of its own, not a target below fuzz/target: targets are sent messages,
// and a client sends them itself. What it finds is a [campaign.Finding] like any other, so
// reports, baselines and replay work alike.
//
//	behaviour.go  the table of what the server does with a request
//	scenario.go   the behaviours of one run: systematic, at random, as text
//	wire.go       an answer as bytes, framing that lies included
//	scene.go      one run of a scenario: connections, time line, when it ends
//	judge.go      what the client may and must do: spec.Client, and conformance.Checker
//	finding.go    faults of a run
//	retrieve.go   fetching what was offered, and answers to a client that retrieves
//	run.go        the campaign: starts the client, repeats, reduces
//
// # Judging
//
// [spec.Client] is the reference: it gets the offers that the client sends and the answers
// that the server gives, and says whether a SEGMENT_INFO_MESSAGE, or the same request with
// authentication, has to follow, or may not. The bytes of requests, their URL and transport
// are checked by the engine of pchc check. What neither the text nor HTTP states, but any
// use needs, is marked as derived: that a client gives up waiting when its request expires,
// offers its other segments after one failed, and does not resend for ever.
//
// Time counts in ticks of the client's request timer, of 5 seconds (3.2.2). A client that
// can be set to another period is tested faster. An answer within one tick is in time, one
// after three ticks and the tolerance is late. In between both reactions are right, so the
// server does not answer then; if it was too slow to be certain, it tries again.
package serve

// Package conformance checks the exchanges in a packet capture against the
// requirements in package spec: the messages of MS-PCHC, MS-PCCRR, MS-PCCRD and
// MS-PCCRTP, and Content Information, against the rules for format and senders, and
// what clients and servers do, as far as a network shows it.
//
// [Read] checks a capture, [Checker] events from anywhere. Both hand out [Finding]
// values, which [Text] and [Report] write.
//
//	check.go     conversations to findings; MS-PCHC
//	retrieval.go MS-PCCRR: requests, responses, blocks, timers
//	peers.go     who is no hosted cache; habits of senders; padding of blocks
//	offers.go    offers that nothing came of
//	transfer.go  MS-PCCRTP, MS-SMB2: header fields, Content Information
//	discovery.go MS-PCCRD
//	updates.go   MS-WUSP and MS-WSUSSS: SOAP calls and their order
//	evidence.go  what of them is certain
//	once.go      what is reported once
//	window.go    their order
//	finding.go   what is checked; the JSON form
//	report.go    JUnit XML and SARIF
//	text.go      text
//
// # Missing evidence
//
// [spec.Follower] says what either end did wrong; a client is an IP address there.
// Whatever the capture may merely have missed is not a violation:
//
//   - A request without a response is one if the server had received it, by its
//     acknowledgement, and ended the connection first; or if 45 seconds went by
//     before the client did, or before the capture ended. A RST counts only on a
//     new connection: on another it may cross the request, as may a FIN that does
//     not acknowledge it (RFC 9112 9.5).
//   - INTERESTED without a SEGMENT_INFO_MESSAGE, or status 401 without the same
//     request, is one if the capture goes on for 15 seconds, and if the client had
//     not ended the connection before the response came.
//   - Where the capture begins within a connection, the answer to its first request may
//     belong to an earlier one, and so may all answers if the client does not wait for
//     each: they show no violation but in their own bytes.
//   - A capture problem hides what happened: on a connection, all that depends on
//     responses; at a client, what it was asked and what it sent before; without a
//     connection, everything from then on. The problem itself is a finding. TLS
//     hides what passes between its two ends; it is a note.
//
// Of retrieval, a response shows a violation only with its request, and on a connection
// of which the capture hides nothing; a RequestID is used again only if the first request
// is answered later; and a block is wrong only by Content Information without violations,
// and in version 2.0 only if it does not come from a hosted cache, which cannot verify
// what it passes on. Timers count with twice their default. MSG_GETSEGLIST goes to a peer
// where a client said before that it serves blocks there, in an offer or a ProbeMatches, and
// no offer was accepted. What is right but unlike what Windows does, or recommended, is a
// note, once of each sender: CryptoAlgoId of requests, and for Windows the order of ranges.
//
// # Limits
//
// Memory does not grow with the number of findings. Of exchanges that may still
// turn out to be violations the latest ten thousand are kept; a [CaptureNote] says
// that it was more.
package conformance

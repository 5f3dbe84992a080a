// Package conformance checks the exchanges in a packet capture against the
// requirements in package spec: the messages against the rules for format and
// senders, and what clients and hosted caches do against section 3 of MS-PCHC, as
// far as a network shows it.
//
// [Read] checks a capture, [Checker] events from anywhere. Both return [Finding]
// values, which [AppendText], [WriteJUnit] and [WriteSARIF] write.
//
// # Missing evidence
//
// A client is an IP address, a hosted cache an address with a port. Whatever the
// capture may merely have missed is not a violation:
//
//   - A request without a response is one if its connection ended without a loss,
//     or if the capture goes on for 15 seconds (the longest that a request is
//     outstanding) and shows other responses of this hosted cache to this client,
//     and so both directions.
//   - INTERESTED without a SEGMENT_INFO_MESSAGE, or status 401 without the same
//     request, is one if the capture goes on for 15 seconds, or if the client,
//     which waited for nothing else, sent another request instead and got its
//     response.
//   - A response is late after 15 seconds. Whether it was late before that
//     depends on the phase of the client's timer.
//   - A SEGMENT_INFO_MESSAGE that was not requested is one if the capture shows
//     the responses to all offers of the client.
//   - OK from a hosted cache that lacks block hashes is one if the capture shows
//     several of its clients: a capture made at one client does not show what the
//     others send.
//   - A capture problem, and TLS, hides what happened: on a connection, whether a
//     request was answered; at a client, what it sent; at a hosted cache, what it
//     knows; without a connection, all of that. The problem itself is a finding,
//     TLS is not.
package conformance

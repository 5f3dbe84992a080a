// Package conformance holds the exchanges of a packet capture against the catalogue
// of requirements in package spec: what is in the messages against the rules of
// format and sender, and what client and hosted cache do against section 3 of
// MS-PCHC, as far as a network shows it.
//
// [Read] checks a capture. [Checker] does so with events from anywhere. What
// comes out are [Finding] values, which [WriteJUnit] and [WriteSARIF] write for
// other programs.
//
// # What is not known
//
// A client is an IP address, a hosted cache an address with a port. What was
// before the capture, or is not in it, is not held against anybody:
//
//   - A request without answer counts once its connection has ended and nothing
//     of it is lost, or once the capture goes on for 15 seconds (the longest
//     that a request is outstanding) and this hosted cache has answered this
//     client at another time, so that both directions are captured.
//   - That INTERESTED is not followed by a SEGMENT_INFO_MESSAGE, or status 401
//     by the same request, counts if the capture goes on for 15 seconds, or if
//     the client, which waited for nothing else then, has instead sent another
//     request and got its answer.
//   - An answer is late after 15 seconds. Whether it was so before depends on
//     when the client's timer began to tick.
//   - That a SEGMENT_INFO_MESSAGE was not asked for counts where all offers of
//     the client were seen answered.
//   - That a hosted cache says OK although it lacks block hashes counts where
//     several clients were seen with it: a capture made at one client does not
//     show what the others send.
//   - A problem of the capture hides what happened: on a connection, whether a
//     request was answered; of a client, what it sent; of a hosted cache, what
//     it knows; one of no connection hides all of that. The problem itself is a
//     Finding.
package conformance

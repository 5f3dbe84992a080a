// Package http makes a fuzzing target from a hosted cache at a URL. It posts
// messages as clients do, and checks the reaction against MS-PCHC 3.1.5.
//
// # The way of a message
//
//	http.go        the target: options, addresses, sessions and their turns
//	learn.go       the first session finds a probe, typical times, a connection limit
//	session.go     a call of Try: sends each case, then the health check
//	say.go         sends a message over a connection that is kept, again if that was closed
//	wire.go        the usual request over a connection; the answer
//	judge.go       what must be done with the message, and what is wrong with the answer
//	checks.go      whether OK and INTERESTED are right, and what is remembered
//	vary.go        cases again, in other ways
//	ways.go        the ways of HTTP: what is sent, and what is due
//	way_checks.go  what is due besides the answer
//	request.go     an HTTP request, before it is written
//	script.go      what a client does on a connection, and what comes of it
//	concurrent.go  valid cases again, over several connections at the same time
//	load.go        the number of connections that the user asks for, busy all the time
//	recover.go     after a failure: waits for the hosted cache, or restarts it
//	server.go      the process of a hosted cache that the target runs
//	messages.go    the target's own messages
//
// # Turns
//
// A hosted cache gets one message at a time, or nobody could tell which one caused a
// failure. A session takes the turn for a whole call of Try, Open and Close. Only
// the session that holds it uses the fields of the target below turn: the server,
// the connections, and what was learned. Concurrent replay sends several messages
// at a time, but in the turn of one session. If the user asks for a number of connections,
// the others repeat valid messages that were tried, also between turns. They pause
// whenever messages are tried alone: by a session that does not call Vary, as those of triage
// and replay, in other ways, and after a failure.
//
// # Ways of HTTP
//
// Vary sends cases in ways that few clients use. A difference in such a way counts if the
// same message is answered rightly when it is sent as usual, so it is due to the way. A
// way builds on a simpler one (base): it is not tried once that has failed, so that a server
// without chunks has one finding, not ten.
//
// # The cause of an exit
//
// A server can exit after the answer to the message that caused it, so the exit may
// show at a later message, of another session too:
//
//   - unsent: no connection was made for the message, so it is not the cause.
//   - last: the session that sent the last message before. It is the one to blame.
//   - ended: the exit summary that another session leaves to the last one, which
//     reports it at its next call of Try, with index -1.
//   - exitWait: how long a session waits for an exit after its last case. It is 0
//     until the server has exited some time after a message.
//
// A call of Try without cases waits for such an exit and reports it. A malformed
// message should get no answer. Once the hosted cache is known to drop them silently,
// the connection is parked (pending) while Try continues, and an answer that comes
// all the same is late. A closed connection counts as a drop only if it was new:
// the server may have closed one that was used before without reading the message.
package http

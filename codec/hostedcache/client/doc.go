// Package client is a client of a hosted cache, to use or to learn from, on packages codec,
// codec/pccrr and pccrc.
//
// A [Peer] is an http.Handler that serves the blocks of contents. A [Client] offers them
// to the hosted cache, which then fetches what it lacks from the Peer, and retrieves what
// others have offered: it decrypts, verifies, and tells what is missing.
//
// A hosted cache may demand authentication by SPNEGO of version 1.0 over HTTPS (MS-PCHC 2.1).
// The client knows no mechanism of that itself; Client.Negotiate makes the tokens. They are
// sent nowhere else.
//
// All that others cause has a limit: length of messages, how many requests a Peer answers
// at the same time, and the time of each exchange. hostedcache.Serve serves a Peer, and
// limits connections and headers, too.
package client

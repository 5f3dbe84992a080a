// Package exchange is MS-PCCRR over HTTP (MS-PCCRR 2.1): a [Server] without its blocks, and
// an [Asker] that posts requests and checks that the answers are to them. The hosted cache
// and its client are both of the two. MS-PCHC, also messages in a POST, uses a part of it.
//
// Each end limits what the other one can take: length of messages and headers, time, and,
// with [Serve] and [Limit], connections.
package exchange

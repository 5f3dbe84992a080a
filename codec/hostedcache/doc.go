// Package hostedcache is a small hosted cache, to use or to learn from, on packages codec,
// codec/pccrr and pccrc. Package blockstore keeps its blocks, and package client is the
// other side.
//
// [Cache] is an http.Handler. It takes offers of both versions (MS-PCHC 3.1), fetches the
// blocks from the client that offers them, by MS-PCCRR, and serves them to others. [Server]
// runs it as clients expect it: version 1.0 over HTTPS, version 2.0 and MS-PCCRR over
// HTTP. Nothing is fetched before [Cache.Run], which Server calls.
//
// It fetches from the IP address that the offer came from and the port that it says, and
// from nowhere else: it follows no redirection and uses no proxy. An offer that comes
// through a reverse proxy has the address of that.
//
// Version 1.0 gives it the block hashes and the key of a segment. It fetches a segment if
// HoD proves the list of hashes, and keeps only blocks that have their hash. Version 2.0
// gives it neither, so that it can check only the length of a block. It relays the block
// as it came, and the client that retrieves it finds out whether it is right. The first
// block that comes is the one that stays: a client that is first with a wrong one is
// believed until the segment has to make room, or a client offers it by version 1.0.
//
// Block hashes and keys are in memory only: after a restart, version 1.0 asks clients for
// them again.
//
// It drops a request that is malformed or belongs on another URL, with an HTTP status of
// 400 to 413 and no message (MS-PCHC 3.1.5.4, MS-PCCRR 3.2.5.5). Access control is there for
// version 1.0 only, and off: Server.Negotiate demands authentication by SPNEGO (MS-PCHC 2.1).
//
// # Limits
//
// All that others cause has a limit: length of messages, connections of each address,
// segments that wait to be fetched, memory, the length of files, how many clients are
// fetched from at once, and the time of each exchange. Where clients share an IP address,
// they share its limits and its turn to be fetched from. No client, by its IP address, has
// more than a part of the store (blockstore.Store.MaxBytesOfClient): who offers without end
// puts out what it has offered itself. Run and Serve return when the goroutines that they
// have started have ended.
package hostedcache

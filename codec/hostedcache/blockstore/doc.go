// Package blockstore keeps the blocks of a hosted cache, in memory or in a folder, each as the
// MSG_BLK (MS-PCCRR 2.2.5.3) that answers a request for it: encrypted. There are no keys.
//
// Its length is limited, and how much of that is from one client, by its IP address. A client
// beyond that puts out only what it has offered itself, and any client only what was asked
// for longest ago.
package blockstore

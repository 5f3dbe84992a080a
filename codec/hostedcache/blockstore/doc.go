// Package blockstore keeps the blocks of a hosted cache, in memory or in a folder, each as the
// MSG_BLK (MS-PCCRR 2.2.5.3) that answers a request for it: encrypted. There are no keys.
package blockstore

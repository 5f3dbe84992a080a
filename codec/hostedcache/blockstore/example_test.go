package blockstore_test

import (
	"fmt"
	"net/netip"

	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/pccrr"
)

// What was asked for longest ago makes room.
func Example() {
	store := blockstore.Store{MaxBytes: 150_000}
	put := func(segment byte) {
		id := make([]byte, 32)
		id[0] = segment
		m := pccrr.NewMsgBlk(id, 0)
		m.CryptoAlgoId, m.Block, m.IVBlock = pccrr.CryptoAES128, make([]byte, 65552), make([]byte, 16)
		if err := store.Put(m, netip.Addr{}, false); err != nil {
			fmt.Println(err)
		}
	}
	for segment := range byte(5) {
		put(segment)
	}
	for segment := range byte(5) {
		id := make([]byte, 32)
		id[0] = segment
		has, _ := store.Blocks(id)
		fmt.Print(has.Len(), " ")
	}
	segments, _ := store.Usage()
	fmt.Println("of", segments, "segments")
	// Output: 0 0 0 1 1 of 2 segments
}

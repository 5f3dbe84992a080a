package blocklist_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/blocklist"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// A client says what the block hashes of a segment are, and sends its blocks.
func Example() {
	content := bytes.Repeat([]byte("content "), 10_000) // two blocks
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("a server secret"))}
	info, err := maker.V1(context.Background(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		fmt.Println(err)
		return
	}
	var lists blocklist.Lists
	id := lists.Learn(&info, 1<<20)
	list := lists.Get(string(id))
	fmt.Println("complete, the segment has", list.Size(), "bytes")

	m := pccrr.NewMsgBlk(id, 1)
	if err := m.Encrypt(nil, content[pccrc.BlockSizeV1:], pccrr.CryptoAES128, info.At(0).SegmentSecret()); err != nil {
		fmt.Println(err)
		return
	}
	m, err = list.Verify(m, 1)
	fmt.Println(m.BlockIndex, err)
	m.Block[0]++
	_, err = list.Verify(m, 1)
	fmt.Println(err)
	// Output:
	// complete, the segment has 80000 bytes
	// 1 <nil>
	// pchc: a block is not the one that was offered: its hash or its length is wrong
}

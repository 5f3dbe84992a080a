package queue_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/queue"
)

// Two clients offer segments, and take turns.
func Example() {
	var q queue.Queue[string]
	first, second := netip.MustParseAddrPort("192.0.2.1:80"), netip.MustParseAddrPort("192.0.2.2:80")
	fmt.Println(q.Put(first, "a", "offered at noon", 3, 2))
	fmt.Println(q.Put(first, "b", "offered at noon", 3, 2))
	fmt.Println(q.Put(first, "c", "one too many", 3, 2))
	fmt.Println(q.Put(second, "a", "offered later", 3, 2))
	for range 3 {
		client, _, offered, _ := q.Take(context.Background())
		fmt.Println(client, offered)
		q.Release(client, false)
	}
	// Output:
	// <nil>
	// <nil>
	// pchc: too many offered segments wait to be fetched
	// <nil>
	// 192.0.2.1:80 offered at noon
	// 192.0.2.2:80 offered later
	// 192.0.2.1:80 offered at noon
}

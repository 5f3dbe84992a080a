package resource_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/resource"
)

func Example() {
	var points []resource.Point
	for n := 256.0; n <= 16384; n *= 2 {
		points = append(points, resource.Point{X: n, Y: 8<<20 + 4096*n})
	}
	each, grows := resource.Grows(points, 1<<20)
	fmt.Println(grows, resource.Bytes(each), resource.Sparkline(points, 16))
	// Output: true 4.0 KiB ▁▁▁▁▂▂▂▂▄▄▄▄▄▄▄█
}

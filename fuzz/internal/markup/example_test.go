package markup_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/internal/markup"
)

func Example() {
	b := []byte("<a>text<b/></a>")
	p := markup.Next(b, 0)
	fmt.Println(string(b[p.From:p.To]), string(b[p.From:markup.Element(b, p)]))
	// Output: <a> <a>text<b/></a>
}

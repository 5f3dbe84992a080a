package strictxml_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
)

func Example() {
	var r strictxml.Reader
	for _, text := range []string{"<a xmlns='urn:x'>text</a>", "<a/><b/>"} {
		r.Reset([]byte(text), strictxml.Limits{Length: 100, Depth: 8, Attributes: 8, Bindings: 8})
		for k := r.Next(); k != strictxml.End; k = r.Next() {
			switch k {
			case strictxml.Start:
				fmt.Printf("%s %s at %d\n", r.URI, r.Local, r.Offset)
			case strictxml.Text:
				fmt.Printf("%q at %d\n", r.Text, r.Offset)
			}
		}
		if f, failed := r.Failure(); failed {
			fmt.Println(f.Detail, "at", f.Offset)
		}
	}
	// Output:
	// urn:x a at 0
	// "text" at 17
	//  a at 0
	// has a second root element at 4
}

package corpus_test

import (
	"fmt"

	"github.com/hostedcache/pchc/corpus"
)

func ExampleVectors() {
	vectors, err := corpus.Vectors()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range vectors {
		if v.ID == "response.size5" {
			fmt.Printf("%s %x valid=%v\n", v.Kind, v.Bytes, v.Valid)
			fmt.Printf("%s at offset %d; compare %s\n", v.Rule, v.Offset, v.Neighbour)
		}
	}
	// Output:
	// response 0000000500 valid=false
	// PCHC-2.2.2.1-Size at offset 0; compare response.ok
}

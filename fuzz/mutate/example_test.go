package mutate_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
)

func Example() {
	choices := rand.New(rand.NewPCG(1, 2))
	m := generate.Simplest("BATCHED_OFFER_MESSAGE")
	other := generate.Valid(choices, m.Kind)

	invalid := 0
	var b []byte // room for all of them
	for range 1000 {
		b = mutate.Append(b[:0], choices, m, other)
		mutated := fuzz.Message{Kind: m.Kind, Bytes: b}
		if !mutated.Dissect().Valid() {
			invalid++
		}
	}
	fmt.Println("most are invalid:", invalid > 500)
	fmt.Println("not all are:", invalid < 1000)
	// Output:
	// most are invalid: true
	// not all are: true
}

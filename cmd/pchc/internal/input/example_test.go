package input_test

import (
	"fmt"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
)

func Example() {
	for _, text := range []string{
		"00000000: 0000 0001 00                             .....",
		`"\x00\x00\x00\x01\x00"`,
		"AAAAAQA=",
		"0000000100\n0000000101",
		"00 00 00 01 0O",
	} {
		messages, err := input.Parse([]byte(text), input.Options{})
		if err != nil {
			fmt.Println(err)
		}
		for _, m := range messages {
			fmt.Printf("line %d: % x\n", m.Line, m.Bytes)
		}
	}
	// Output:
	// line 1: 00 00 00 01 00
	// line 1: 00 00 00 01 00
	// line 1: 00 00 00 01 00
	// line 1: 00 00 00 01 00
	// line 2: 00 00 00 01 01
	// line 1, column 14: 'O' is not a hex digit
}

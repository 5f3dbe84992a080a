package main

import "fmt"

// The last count is that of the whole run.
func Example() {
	n, err := executions("fuzz: elapsed: 3s, execs: 108072 (36019/sec)\nfuzz: elapsed: 4s, execs: 120001 (0/sec)\n")
	fmt.Println(int(n), err)
	// Output: 120001 <nil>
}

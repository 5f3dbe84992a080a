package seeds_test

import (
	"fmt"
	"log"
	"os"

	"github.com/hostedcache/pchc/fuzz/seeds"
)

// Seeds of go test become seeds of libFuzzer.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	found := seeds.AppendGoTest(nil, []byte{0, 0, 0, 1, 1})
	if err := os.WriteFile(dir+"/found", found, 0o666); err != nil {
		log.Fatal(err)
	}

	target, err := seeds.ParseTarget("my_parser:response")
	if err != nil {
		log.Fatal(err)
	}
	r := seeds.Reader{Target: &target}
	if err := r.Read(dir + "/found"); err != nil {
		log.Fatal(err)
	}
	written, err := seeds.Write(dir+"/corpus", seeds.LibFuzzer, []seeds.Target{target}, r.Seeds())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(written)
	b, _ := os.ReadFile(dir + "/corpus/my_parser/" + seeds.Hash([]byte{0, 0, 0, 1, 1}))
	fmt.Printf("%x\n", b)
	// Output:
	// [{my_parser 1}]
	// 0000000101
}

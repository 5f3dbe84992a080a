// Package engine holds the fuzz targets, for every engine the same:
//
//	FuzzDifferentialRequest     requests, oracle.CheckRequest
//	FuzzDifferentialResponse    a byte that says what is answered, and a response, oracle.CheckAnswer
//	FuzzDifferentialContentV1   Content Information 1.0, oracle.CheckContentV1
//	FuzzDifferentialContentV2   Content Information 2.0, oracle.CheckContentV2
//
// Its functions are for go-fuzz, and through it for libFuzzer and whatever is
// built like it; its tests have targets of the same names for go test. What
// each engine found stays in testdata, where go test tries it again.
//
// With the build tag gofuzz_libfuzzer, which go-fuzz-build -libfuzzer sets, the
// mutations of package mutate are linked in as the custom mutator.
//
// Command run builds and runs the engines: see make fuzz, make fuzz-libfuzzer
// and make fuzz-gofuzz. Test binaries here hold little besides what is
// fuzzed, since engines look at every branch of the program after each input.
package engine

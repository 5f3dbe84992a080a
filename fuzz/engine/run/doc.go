// Run builds the fuzz targets of this module for one engine and runs them one
// after the other, each for a number of executions or a time:
//
//	go run ./fuzz/engine/run -engine libfuzzer -execs 1000000
//	go run ./fuzz/engine/run -engine gofuzz -time 10m -target Content
//
// The engines are native (go test, all targets of the module), libfuzzer (needs
// clang) and gofuzz. Runs start from the vectors of package corpus and from the
// corpora of earlier runs below -work. The exit status is 1 if a target failed; the
// output says how to replay the input.
package main

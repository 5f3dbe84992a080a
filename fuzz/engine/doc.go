// Package engine holds the same fuzz targets for every engine:
//
//	FuzzDifferentialRequest             a request, oracle.CheckRequest
//	FuzzDifferentialResponse            the Type of a request in one byte, then the response, oracle.CheckAnswer
//	FuzzDifferentialContentV1           Content Information 1.0, oracle.CheckContentV1
//	FuzzDifferentialContentV2           Content Information 2.0, oracle.CheckContentV2
//	FuzzDifferentialHashRequest         a SRV_READ_HASH request, oracle.CheckHashRequest
//	FuzzDifferentialHashResponse        a SRV_READ_HASH response, oracle.CheckHashResponses
//	FuzzDifferentialRetrievalRequest    a request of MS-PCCRR, oracle.CheckRetrievalRequest
//	FuzzDifferentialRetrievalResponse   a response of MS-PCCRR, oracle.CheckRetrievalResponse
//	FuzzDifferentialDiscovery           a message of MS-PCCRD, oracle.CheckDiscovery
//
// The functions are the targets of go-fuzz and, through go-fuzz-build, of
// libFuzzer and compatible engines. The tests have targets of the same names for
// go test. Inputs that failed once stay in testdata, where go test replays them.
//
// With the build tag gofuzz_libfuzzer, which go-fuzz-build -libfuzzer sets,
// package mutate is linked in as custom mutator and crossover.
//
// Command run builds and runs the engines (make fuzz, make fuzz-libfuzzer, make
// fuzz-gofuzz), and tries generated messages without any (make fuzz-generated). The test binary imports little besides the code under test, since
// engines inspect every branch of the program after each input.
package engine

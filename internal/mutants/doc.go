// Command mutants is a decoder, a hosted cache, a retrieval server and a client with seeded
// faults, which tests of the fuzzing toolkit must find.
//
//	mutants -decoder NAME                    read lines such as "request HEX", answer each with a line of JSON
//	mutants -cache NAME -listen ADDRESS      run a hosted cache or a retrieval server, and print its URL
//	mutants -client NAME -https URL -url URL run a client of a hosted cache: its URLs for version 1.0 and 2.0
//	mutants -list                            list all faults: decoder, cache or client, name, description, ids that a finding may have
//
// The name "none" selects no fault. The other faults are typical mistakes of
// implementers. Columns of the list are separated by tabs, ids of requirements by
// commas.
//
// The decoder is another independent reading of the specification: it shares
// nothing with packages codec, pccrc and spec. It reports what most decoders would:
// the first violation of a malformed message, and the sender rule that Port is not
// 0.
package main

// Command mutants is a decoder and a hosted cache with seeded faults, by which the
// fuzzing toolkit proves that it finds them. Only tests run it.
//
//	mutants -decoder NAME                    reads "request|response|content HEX" lines, answers each with a line of JSON
//	mutants -cache NAME -listen ADDRESS      is a hosted cache, and prints its URL
//	mutants -list                            prints all faults: decoder or cache, name, what it is, names that a finding may have
//
// Both have the fault "none", which is none. Each of the others is one that
// implementers really make. A line of the list has four columns with tabs between
// them, the last one the ids of requirements with commas between them.
//
// The decoder is a reading of the specification of its own. It shares nothing
// with packages codec, pccrc and spec, so that its agreement with them means
// something. It reports what most decoders would: of a malformed message the
// first violation, of the sender rules only that Port is not 0.
package main

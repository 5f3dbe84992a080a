// Command planted is a decoder and a hosted cache with faults, by which the
// fuzzing toolkit proves that it finds them. It is only ever run by tests.
//
//	planted -bug NAME                        reads "request|response|content HEX" lines, answers each with a line of JSON
//	planted -cache NAME -listen ADDRESS      is a hosted cache, and prints its URL
//	planted -list                            prints all faults: decoder or cache, name, what it is, names that a finding may have
//
// The fault "none" is there in both: no fault at all. Each of the others is one
// that implementers really make. A line of the list has four columns with tabs
// between them, the last one the ids of requirements with commas between them.
//
// The decoder is a reading of the specification of its own. It shares nothing
// with packages codec, pccrc and spec, so that it says something where it agrees
// with them. It says only what most decoders would: of a malformed message just
// the first violation, of the sender rules just that Port is not 0.
package main

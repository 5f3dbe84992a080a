// Package fuzz defines what the packages below it share: a [Message], a byte
// string with the kind of message to decode it as, and a [Difference], what an
// implementation does wrong with it.
//
//	oracle      compares this module's codec with package spec
//	generate    makes valid and nearly valid messages
//	mutate      changes messages
//	coverage    counts what of the specification messages cover
//	seeds       reads and writes sets of messages in the formats of fuzzers
//	target      runs implementations: in process, as a child process, over HTTP
//	campaign    fuzzes targets and reduces what it finds
//	report      presents findings
//	engine      runs the oracles under go test, libFuzzer and go-fuzz
//
// README.md explains how a campaign uses them.
package fuzz

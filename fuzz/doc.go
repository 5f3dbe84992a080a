// Package fuzz defines the types that the packages below it share: a [Message], a
// byte string with the kind of message to decode it as, and a [Difference], a
// failure of an implementation.
//
//	oracle      compares this module's codec with package spec
//	generate    makes valid and nearly valid messages
//	mutate      changes messages
//	coverage    measures coverage of the specification
//	seeds       reads and writes sets of messages in the formats of fuzzers
//	serve       is a hosted cache that tests its clients
//	target      runs implementations: in process, as a child process, over HTTP
//	campaign    fuzzes targets, and reduces findings
//	report      presents findings
//	model       conversations with a hosted cache, judged by the machines of package spec
//	matrix      compares several implementations by features of the specification
//	engine      runs the oracles under go test, libFuzzer and go-fuzz
//
// README.md explains how a campaign uses them.
package fuzz

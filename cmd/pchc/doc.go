// Command pchc decodes, encodes and captures messages of the BranchCache hosted
// cache protocol (MS-PCHC) and the Content Information of MS-PCCRC.
//
//	pchc pcap    list the messages in packet captures
//	pchc check   report what in packet captures breaks the specification
//	pchc decode  explain messages given as hex, a hex dump, base64, raw bytes, ...
//	pchc encode  make messages of JSON as decode --json writes it
//	pchc fuzz    find what a decoder or a hosted cache does wrong
//	pchc corpus  turn messages into seeds for any fuzzer, and back
//	pchc spec    write layouts, requirements, definitions for Wireshark and Kaitai Struct
//	pchc help    tell more about any of them
//
// tutorial.md shows them at work.
//
// # Exit status
//
//	0  fine
//	1  something was malformed, broke a rule or went wrong, or a capture lost or hides something
//	2  the command line is wrong
//	3  reading or writing failed
//
// # Where things are
//
// main.go has the command line, output.go what all commands need to write,
// captures.go what those need that read captures, and decode.go, encode.go,
// pcap.go, check.go, fuzz.go, corpus.go and spec.go a command each. The work is done in packages:
// internal/input finds messages in what people paste, internal/capture in packet
// captures, internal/check holds those against the specification,
// internal/render shows them, internal/fields reads JSON back, and internal/report
// tells what fuzzing found. What fuzzing is made of is in package fuzz and below.
package main

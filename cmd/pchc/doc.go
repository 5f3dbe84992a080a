// Command pchc decodes, encodes, checks and fuzzes the BranchCache hosted cache
// protocol (MS-PCHC) and the Content Information of MS-PCCRC.
//
//	pchc pcap     list the messages in packet captures
//	pchc check    check packet captures for protocol violations
//	pchc decode   explain messages given as hex, a hex dump, base64, raw bytes, ...
//	pchc encode   encode messages from JSON
//	pchc content  make Content Information, show it, verify files against it
//	pchc fuzz     find bugs in a decoder or a hosted cache
//	pchc corpus   list, convert and minimise test messages
//	pchc spec     print layouts, requirements, and dissectors for other tools
//
// tutorial.md shows each of them.
//
// # Exit status
//
//	0  success
//	1  violations found, a file damaged, or capture incomplete or unreadable
//	2  usage error
//	3  input or output failed, or a target could not be tested
//
// # Where things are
//
// app.go runs a command line and has the code that all commands share, root.go the
// root command, output.go the output and its flags, captures.go and live.go the
// input of commands that read captures. Every command has a file of its name. They
// only handle arguments, files and the terminal; internal/capture,
// internal/conformance, internal/message, pccrc, the packages below fuzz, and
// cmd/pchc/internal/input, which finds messages in pasted text, do the work.
package main

// Package wsusss reads the messages of MS-WSUSSS, by which a downstream update server
// (DSS) synchronises with an upstream one (USS), and checks the order of the calls of
// a DSS (MS-WSUSSS 3.2.4).
//
//	decode.go        faults, requests, responses
//	profile.go       namespaces, operations, ErrorCodes, the names of rules
//	version.go       versions of the protocol, compared as two integers
//	anchor.go        anchors as Windows writes them
//	reaction.go      what a DSS does after a fault: React
//	machine.go       the order of calls: Machine
//	requirements.go  the statements of MS-WSUSSS 3.2.4, and what checks each
//
// The types of messages are those of package soapfault, which wusp shares.
//
// # Decoding
//
// [DecodeFault], [DecodeRequest] and [DecodeResponse] read a whole SOAP envelope
// strictly and are safe to use on untrusted input. The error is an *[Error] of the
// first violation. In SOAP 1.2 a fault has a Detail without namespace beside that of
// SOAP. A fault without an ErrorCode is well formed; after it a DSS stops.
//
// # After a fault
//
// [React] says what a DSS does (MS-WSUSSS 2.2.9.3). It is a pure function of the
// ErrorCode.
//
// # The order of calls
//
// A [Machine] takes the calls of one DSS, one by one, and collects the requirements
// that they break. It has no clock and no network. How the servers are configured is
// its [Context].
package wsusss

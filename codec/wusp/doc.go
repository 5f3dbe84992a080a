// Package wusp reads the messages of MS-WUSP, by which Windows Update clients talk to
// an update server, and checks the order of a client's calls (MS-WUSP 3.2.5).
//
//	decode.go        faults, requests, responses
//	profile.go       namespaces, operations, ErrorCodes, the names of rules
//	reaction.go      what a client does after a fault: React
//	machine.go       the order of calls: Machine
//	requirements.go  the statements of MS-WUSP 3.2.5, and what checks each
//
// The types of messages are those of package soapfault, which wsusss shares.
//
// # Decoding
//
// [DecodeFault], [DecodeRequest] and [DecodeResponse] read a whole SOAP envelope
// strictly and are safe to use on untrusted input. The error is an *[Error] of the
// first violation. A well-formed fault without application data needs no recovery.
//
// # After a fault
//
// [React] says which calls come next (MS-WUSP 2.2.2.4). It is a pure function of the
// ErrorCode.
//
// # The order of calls
//
// A [Machine] takes the calls of one client, one by one, and collects the requirements
// that they break. It has no clock and no network. What the client had before the
// first call is its [Context].
package wusp

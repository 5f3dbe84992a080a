// Package soapfault reads the SOAP messages of the update services: what MS-WUSP
// (package wusp) and MS-WSUSSS (package wsusss) have in common. Both wrap an
// operation in a SOAP 1.1 or 1.2 envelope, hand out cookies, and say in a fault which
// calls a caller has to make next.
//
//	decode.go    the envelope, the call or fault in it
//	fault.go     faults: ErrorCode, Message, ID, Method
//	call.go      requests and responses: operation, namespace, fields
//	cookie.go    cookies and authorization cookies
//	datetime.go  dateTimes as they were written
//	profile.go   what differs between the protocols
//	reaction.go  what a caller does after a fault
//	rule.go      requirements, and breaks of them in an order of calls
//
// A [Profile] says what differs; wusp and wsusss each have one, so that most callers
// need only those packages.
//
// # Strictness
//
// XML is read by tokens: one root element, no document type, no processing
// instruction, bounded depth and size. Names are compared by namespace and local
// name, never by prefix. What is decoded has no bytes of the input. Memory is
// proportional to the input. All functions are safe to use on untrusted input.
//
// The children of a fault's detail have no namespace. A fault without them, such as
// one of WCF, is well formed, and has no application data: Fault.Application is nil.
//
// # Errors
//
// The error is an *[Error] of the first violation, with the rule, the byte offset and
// what was found, but never the data of a cookie. What is well formed and yet worth
// knowing is a [Note].
package soapfault

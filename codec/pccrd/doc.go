// Package pccrd reads and writes the messages of MS-PCCRD, the discovery protocol
// of BranchCache: a client asks its subnet which peers have segments, by a Probe of
// WS-Discovery, SOAP over UDP; those that have some answer by a ProbeMatches with
// the address where they serve MS-PCCRR.
//
// # Decoding
//
// [Decode] decodes either message. [DecodeProbe] and [DecodeProbeMatches] want a
// certain one. All read XML strictly: one root, no document type, namespaces by
// their URI and not by a prefix, elements where they belong and once. How deep and
// how large a message may be is bounded. They are safe to use on untrusted input.
// Other devices use WS-Discovery, too: a message of theirs is an error of
// [RuleEnvelope] or [RuleTypes].
//
// Version 1.0 is for Content Information 1.0, version 2.0 for 2.0; iPXE uses version
// 1.0 for both. Matching is case-sensitive by the text, and no text of Microsoft says
// which case hexadecimal digits have: this package writes upper case, as iPXE does,
// and compares bytes.
//
// # Encoding
//
// Messages are made by [NewProbe] and [NewProbeMatches] and encoded with
// AppendBinary, which refuses a value that violates a format or sender rule.
// AppendLenient leaves the sender rules out. What is decoded and encoded again has
// the same values, but other white space and other prefixes. The prefixes are those
// that iPXE looks for: soap, wsa, wsd and PeerDist.
//
// # Ownership
//
// Decoded messages have no bytes of what was decoded. New functions and Add alias
// the HoHoDks that they are given.
//
// # Errors
//
// The error is an *[Error] of the first violation. A malformed message is dropped
// silently (MS-PCCRD 3.1.6, 3.2.4.1).
package pccrd

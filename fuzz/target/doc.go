// Package target defines what can be fuzzed: a [Target] is an implementation of
// MS-PCHC or MS-PCCRC, a [Session] a conversation with one, a [Case] a message
// with its dissection by package spec.
//
// [InProcess] makes a target of a function of this process. Package exec makes
// one of a program that decodes, package http one of a hosted cache. [Judge]
// judges a decoder's answer to a message; all targets that run decoders use it.
package target

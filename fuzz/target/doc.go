// Package target defines the targets of fuzzing: a [Target] is an implementation
// of MS-PCHC or MS-PCCRC, a [Session] a conversation with one, a [Case] a message
// with its dissection by package spec.
//
// [InProcess] makes a target from a Go function, package exec from a program that
// decodes, package http from a hosted cache. [Judge] compares a decoder's answer to
// a message with the specification; all targets that run decoders use it.
package target

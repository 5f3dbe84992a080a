// Package fuzz attacks the codec and holds it against the specification.
//
// The functions whose names begin with Check are the oracles: each takes any
// bytes as one kind of message and returns an error where packages codec and
// pccrc on one side and package spec on the other disagree. They are two
// readings of the same documents that share no code, so that a mistake in one
// shows. An oracle demands, for every byte string:
//
//  1. The codec accepts it if and only if spec finds no breach of a format rule.
//  2. Where it is accepted, every field has the same name, place and value in
//     both, the first sender rule that is breached is the same, and encoding
//     gives back the same bytes.
//  3. Where it is rejected, rule, field and offset are those of the first
//     breach that spec finds.
//  4. Decoding takes no more time and memory than its length backs, whatever
//     counts it claims.
//
// What an oracle returns is a [*Difference]. Any engine can call one: package
// engine has them as fuzz targets of several, and package campaign tries
// them as one target among others.
//
// A [Message] is a byte string and what it is to be taken for, a [Difference]
// what an implementation, this one or another, does wrong with it. README.md
// says what the packages below this one are for.
package fuzz

// Package oracle compares the codec with the specification.
//
// Packages codec, those below it, and pccrc on one side and package spec on the other are two
// independent readings of the same documents, so a mistake in one of them shows
// as a difference. Each Check function takes any bytes as one kind of message and
// returns an error if the two disagree. For every byte string:
//
//  1. The codec accepts it if and only if spec finds no violation of a format rule.
//  2. Where it is accepted, every field has the same name, place and value in
//     both, the first violated sender rule is the same, and encoding gives back
//     the same bytes.
//  3. Where it is rejected, rule, field, offset and value are those of the first
//     violation that spec finds, and both agree on whether a Windows server
//     answers OK nevertheless.
//  4. Decoding takes no more time and memory than the length of the bytes
//     justifies, whatever counts they claim.
//
// The error is a [*fuzz.Difference]. Any fuzzing engine can call an oracle:
// package engine makes fuzz targets of them, and package target lets a campaign
// run them like any other implementation.
//
// [CheckMemory] and [CheckTime] measure any decoder, and are not misled by a busy
// machine.
package oracle

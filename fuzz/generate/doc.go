// Package generate makes messages of MS-PCHC and Content Information of
// MS-PCCRC to try an implementation with: raw bytes, from a source of
// [Choices]. It needs no framework; a *rand.Rand of math/rand/v2 is such a
// source.
//
//   - [Valid] messages break no rule, and cover all that the specification
//     allows: every type, algorithm and version, 1 to 128 descriptors, 1 to 512
//     blocks, several segments and chunks, content ranges, paddings.
//   - [Broken] messages are nearly valid: they break exactly one named rule of
//     [Rules], at one place.
//   - [Systematic] is a sweep that makes no choices: every rule, count, length,
//     boundary value and truncation, one at a time.
//
// What these are made of is an encoder that can lie: [InitialOffer],
// [SegmentInfo], [BatchedOffer], [Response], [ContentV1] and [ContentV2] write
// whatever counts, lengths and paddings they are given.
//
// Kinds are those of package spec, and messages are named as there. Content
// Information holds keys (SegmentSecret) that are as made up as the rest.
package generate

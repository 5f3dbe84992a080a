// Package generate makes test messages of MS-PCHC and Content Information of
// MS-PCCRC: raw bytes, from a source of [Choices]. It needs no framework; a
// *rand.Rand of math/rand/v2 is such a source.
//
//   - [Valid] messages violate no rule and cover everything that the
//     specification allows: every type, algorithm and version, 1 to 128
//     descriptors, 1 to 512 blocks, several segments and chunks, content ranges,
//     paddings.
//   - [Broken] messages are nearly valid: they violate one named rule of [Rules],
//     at one place.
//   - [Systematic] is a sweep without choices: every rule, count, length, boundary
//     value and truncation, one at a time.
//
// All of them come from an encoder that can lie: [InitialOffer], [SegmentInfo],
// [BatchedOffer], [Response], [ContentV1] and [ContentV2] write the counts,
// lengths and paddings that they are given.
//
// Kinds and names of messages are those of package spec. The keys (SegmentSecret)
// in Content Information are made up, like everything else.
package generate

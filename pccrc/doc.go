// Package pccrc reads and writes Content Information, the structure of MS-PCCRC that
// lists the segments of a content, with the hashes that verify them and the keys that
// decrypt them, for a BranchCache client. It supports version 1.0 (MS-PCCRC 2.3) and
// version 2.0 (MS-PCCRC 2.4), derives the keys and identifiers of MS-PCCRC 2.2 and
// 2.5, makes Content Information, and verifies contents.
//
// [DecodeV1] and [DecodeV2] check every format rule in one pass over headers
// and counts. They never look at hashes, and allocate nothing unless they
// reject the bytes. What they return reads its segments and blocks in place.
// AppendBinary writes the same bytes back. [CheckV1] and [CheckV2] only check,
// and never allocate. [Sniff] tells the versions apart by the first two bytes,
// and [Decode] takes either, as a [ContentInformation].
//
// Both versions have the same methods: Len, At and All for the segments as they
// are on the wire ([SegmentDescriptionV1], [SegmentDescriptionV2]), Segments for
// what they say of the content ([Segment]), AppendHoHoDk for the identifier of a
// segment, Range for the content range. [NewV1] and Append with
// [SegmentFieldsV1] make a value of version 1.0, AppendChunk with
// [SegmentFieldsV2] one of version 2.0.
//
// A [Reader] reads Content Information of either version from an io.ReaderAt, such as
// a file, without having it in memory.
//
// # Making and verifying
//
// A [Maker] makes Content Information of either version for a content, or for a
// range of it, from an io.Reader, or in parallel from a reader with ReadAt and Size. A
// [Verifier] verifies a content, or a part of it, against Content Information and
// reports the blocks that differ; [NewVerifyingReader] returns only verified bytes. Both
// take decoded Content Information or a [Reader]. Maker and Verifier hash on all cores, in memory that does not depend on the size of
// the content. So that the result does not either, a Maker's SpoolV1 and SpoolV2 keep
// it elsewhere, and EachV1 and EachV2 hand on one segment at a time.
//
// [HashAlgorithm.ServerSecret] makes the server secret (Ks) that a Maker needs, from
// a key that [ReadKeyFile] reads from a file that a Windows server exported. A
// [Deriver] derives keys and identifiers of many segments without allocating.
//
// # Ownership
//
// Decoded values, and every slice and pointer that they hand out, alias the
// bytes that were decoded. They are valid until those bytes change; after a
// change of counts, methods may panic, as slices do when they are misused.
// Clone makes a copy to keep, and UnmarshalBinary decodes one. Nothing in this
// package writes to bytes that it was given to decode.
//
// # Errors
//
// Decoders and encoders report the first violation as an [*Error]: rule, path of
// the field, byte offset, value. The rule is a constant that errors.Is finds.
// There are two classes. A format rule says what Content Information is;
// decoders reject what violates one. A sender rule binds the sender;
// decoders accept a violation, CheckSenderRules and AppendBinary report it, and
// AppendLenient encodes it all the same.
//
// # Secrets
//
// SegmentSecret (Kp) and the server secret (Ks) are keys, of type [Secret]. No
// error holds one, and every type of this package that does shows it as
// "redacted" in fmt, log/slog, encoding/json and encoding/xml. fmt calls no
// methods on a value in an unexported field of another struct, or for the verbs
// %p and %w that do not fit it, and then shows the bytes. Bytes, AppendBinary
// and AppendLenient return keys.
package pccrc

// Package pccrc reads and writes Content Information, the structure of
// MS-PCCRC that tells a BranchCache client which segments a content has, by
// which hashes to verify them and with which keys to read them. It knows
// version 1.0 (MS-PCCRC 2.3) and version 2.0 (MS-PCCRC 2.4), and derives the
// keys and identifiers of MS-PCCRC 2.2 and 2.5.
//
// [DecodeV1] and [DecodeV2] check every format rule in one pass over headers
// and counts. They never look at hashes, and allocate nothing unless they
// refuse the bytes. What they return reads its segments and blocks in place.
// [ContentInformationV1.AppendBinary] and [ContentInformationV2.AppendBinary]
// write the same bytes back. The first two bytes tell the versions apart:
// 00 01 is version 1.0, 00 02 is version 2.0.
//
// # Ownership
//
// Decoded values, and every slice and pointer that they hand out, alias the
// bytes that were decoded. They are valid until those bytes change; after a
// change of counts, methods may panic, as slices do when they are misused.
// Nothing in this package writes to bytes that it was given to decode.
//
// # Errors
//
// Decoders and encoders report the first violation as an [*Error]: rule, path of
// the field, byte offset, value. The rule is a constant that errors.Is finds.
// There are two classes. A format rule says what Content Information is;
// decoders refuse what violates one. A sender rule binds whoever writes;
// decoders accept a violation, CheckSenderRules and AppendBinary report it, and
// AppendLenient encodes it all the same.
//
// # Secrets
//
// SegmentSecret (Kp) and the server secret (Ks) are keys. No error holds one.
package pccrc

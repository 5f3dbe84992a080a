// Package codec reads and writes the messages of MS-PCHC, the hosted cache
// protocol of BranchCache: what clients POST to a hosted cache (MS-PCHC 2.2.1)
// and its answers of 5 bytes (MS-PCHC 2.2.2). All integers are big-endian.
//
// # Decoding
//
// A server decodes in two stages, since it must act on the envelope even where
// the body is malformed: [DecodeRequestMessage] decodes header and connection
// information, then DecodeInitialOffer, DecodeSegmentInfo or
// DecodeBatchedOffer, as MessageHeader.Type says, or DecodeBody decodes the
// body. [DecodeInitialOfferMessage], [DecodeSegmentInfoMessage] and
// [DecodeBatchedOfferMessage] do both at once, where the type is known. Answers
// have [DecodeResponseMessage] and [AppendResponseMessage].
//
// Decoders are strict: they check every format rule of the specification in one
// pass. They are safe to use on untrusted input, and allocate nothing
// unless they reject the bytes, then one *[Error]. [CheckRequest] and
// [CheckResponse] only check, and never allocate; [Sniff] looks at the first
// four bytes.
//
// # Encoding
//
// Messages are made as values, or with the New functions, and encoded with
// AppendBinary, which refuses a value that violates a format or sender rule.
// AppendLenient leaves the sender rules out, so that any decoded message
// encodes to the same bytes again, padding included. There is no way to encode
// a message that decoders reject.
//
// Offers come straight from Content Information:
// [SegmentDescriptors.AppendSegments] and [SplitDescriptors] for version 2.0,
// AppendHoHoDk and SegmentInformations of [pccrc.ContentInformationV1] for
// [NewInitialOfferMessage] and [NewSegmentInfoMessage] in version 1.0.
//
// # Ownership
//
// Decoded messages alias the bytes that were decoded: Hash, MessageBody,
// SegmentInformation, SegmentDescriptors, and the pointers that it hands out,
// are valid until those bytes change. Clone makes a copy to keep, and
// UnmarshalBinary decodes one. Nothing in this package writes to bytes that it
// was given to decode, and appending to what it hands out copies.
//
// # Errors
//
// The error is an *[Error] of the first violation: rule, path of the field, byte
// offset from the start of the message, value. errors.Is finds the rule;
// [WindowsAnswersOK] tells which malformed requests a Windows server answers
// all the same.
//
// # Secrets
//
// A SEGMENT_INFO_MESSAGE holds SegmentSecret, a key. fmt, log/slog,
// encoding/json and encoding/xml show it as "redacted" in every type of this
// package. The bytes of a message hold it, so MessageBody, taken by itself, and
// what AppendBinary returns do, too. fmt calls no methods on a value in an
// unexported field, or for the verbs %p and %w that do not fit it.
//
// # Serving
//
// Clients POST to [PathV1] and [PathV2]; [MajorVersionOfPath] compares them as
// servers do. The MajorVersion of a message must be that of its path. To drop a
// request is to answer it without a message: with an HTTP error such as status
// 400, or by closing the connection (MS-PCHC 3.1.5.4). Package hostedcache does
// all that.
//
// # Limits
//
// [MaxDescriptors], [MaxBatchedOfferLen] and [MaxRequestLen] bound what a
// server needs to read; [PathV1], [PathV2], [PortV1] and [PortV2] say where.
package codec

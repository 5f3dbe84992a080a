// Package pccrr reads and writes the messages of MS-PCCRR, the retrieval protocol
// of BranchCache: what a client POSTs to a peer or a hosted cache to get blocks
// (MS-PCCRR 2.2.4), and the answers (MS-PCCRR 2.2.5). It decrypts and verifies
// the blocks in them. A hosted cache is a client of this protocol, too: it fetches
// what MS-PCHC offered it. All integers are big-endian.
//
// # Decoding
//
// [DecodeRequestMessage] decodes the header of a request, [DecodeResponseMessage]
// those of an answer; then DecodeGetBlks and the like, as MessageHeader.MsgType
// says, or DecodeBody, whatever it is, decode the body. [DecodeMsgGetBlks] and
// the other functions for one type do both at once.
//
// Decoders are strict: they check every format rule of the specification in one
// pass. They are safe to use on untrusted input, and allocate nothing unless they
// reject the bytes, then one *[Error]. How long they take does not depend on the
// size of a block. [CheckRequest] and [CheckResponse] only check, and never
// allocate.
//
// Some programs do not look at Size and MsgSize. A message in which they are
// wrong is rejected, but the envelope comes with the error, and its methods
// decode the body.
//
// A wrong ExtensibleBlob is no reason to reject its message: it stays bytes until
// [DecodeExtensibleBlob] decodes it.
//
// # Encoding
//
// Messages are made as values, or with the New functions, and encoded with
// AppendBinary, which refuses a value that violates a format or sender rule, and
// computes sizes, counts and padding. AppendLenient leaves the sender rules out,
// so that any decoded message encodes to the same bytes again, padding included.
// There is no way to encode a message that decoders reject.
//
// # Blocks
//
// [MsgBlk.AppendPlain] decrypts the block of a MSG_BLK, [MsgBlk.AppendVerified]
// also compares it with its hash in Content Information, as [InfoOf] finds it;
// both append to the caller's buffer. [MsgBlk.Encrypt] is for servers. The key is
// the head of the segment secret. MS-PCCRR does not say so; iPXE does it in the
// field. Microsoft's test suite encrypts with the whole secret, 32 bytes and
// so AES-256, whatever it writes in CryptoAlgoId: set that field of the decoded
// message to CryptoAES256 to read such a block.
//
// # Ownership
//
// Decoded messages alias the bytes that were decoded, and are valid until those
// change. Clone makes a copy to keep, and UnmarshalBinary decodes one. Nothing in
// this package writes to bytes that it was given to decode, and appending to what
// it hands out copies.
//
// # Errors
//
// The error is an *[Error] of the first violation: rule, path of the field, byte
// offset from the start of the HTTP body, value. errors.Is finds the rule. A
// server answers a request of a version that it does not have with a
// MSG_NEGO_RESP, see [VersionRange], and drops a malformed one without a message,
// for instance with HTTP status 400 (MS-PCCRR 3.2.5.5).
//
// # Secrets
//
// Messages hold no key. [BlockInfo] does, which shows it as "redacted".
package pccrr

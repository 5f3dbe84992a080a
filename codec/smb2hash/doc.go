// Package smb2hash encodes and decodes how file servers hand out Content
// Information over SMB2 (MS-SMB2): the buffers of FSCTL_SRV_READ_HASH, and the
// HASH_HEADER before the Content Information. All integers are little-endian.
//
//	type                structure                                  section
//	ReadHashRequest     SRV_READ_HASH request, 24 bytes            MS-SMB2 2.2.31.2
//	ReadHashResponse    SRV_HASH_RETRIEVE_HASH_BASED, _FILE_BASED  MS-SMB2 2.2.32.4.2, .3
//	HashHeader          HASH_HEADER                                MS-SMB2 2.2.32.4.1
//
// The buffers are those of the SMB2 IOCTL request and response, without its
// headers.
//
// # Two forms of a response
//
// A response does not say which form it has: the HashRetrievalType of the request
// does. Where the request is not known, [Sniff] judges by the lengths.
//
//	        0        8              16             20         24
//	hash    | Offset | BufferLength,| Buffer ...
//	        |        | Reserved     |
//	file    | FileDataOffset        | BufferLength | Reserved | Buffer ...
//	        |        | FileDataLength
//
// A Buffer begins with a HASH_HEADER where it is the beginning of the Content
// Information File: in the hash based form where Offset is 0, in the file based
// form where the Offset of the request is 0. The latter is judged by the bytes,
// see [Buffer]. A server may send a long file in several responses of the hash based
// form. Their Buffers must be joined in the order of Offset; each alone has
// a part of the Content Information, see [Buffer.Partial].
//
// # Decoding, encoding, errors
//
// Decoders return views of their input and allocate nothing, or one [Error] for the
// first format rule that is violated. Encoders append to a slice and write nothing
// on an error. CheckSenderRules reports what a receiver accepts but nobody should
// write. Content Information holds keys: nothing here prints it.
package smb2hash

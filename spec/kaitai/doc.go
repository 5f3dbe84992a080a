// Package kaitai generates Kaitai Struct definitions from the tables of package
// spec. The Kaitai Struct compiler turns them into parsers in about fifteen
// languages.
//
//   - ms_pchc_request.ksy, ms_pchc_response.ksy: the hosted cache protocol.
//   - ms_pccrr_request.ksy, ms_pccrr_response.ksy: the retrieval protocol.
//   - ms_pccrc_v1.ksy, ms_pccrc_v2.ksy: Content Information.
//   - ms_smb2_read_hash_request.ksy, ms_smb2_hash_based_response.ksy and
//     ms_smb2_file_based_response.ksy: the buffers of FSCTL_SRV_READ_HASH. The request
//     tells which form the response has.
//
// There is none for the discovery protocol, MS-PCCRD: its messages are XML, which
// Kaitai Struct does not describe.
//
// The definitions contain the format rules of single fields and of lengths ("valid"),
// so parsers reject what violates them. They do not contain the others that compare
// fields: a response in a request is a message of unknown type. Blocks are not
// decrypted, and an extensible blob (MS-PCCRR 2.2.6) stays bytes, as a receiver ignores
// one that is wrong. Tests compile the definitions and compare the results of the
// parsers with those of spec. UPDATE=1 go test ./spec/kaitai generates the files again.
package kaitai

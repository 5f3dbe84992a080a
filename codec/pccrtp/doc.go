// Package pccrtp reads, writes and checks the HTTP header fields of PeerDist content
// encoding (MS-PCCRTP): with them a client asks for Content Information in place of
// a content, and a server says that its body is that.
//
//	field             request                    response
//	Accept-Encoding   lists peerdist
//	Content-Encoding                             peerdist, alone
//	X-P2P-PeerDist    Version,                   Version, ContentLength
//	                  MissingDataRequest
//	X-P2P-PeerDistEx  MinContentInformation,     MakeHashRequest
//	                  MaxContentInformation,
//	                  HashRequest
//
// It works on the values of fields, for which net/http is not needed:
//
//	h := pccrtp.RequestHeader{AcceptEncoding: r.Header.Get("Accept-Encoding"), ...}
//	request, err := pccrtp.DecodeRequest(h)
//
// If a field is repeated, join its values with commas (RFC 9110 5.3). The version of
// the encoding, 1.0 or 1.1, is not that of the Content Information, 1.0 or 2.0.
//
// # Errors
//
// A value that violates a format rule cannot be read: decoding returns an *[Error]
// for the first one. CheckSenderRules reports what can be read but should not be
// written. The Offset of an error is a number of bytes in the value of the field at
// fault; the fields come in the order of the table above. Nothing allocates but an
// error, once. Header fields hold no keys.
package pccrtp

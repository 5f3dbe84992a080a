// Package message writes messages for people and for programs, and reads them
// back: one place for the text form and for the JSON form.
//
// A [Printer] writes messages one after the other, from a capture or from
// elsewhere, as trees, lines or JSON. A [Text] writes a single tree, or its rows.
// A [Reader] reads the JSON form, and [Object.Assemble] turns it into bytes.
//
// # Text
//
// A tree has a row for each field: offset (hex), bytes, name and meaning.
// Violations stand below the bytes that they are about. Below the fields of
// Content Information stand values that are computed from it.
//
//	0000                           TransportHeader
//	0000  00 00 00 02                Size           2
//	      ^^ ^^ ^^ ^^                ! is 2, must be 1 (PCHC-2.2.2.1-Size, MS-PCHC 2.2.2.1)
//
// # JSON
//
// One object on a line is one message. Its members, in this order:
//
//	message     name of the message: INITIAL_OFFER_MESSAGE, SEGMENT_INFO_MESSAGE, BATCHED_OFFER_MESSAGE,
//	            RESPONSE_MESSAGE, CONTENT_INFORMATION_V1, CONTENT_INFORMATION_V2, those of MS-PCCRR
//	            (MSG_GETBLKS), MS-PCCRD (Probe) and MS-SMB2 (SRV_READ_HASH_RESPONSE), or UNKNOWN
//	length      bytes in the message
//	valid       false if it violates a rule of format
//	fields      the fields as far as the bytes go, by the names of the specification: integers are numbers,
//	            bytes lower-case hex, lists arrays, structures objects
//	derived     of valid messages with Content Information: what is computed from it,
//	            {"range":{"start","length"},"segments":[{"index","start","length","blockSize","HoHoDk"}]}
//	violations  [{"rule","class","offset","field","detail"}] in byte order; class is "format" or "sender"
//	capture     of a message from a capture: {"file","frame","time","src","dst","stream","direction","method",
//	            "path","status"}, without unknown members; frame is the one that completed the message;
//	            "tls":true after "stream" of one that was decrypted; "http" has the PeerDist header fields
//	            of Content Information
//	input       of an UNKNOWN message that is from no capture: what its bytes were read from, "hex dump"
//	raw         if [Printer.Raw] is set, the whole message in hex
//
// A capture problem is an object, too, and so is a note, which is no problem:
//
//	{"message":"CAPTURE_PROBLEM","valid":false,"detail":"...","capture":{...}}
//	{"message":"CAPTURE_NOTE","valid":true,"detail":"...","capture":{...}}
//
// So is a content, or a part of it, that a client which asked for PeerDist encoding got as it
// is. No specification has a name for it. It has no fields, and length is that of the body;
// derived is there if the bytes of the content are known, and missing if the capture lacks
// some of them:
//
//	{"message":"PLAIN_CONTENT","length":70000,"valid":true,"derived":{"range":{"start":0,"length":70000}},
//	 "missing":1460,"capture":{...,"http":{"request":{...},"response":{...}}}}
//
// A [Reader] uses message and fields only. Counts, sizes, paddings, and the version
// and type of a request may be left out.
//
// # Keys
//
// A SegmentSecret is a key, and in a malformed message other fields may hold bytes
// of one ([spec.Node.Secret]). They are "redacted" in every form, integers too,
// unless [Text.ShowSecrets] is set; only [Printer.Raw] shows them all the same.
package message

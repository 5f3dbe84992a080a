// Package webdavrepl reads and writes the WebDAV replication extension of Exchange
// Server: how a client learns what changed in a collection, and decides what to
// download. It stands alone: nothing else of this module needs it.
//
//	type, function         what
//	SearchRequest          body of a SEARCH: searchrequest with repl, collblob, sql
//	Manifest               body of the 207 that answers it: multistatus with repl and items
//	DecodeResourceTag      header ResourceTag
//	DecodeReplUID          header Repl-UID
//	DecodeIf, AppendIf     header If (RFC 2518 9.4)
//	DecodeMessage          an HTTP message with any of these
//	Decide                 what to do about an item: fetch, skip, delete, or a conflict
//	Checker                the order of a session
//
// Collblobs and tags are opaque texts. [EqualTags] compares tags byte for byte, with or
// without the angle brackets that they have in headers.
//
// # Strictness
//
// XML is read by tokens: one root element, no document type, no processing instruction,
// bounded depth and size. Names are compared by namespace and local name, never by
// prefix. What the documentation itself has in several forms is understood, and named
// as a [Deviation]: the namespace with https, ChangeType and CollBlob in mixed case, a
// request without sql. Elements of other namespaces are skipped.
//
// What is decoded has no bytes of the input, but for the body of a [Message]. Memory is
// proportional to the input. Functions are safe to use on untrusted input.
//
// # Errors
//
// The error is an *[Error] of the first violation, with rule, byte offset and value.
// [Checker] has findings instead, of rules that [Statements] lists.
package webdavrepl

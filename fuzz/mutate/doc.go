// Package mutate mutates messages of MS-PCHC, MS-PCCRR and MS-PCCRD, and Content
// Information of MS-PCCRC.
//
// [Append] knows the structure of messages: it drops, repeats, exchanges and
// resizes descriptors, segments, block lists and chunks, falsifies counts and
// lengths, sets integers to boundary values or reverses their byte order,
// truncates and joins at the borders of structures, and splices in parts of
// another message. In between it changes bits and bytes anywhere, and inserts
// words from the dictionary of package corpus.
//
// In messages of MS-PCCRD it drops, repeats, exchanges, renames and splices elements and
// attributes, and changes texts, so that most stay well-formed XML.
//
// It mutates any bytes, including its own output.
package mutate

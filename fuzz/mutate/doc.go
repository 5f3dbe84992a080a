// Package mutate mutates messages of MS-PCHC and Content Information of MS-PCCRC.
//
// [Append] knows the structure of messages: it drops, repeats, exchanges and
// resizes descriptors, segments, block lists and chunks, falsifies counts and
// lengths, sets integers to boundary values or reverses their byte order,
// truncates and joins at the borders of structures, and splices in parts of
// another message. In between it changes bits and bytes anywhere, and inserts
// words from the dictionary of package corpus.
//
// It mutates any bytes, including its own output.
package mutate

// Package spec is the specification of the BranchCache hosted cache protocol as
// data, and the slow, obvious code that reads it: the messages of MS-PCHC, and
// Content Information 1.0 and 2.0 of MS-PCCRC.
//
// [Dissect] explains any bytes: it returns a tree of every field with its
// offset, value and meaning, as far as the bytes go, and every violation of a rule.
// It never fails. [Assemble] writes a message from its fields, however wrong
// they are. [Requirements] lists the rules.
//
// Use it to show, judge or make messages. To serve them, take the packages
// codec and pccrc of this module, which are much faster and stop at the first
// violation of format. They and spec share no code: they are two readings of the
// same text, and each is tested against the other.
//
// # Tables
//
// What is known of the wire stands in tables (layout_message.go,
// layout_content.go): a structure is a list of fields, each with its size or
// what tells its size, its byte order, the names of its values, and the rules
// that it must keep. One interpreter walks them to read, another to write. [Layouts]
// shows them to who generates something from them: the packages wireshark, kaitai
// and reference below this one.
//
// # Machines
//
// [Client] and [Server] are sections 3.2 and 3.1 of MS-PCHC as state machines:
// events in, actions out, time as an argument, without network or clock.
// [Follower] watches a conversation between others and reports what either end
// should have done otherwise. The messages that Client sends hold keys
// (SegmentSecret): do not log them.
//
// # Rules
//
// A rule of class [Format] says what a correctly formatted message is; a
// receiver drops what breaks it. One of class [Sender] binds who writes the
// message; a receiver accepts what breaks it. A message is valid if it breaks
// no rule of format. The first such violation, [Dissection.First], is what a
// strict decoder reports.
//
// Where the text of the specification leaves a choice:
//
//   - Where the bytes end inside a field, the violation is at that field, and it is
//     the last thing that is told. Where they end because a count or length
//     claims too much, the violation is at the count instead.
//   - A length that is to be 16 (SizeOfContentTag) is still believed if it is
//     something else, so that the fields behind it can be read.
//   - A batch is read to its end, however many descriptors it has.
//   - Without a known dwHashAlgo the length of a hash is not known either: what
//     begins with the first hash is one node of form [Rest].
//   - Bytes after the last block list of Content Information 1.0 are its
//     Padding, which only a sender must leave out.
//   - Hash i of a block list is that of block i of its segment, up to the end of
//     the content range; a list may also begin with the first block that the
//     range meets. Blocks have 65536 bytes, whatever cbBlockSize says.
//
// # Ownership
//
// The tree's byte strings are views of the bytes that were dissected, so it is
// valid until they change. Everything else is the caller's. All functions may
// be called by several goroutines at once.
//
// # Secrets
//
// SegmentSecret is a key. Its nodes have Secret set; no violation and no error ever
// holds its bytes. Who prints a tree has to leave them out.
package spec

// Package spec is the specification of the BranchCache hosted cache protocol as
// data, with simple code that interprets it: the messages of MS-PCHC, and
// Content Information 1.0 and 2.0 of MS-PCCRC. Of the protocols around them it has the
// formats: the messages of MS-PCCRR (retrieval) and MS-PCCRD (discovery), the header
// fields of MS-PCCRTP, and the buffers of FSCTL_SRV_READ_HASH (MS-SMB2).
//
// Use it to show, check or build messages, and as a reference for your own
// implementation. To serve messages, use the packages codec and pccrc of this
// module, which are much faster and stop at the first violation of a format rule.
// They share no code with spec: they are two readings of the same text, and each
// is tested against the other.
//
// Messages:
//
//   - [Dissect] and [DissectResponse] read any bytes. They never fail, and return a
//     [Dissection]: a tree of [Node] values with the offset, value and meaning of
//     every field, and each [Violation] of a rule. A [Dissector] reads many messages
//     in the same memory. [Guess] finds the [Kind] of a message.
//   - [Assemble] writes a message from its [Fields], however wrong they are.
//
// Rules:
//
//   - [Requirements] is the catalogue: a [Requirement] for every normative statement.
//   - [Layouts] are the tables of the structures, for generators such as the packages
//     wireshark, kaitai and reference below this one. [DiscoveryElements] is the table
//     of the elements of MS-PCCRD, which is XML.
//
// State machines, with events in, actions out and time as an argument, but
// without network or clock:
//
//   - [Client] is section 3.2 of MS-PCHC, and [Server] section 3.1.
//   - [RetrievalClient] and [RetrievalServer] are section 3 of MS-PCCRR, and
//     [DiscoveryClient] and [DiscoveryServer] that of MS-PCCRD.
//   - [Follower] watches exchanges between others, and reports violations of section
//     3 by either end. [RetrievalFollower] does so for MS-PCCRR; [CompareRetrieval]
//     compares a response with its request.
//
// # Rules
//
// A rule of class [Format] defines a correctly formatted message: a receiver
// drops a message that violates one. A rule of class [Sender] binds only the
// sender: a receiver accepts a message that violates one. A message is valid if it
// violates no format rule. A strict decoder reports the first such violation,
// [Dissection.First]. A requirement is Derived if this project concluded it and
// the text does not state it, or not all of it.
//
// Where the specification leaves a choice:
//
//   - If the bytes end inside a field, the violation is at that field, and no
//     further ones are reported. If they end because a count or length claims too
//     much, the violation is at that count.
//   - A wrong SizeOfContentTag is used as the size of ContentTag, so that the
//     following fields can be read.
//   - XML that is not well formed has no other violation than that. A message of
//     MS-PCCRD whose elements are not where they belong has no violations of format
//     in their values. What is missing is missing where the end tag of the element
//     around it begins.
//   - A batch is read to its end, even if it has more than 128 descriptors.
//   - An unknown dwHashAlgo leaves the length of hashes unknown: everything from
//     the first hash on is one node of form [Rest].
//   - Bytes after the last block list of Content Information 1.0 are its Padding,
//     which violates a sender rule only.
//   - A block list begins with the first block of its segment, or with the first
//     block in the content range, and ends with the last block in that range. In
//     a SEGMENT_INFO_MESSAGE, which has a copy of a list but not of the range, it
//     may be any part of the segment's. A block has 65536 bytes, whatever
//     cbBlockSize says.
//
// # Ownership
//
// [Node.Raw] and the byte strings among [Fields] are views of the dissected
// bytes, and valid until these change. Everything else belongs to the caller,
// except the tables of [Layouts]. All functions are safe for concurrent use; the
// methods of a Dissector, and of the machines and followers, are not.
//
// # Secrets
//
// SegmentSecret is a key, and no violation or error contains one. Printing a value
// of this package, with any verb of package fmt or by way of log/slog or
// encoding/json, does not show one either. What does: [Node.Raw] of a node whose
// Secret is set, or of a structure around it, and [Secret.Reveal].
package spec

// Package pcapfile reads the frames of packet captures: pcap in all its byte
// orders and time units, pcapng and snoop, compressed with gzip, zstd, xz or not.
//
// [NewReader] recognises the format by its first bytes; [Reader.Next] returns one
// frame after the other. It works on pipes and on files that are still being
// written: a frame is returned as soon as its last byte is there.
//
//	source.go       one buffered window over the input
//	compression.go  gzip and zstd
//	xz.go           xz
//	foreign.go      formats that are named and refused
//	pcap.go         pcap: one header, then records
//	pcapng.go       pcapng: sections, interfaces and packets as blocks
//	snoop.go        snoop: one header, then records
//
// # Ownership
//
// The data of a [Frame] is a view of the window and valid until the next call.
//
// # Damage
//
// Lengths that a file claims are believed only as far as the bytes are there:
// the window is 1 MiB at most, and a longer frame is passed over. A frame that
// cannot be read says so in [Frame.Skipped] and the next one follows. Behind damage
// reading resumes at the next thing that looks like a record, as [Frame.Damage]
// says; where there is none, Next returns a [Damage].
//
// The readers are our own although github.com/gopacket/gopacket/pcapgo has some.
// That one copies each frame, gives up the rest of the file at a block that could
// be skipped, keeps name and secrets blocks in memory, gets times wrong whose
// resolution is a power of two, and panics on 32-bit machines at an interface
// number above 2^31. It is the oracle in the tests.
package pcapfile

// Package input finds MS-PCHC messages in pasted, typed or piped text:
// hex digits in any usual notation, hex dumps, base64, literals of programming
// languages, JSON, packets, HTTP, or the bytes themselves.
//
// # Formats
//
// Without a Format, the input format is detected automatically, in this order:
//
//  1. gzip is decompressed. A capture file (pcap, pcapng) is refused: it is not one
//     message; so are other files and texts that are known to hold none ([Foreign]).
//  2. Bytes that are no text, and text that begins like an HTTP message, are
//     not converted.
//  3. A dump has lines with an offset that is as much greater than the one before as
//     there are bytes between them: xxd, hexdump, od, tcpdump -x, Wireshark,
//     PowerShell, certutil, gdb, WinDbg, openssl, strace, hexyl, iPXE and many more,
//     in hex, octal, decimal or binary, with anything before the offset: a quoted
//     mail, the time of a log. A row alone must be like one of a tool. Offsets
//     decide how many bytes each line holds, so that a column of text is never
//     mistaken for bytes, and a lost or damaged line is noticed. An offset of 0
//     begins a new message. Groups of more than two digits are read as the tool
//     writes them: xxd and tcpdump in order, hexdump and od as little-endian words;
//     a debugger's words only if one order alone makes sense.
//  4. JSON: strings of hex or base64, arrays of integers, and objects with such
//     a value under "raw" or "hex".
//  5. Bytes in a wrapping that says what they are: PEM, data: URIs, YAML, NSData,
//     Buffers of Node, .reg files, bytea, percent encoding, seeds of go test.
//  6. Literals: "\x00\x02" with or without quotes, {0x00, 0x02}, [0, -56]. Only code
//     may surround them, no other hex be left unread, and nothing say that they
//     were cut.
//  7. Plain hex, with blanks, ":", ",", "-", ";" or "0x" anywhere between bytes,
//     and comments from # to the end of the line; also decimal or binary numbers
//     where these alone make sense.
//  8. Base64, standard or URL alphabet, padded or not. A text that is both hex
//     and base64 is hex, unless only base64 makes a message. base32 likewise.
//  9. Lines of a log that have each one word of hex or base64, and that a message.
//
// Escape sequences of terminals, byte order marks and Markdown's fences go first.
// [Message.Input] says what an input was read as. Hex that begins like a message
// beside a dump is a Problem.
//
// # One message or several
//
// Plain hex and base64 do not say whether lines continue a message or begin
// another. Unless Options.Lines settles it:
//
//   - lines that together make one message without any violation are one message;
//   - otherwise, if every line begins like a message, each is one;
//   - otherwise, if only the first line begins like one, or all lines but the
//     last have the same length, they are one message;
//   - anything else is refused as ambiguous ([ErrAmbiguousLines]).
//
// # Packets and HTTP
//
// Whatever the format, bytes that are an IP packet, alone or after a header of
// Ethernet, Linux cooked or loopback, go to package capture, all packets of the
// input in order. It reassembles TCP and finds the messages in HTTP as it does in
// a capture file. HTTP without packets goes through the same reader.
//
// Of the views of a packet that tshark -x shows, the reassembled ones stand for
// packets that are not there (tshark -Y http shows only the last packet of a
// message), the decrypted ones for the TLS that carried them.
//
// Follow Stream (hex, raw, YAML, C arrays), curl --trace, strace and Burp's items
// give what each end of a connection said, without packets: the ends go to package
// capture as a connection of which any path counts. tshark's JSON gives frames and
// what was reassembled. A piece whose number, offset or size does not follow is a
// fault, and so is output that has lost the bytes.
//
// A copy need not be a capture. These count, too: a response whose request is not
// there, if it looks like one of MS-PCHC; TCP payload that is not HTTP, if it
// begins like a message; and, if there is nothing else, HTTP on other paths. What
// packets or HTTP lack is a [Message] with a Problem instead of bytes.
//
// Bytes that begin like a message are never read as a packet. With the format
// Raw a message is taken as it is.
//
// # Files
//
//	input.go, text.go, scan.go       all of an input, or piece by piece;
//	window.go                        its lines, of which only some are in memory
//	foreign.go                       what holds no message, and what helps
//	noise.go                         binary input
//	tool.go                          tools that show what each end said:
//	follow.go, yaml.go, arrays.go    Follow Stream
//	tshark.go, curl.go, strace.go, burp.go
//	dump.go, block.go, row.go        dumps, one of them, a line of it;
//	notation.go, column.go           its numbers, its column of text
//	json.go, wrapped.go              JSON, wrappings
//	records.go                       PEM and literals, one by one
//	literal.go, list.go              string literals, lists of integers;
//	surroundings.go                  what may stand around them
//	digits.go, words.go              plain hex and base64, in words of a log
//	identify.go, unwrap.go           what bytes are; messages in packets and HTTP,
//	queue.go                         of which something later may tell what they are
package input

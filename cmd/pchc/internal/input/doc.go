// Package input finds MS-PCHC messages in pasted, typed or piped text:
// hex digits in any usual notation, hex dumps, base64, literals of programming
// languages, JSON, packets, HTTP, or the bytes themselves.
//
// # Formats
//
// Without a Format, the input format is detected automatically, in this order:
//
//  1. A capture file (pcap, pcapng) is refused: it is not one message.
//  2. Bytes that are no text, and text that begins like an HTTP message, are
//     not converted.
//  3. A hex dump has lines that begin with an offset: xxd, hexdump, od,
//     tcpdump -x, Wireshark's "as a Hex Dump", PowerShell's Format-Hex,
//     certutil. Offsets decide how many bytes each line holds, so that a column
//     of text beside the bytes is never mistaken for bytes, and a lost line is
//     noticed. An offset of 0 begins a new message. Groups of more than two
//     digits are read as the tool writes them: xxd and tcpdump in order, hexdump
//     and od as little-endian words.
//  4. JSON: strings of hex or base64, arrays of integers, and objects with such
//     a value under "raw" or "hex".
//  5. Literals: "\x00\x02" with or without quotes, {0x00, 0x02}, [0, 2].
//  6. Plain hex, with blanks, ":", ",", "-", ";" or "0x" anywhere between bytes,
//     and comments from # to the end of the line.
//  7. Base64, standard or URL alphabet, padded or not. A text that is both hex
//     and base64 is hex.
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
// A copy need not be a capture. These count, too: a response whose request is not
// there, if it looks like one of MS-PCHC; TCP payload that is not HTTP, if it
// begins like a message; and, if there is nothing else, HTTP on other paths. What
// packets or HTTP lack is a [Message] with a Problem instead of bytes.
//
// Bytes that begin like a message are never read as a packet. With the format
// Raw a message is taken as it is.
package input

// Package capture finds the messages of BranchCache in a packet capture: those of
// MS-PCHC, and if [Options.Retrieval] asks for them, those of MS-PCCRR, MS-PCCRD and
// MS-PCCRTP, and the hashes that file servers hand out over SMB2, and if [Options.Updates] does, those of MS-WUSP and MS-WSUSSS.
//
// [Read] takes a file that package pcapfile reads, such as pcap or pcapng, from any
// [io.Reader] and calls a function for every body of an HTTP request or
// response that carries MS-PCHC (section 2.1), and of a response that carries
// Content Information (MS-PCCRTP), in the order in which the capture completes
// them, and for missing or unreadable data. It works while the capture is still
// growing: an event is handed over as soon as the bytes read allow it, or with
// [Options.Ahead], which reads in a goroutine of its own, some milliseconds later.
//
// A [Reader] does so with frames from elsewhere, such as packets copied as text,
// or with HTTP alone.
//
// # How a byte gets through
//
//	capture.go, reader.go     files; frames from elsewhere
//	pcapfile                  the file formats: frames
//	guess.go                  the link type of a frame from elsewhere
//	layers.go                 one header after the other, down to TCP; what cannot be read is counted
//	link.go, exported.go      link types, Wireshark's exports
//	ether.go, ppp.go, wifi.go Ethernet, PPP and 802.11, and what they carry
//	tunnel.go                 UDP, GRE, VXLAN and other tunnels
//	ip.go, fragment.go        IPv4, IPv6, their fragments
//	views.go                  data that tshark has reassembled or decrypted
//	conns.go, match.go        the connections, and which of them a segment belongs to
//	tcp.go, queue.go          the bytes of each direction, once, in order, or declared lost
//	differ.go                 segments that repeat bytes with other content
//	payload.go                data of one end, without packets
//	proxy.go                  a header of the PROXY protocol before the first request
//	http.go, head.go, body.go HTTP/1.x messages of one direction
//	resync.go                 finding the next message after a loss
//	peerdist.go               Content Information in HTTP responses, whatever their path; plain content
//	smb.go                    SMB2: Content Information from file servers, and what is read of the files
//	retrieval.go              messages of MS-PCCRR by their bytes
//	update.go                 SOAP calls to update services
//	discovery.go              UDP datagrams of WS-Discovery
//	exchange.go, messages.go  which response belongs to which request; the events
//	ending.go                 the end of a connection, and of requests without a response
//	order.go                  events in the order of their frames
//	ahead.go                  events handed to another goroutine
//	encrypted.go              TLS, which hides everything: reported once per server
//	decrypt.go                TLS that tshark decrypts: its records in place of the bytes
//
// Each stage pushes to the next and keeps nothing it does not need: a body that
// lies in one segment is handed over where it lies in the window, others are
// joined in buffers that are used again.
//
// # Tunnels
//
// A connection is known by its innermost addresses. So one that is captured inside
// and outside of a tunnel is one connection, and its second copy counts like a
// retransmission.
//
// # Order and loss
//
// A segment is passed on when all bytes before it have been, and also all bytes
// of the other direction that it acknowledges. So a response is never read
// before its request, however frames are swapped, and a response whose request
// was lost finds no request waiting rather than a wrong one. Bytes are declared
// lost when the receiver has acknowledged them and yet they do not turn up
// within the next frames of the connection, when too much has arrived after
// them, or when the connection or the capture ends. A loss inside a body of
// known length is counted through and costs that message alone. Any other loss
// costs the messages it touches: reading resumes at the next thing that looks
// like a start line.
//
// While a connection waits, events of others wait, too, so that all come in the
// order of their frames; see [Options.ByFrame]. They wait for some thousand frames,
// a minute of the capture or a megabyte at most. A problem that shows later than
// that is one of the frame that shows it.
//
// # Which connection
//
// A segment belongs to the connection between its ports whose numbers it continues.
// A SYN, SYN-ACK, RST or FIN that neither end obeys changes nothing for the others,
// and each side of a device that rewrites numbers is a connection of its own.
//
// # Limits
//
// Memory is bounded by [Options] and does not grow with the input. Lengths that
// a file claims are believed only as far as the bytes are there.
package capture

package capturetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
)

// The paths of MS-PCHC 2.1.
const (
	PathV1 = "/C574AC30-5794-4AEE-B1BB-6651C5315029"
	PathV2 = "/0131501b-d67f-491b-9a40-c4bf27bcb4d4"
)

// OK and Interested are the two answers of MS-PCHC 2.2.2.2.
var (
	OK         = []byte{0, 0, 0, 1, 0}
	Interested = []byte{0, 0, 0, 1, 1}
)

// Post is an HTTP/1.1 POST with Content-Length, and with the header lines given.
func Post(path string, body []byte, header ...string) []byte {
	header = append([]string{"Host: cache.example", "User-Agent: pchc-capturetest/1.0", "Content-Type: application/octet-stream"}, header...)
	return Message("POST "+path+" HTTP/1.1", body, append(header, fmt.Sprintf("Content-Length: %d", len(body)))...)
}

// Answer is an HTTP/1.1 answer with Content-Length.
func Answer(status int, body []byte, header ...string) []byte {
	line := fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status))
	return Message(line, body, append(header, fmt.Sprintf("Content-Length: %d", len(body)))...)
}

// Message is a start line, exactly the header lines given, and a body as it is.
func Message(line string, body []byte, header ...string) []byte {
	var b bytes.Buffer
	b.WriteString(line + "\r\n")
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// Chunked is a body cut into chunks of size bytes, the last perhaps shorter,
// with an extension on the first and a trailer.
func Chunked(body []byte, size int) []byte {
	var b bytes.Buffer
	extension := ";name=\"value\""
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%X%s\r\n%s\r\n", n, extension, body[:n])
		extension = ""
		body = body[n:]
	}
	b.WriteString("0\r\nX-Trailer: yes\r\n\r\n")
	return b.Bytes()
}

// Batch is a BATCHED_OFFER_MESSAGE (MS-PCHC 2.2.1.5) with n descriptors, the
// same for the same seed.
func Batch(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	b := []byte{0, 2, 0, 3, 0, 0, 0, 0, 0x1f, 0x90, 0, 0, 0, 0, 0, 0}
	for range n {
		b = binary.BigEndian.AppendUint32(b, 65536)
		b = binary.BigEndian.AppendUint32(b, 65536+uint32(random.IntN(1<<20)))
		b = binary.BigEndian.AppendUint16(b, 16)
		b = append(b, "BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"...)
		b = append(b, 4)
		for range 4 {
			b = binary.BigEndian.AppendUint64(b, random.Uint64())
		}
	}
	return b
}

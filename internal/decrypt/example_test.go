package decrypt_test

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/decrypt"
)

// Without keys nothing is decrypted, and tshark is not run.
func Example() {
	var trace capturetest.Trace
	trace.Conn(0).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 2))).Reply(capturetest.Answer(200, capturetest.OK)).Close()
	file := trace.Encode(capturetest.Format{})
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	in := decrypt.File(bytes.NewReader(file), open, decrypt.Options{})
	defer in.Close()
	sum, err := capture.Read(in, capture.Options{}, func(e *capture.Event) error {
		fmt.Println(e.Src, "sent", len(e.Body), "bytes")
		return nil
	})
	fmt.Println(sum.Decrypted, "of", sum.Encrypted, "connections decrypted:", err)
	// Output:
	// 10.0.0.1:40000 sent 134 bytes
	// 10.0.0.2:80 sent 5 bytes
	// 0 of 0 connections decrypted: <nil>
}

package pcapfile_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

func Example() {
	var trace capturetest.Trace
	trace.Conn(0).Open()
	file := bytes.NewReader(trace.Encode(capturetest.Format{Pcapng: true}))

	r, err := pcapfile.NewReader(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	var f pcapfile.Frame
	for r.Next(&f) == nil {
		fmt.Println(f.Time.Format(time.StampMicro), "link type", f.Link, len(f.Data), "of", f.Wire, "bytes")
	}
	// Output:
	// Mar 14 15:09:26.535897 link type 1 60 of 60 bytes
	// Mar 14 15:09:26.535907 link type 1 60 of 60 bytes
	// Mar 14 15:09:26.535917 link type 1 60 of 60 bytes
}

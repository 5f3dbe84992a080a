package capture

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestPktmon reads pcapng as etl2pcapng makes it of what pktmon records: an interface for
// each component of the network stack, with options that say which, and each packet once
// for each component that it passes. The messages are there once.
func TestPktmon(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	for n := range uint64(3) {
		c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(n, 40))).Reply(capturetest.Answer(200, capturetest.OK))
	}
	c.Close()
	// The frames of the trace, as a file has them.
	plain := trace.Encode(capturetest.Format{Pcapng: true, Resolution: 7})
	le := binary.LittleEndian
	var file []byte
	const components = 4
	for b := plain; len(b) >= 12; {
		n := le.Uint32(b[4:])
		block := b[:n]
		b = b[n:]
		switch le.Uint32(block) {
		case 1:
			for i := range components {
				file = append(file, description(string(rune('A'+i)))...)
			}
		case 6:
			for i := range components {
				one := bytes.Clone(block)
				le.PutUint32(one[8:], uint32(i))
				le.PutUint64(one[12:], ticksLater(one[12:], uint64(i)))
				file = append(file, one...)
			}
		default:
			file = append(file, block...)
		}
	}
	got := read(bytes.NewReader(file))
	want := readTrace(&trace)
	if len(want.messages) != 6 || want.sum.Connections != 1 {
		t.Fatalf("%d messages", len(want.messages))
	}
	got.want(t, 0, want.messages...)
	if got.sum.Connections != 1 || got.sum.Frames != components*want.sum.Frames || len(got.notes) > 0 {
		t.Errorf("%+v, notes %v", got.sum, got.notes)
	}
}

// description is an interface of Ethernet with name, description and 100 ns.
func description(name string) []byte {
	le := binary.LittleEndian
	option := func(b []byte, code uint16, value string) []byte {
		b = le.AppendUint16(le.AppendUint16(b, code), uint16(len(value)))
		return append(append(b, value...), strings.Repeat("\x00", -len(value)&3)...)
	}
	b := []byte{1, 0, 0, 0, 0, 0, 4, 0}
	b = option(b, 2, "component-"+name)
	b = option(b, 3, "Microsoft Kernel Debug Network Adapter, layer "+name)
	b = option(b, 9, "\x07")
	b = append(b, 0, 0, 0, 0)
	block := le.AppendUint32(le.AppendUint32(nil, 1), uint32(12+len(b)))
	return le.AppendUint32(append(block, b...), uint32(12+len(b)))
}

// ticksLater is a time of a packet block, its high word first, some ticks later.
func ticksLater(b []byte, n uint64) uint64 {
	le := binary.LittleEndian
	at := uint64(le.Uint32(b))<<32 | uint64(le.Uint32(b[4:])) + n
	return at>>32 | at<<32
}

package pcapfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// ForeignError is the error of [NewReader] for a file of another known format. It
// wraps [ErrNotCapture].
type ForeignError struct {
	What string // "a zip archive"
	Help string // what to do with it
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%v: it looks like %s (%s)", ErrNotCapture, e.What, e.Help)
}

func (e *ForeignError) Unwrap() error { return ErrNotCapture }

const (
	convert   = "convert it: editcap -F pcapng FILE OUT.pcapng"
	convertNT = "convert it: etl2pcapng FILE.etl OUT.pcapng"
)

var foreignFormats = []struct {
	at          int // offset of the magic
	magic       string
	what, helps string
}{
	{0, "\x04\x22\x4d\x18", "lz4 data", "decompress it first: lz4 -dc FILE"},
	{0, "BZh", "bzip2 data", "decompress it first: bzip2 -dc FILE"},
	{0, "\x1f\x9d", "compress data", "decompress it first: gzip -dc FILE"},
	{0, "\x1f\x8b", "gzip data in compressed data", "decompress it first: gzip -dc FILE"},
	{0, "LZIP", "lzip data", "decompress it first: lzip -dc FILE"},
	{0, "PK\x03\x04", "a zip archive, such as a Fiddler .saz file", "unpack it first: unzip FILE"},
	{0, "PK\x05\x06", "an empty zip archive", "it has no packets"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first: 7z x FILE"},
	{0, "Rar!", "a rar archive", "unpack it first: unrar x FILE"},
	{257, "ustar", "a tar archive", "unpack it first: tar -xf FILE"},
	{0, "GMBU", "a Microsoft Network Monitor capture", convert},
	{0, "RTSS", "a Microsoft Network Monitor 1 capture", convert},
	{0, "TRSNIFF data", "a Sniffer capture", convert},
	{0, "XCP\x00", "a NetXRay capture", convert},
	{0, "iptrace ", "an AIX iptrace capture", convert},
	{0, "TR\x00d\x00", "an HP-UX nettl trace", convert},
	{0, "\xd0\xcf\x11\xe0", "a Microsoft compound file, such as a Message Analyzer capture", "export it as pcapng from its program"},
	{0, "btsnoop\x00", "a Bluetooth capture", "it has no IP packets"},
	{0, "%PDF", "a PDF document", "it has no packets"},
	{0, "\x7fELF", "a program", "it has no packets"},
	{0, "MZ", "a Windows program", "it has no packets"},
}

// foreign is the error for a file that begins with head and is no capture.
func foreign(head []byte) error {
	for _, f := range foreignFormats {
		if len(head) > f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return &ForeignError{f.what, f.helps}
		}
	}
	text := strings.ToLower(string(head[:min(len(head), 512)]))
	text = strings.TrimLeft(strings.TrimPrefix(text, "\xef\xbb\xbf"), " \t\r\n")
	switch {
	case isETL(head):
		return &ForeignError{"a Windows event trace (.etl), as netsh trace and pktmon write it", convertNT}
	case isERF(head):
		return &ForeignError{"an ERF capture", convert}
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<head"):
		return &ForeignError{"an HTML page", "open it in a browser: the server may have sent an error or a login page instead of the file"}
	}
	return fmt.Errorf("%w: it begins with the bytes % x", ErrNotCapture, head[:min(len(head), 4)])
}

// isETL reports whether a file begins with a buffer of an event trace: the size of
// the buffer, and behind its header of 72 bytes the marker of the first event.
func isETL(b []byte) bool {
	if len(b) < 76 {
		return false
	}
	size := binary.LittleEndian.Uint32(b)
	return size >= 1<<10 && size <= 16<<20 && size%(1<<10) == 0 && b[73] == 0 && (b[74] == 1 || b[74] == 2) && b[75] == 0xc0
}

// isERF reports whether a file begins with a record of Endace's format: time 8, type
// 1, flags 1, length 2, losses 2, length on the wire 2.
func isERF(b []byte) bool {
	if len(b) < 16 {
		return false
	}
	const from, until = 946684800, 4102444800 // the years 2000 to 2100
	seconds := binary.LittleEndian.Uint32(b[4:])
	kind, length, wire := b[8]&0x7f, binary.BigEndian.Uint16(b[10:]), binary.BigEndian.Uint16(b[14:])
	return seconds >= from && int64(seconds) < until && kind >= 1 && kind <= 48 && length >= 24 && length <= 16<<10 && length%8 == 0 &&
		wire > 0 && wire <= 16<<10
}

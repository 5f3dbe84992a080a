package foreign

import (
	"bytes"
	"encoding/binary"
)

// Format is a format of files.
type Format struct {
	Name       string // "a zip archive"
	Help       string // what to do with it, FILE being its name: "unpack it: unzip FILE"; "" for nothing
	Compressed bool   // it holds one other file, which may be a capture
}

const (
	convert    = "convert it: editcap -F pcapng FILE OUT.pcapng"
	convertETL = "convert it: etl2pcapng FILE OUT.pcapng"
	keys       = "only a capture with its keys can be decrypted"
)

var formats = []struct {
	magic string // the first bytes
	Format
}{
	{"\xfd7zXZ\x00", Format{"xz data", "decompress it: xz -dc FILE", true}},
	{"\x28\xb5\x2f\xfd", Format{"zstd data", "decompress it: zstd -dc FILE", true}},
	{"\x04\x22\x4d\x18", Format{"lz4 data", "decompress it: lz4 -dc FILE", true}},
	{"BZh", Format{"bzip2 data", "decompress it: bzip2 -dc FILE", true}},
	{"LZIP\x01", Format{"lzip data", "decompress it: lzip -dc FILE", true}},
	{"\x1f\x9d", Format{"compress data", "decompress it: gzip -dc FILE", true}},
	{"\x1f\x8b", Format{"gzip data", "decompress it: gzip -dc FILE", true}},
	{"PK\x03\x04", Format{"a zip archive, such as a Fiddler .saz file", "unpack it: unzip FILE; in a Fiddler session, raw/*_c.txt are the requests and raw/*_s.txt the responses", false}},
	{"PK\x05\x06", Format{"an empty zip archive", "", false}},
	{"7z\xbc\xaf\x27\x1c", Format{"a 7z archive", "unpack it: 7z x FILE", false}},
	{"Rar!\x1a\x07", Format{"a RAR archive", "unpack it: unrar x FILE", false}},
	{"MSCF\x00\x00\x00\x00", Format{"a Windows cabinet", "unpack it: cabextract FILE", false}},
	{"GMBU", Format{"a Microsoft Network Monitor capture", convert, false}},
	{"RTSS", Format{"a Microsoft Network Monitor 1 capture", convert, false}},
	{"TRSNIFF data", Format{"a Sniffer capture", convert, false}},
	{"XCP\x00", Format{"a NetXRay capture", convert, false}},
	{"\x7fver", Format{"a WildPackets capture", convert, false}},
	{"iptrace ", Format{"an AIX iptrace capture", convert, false}},
	{"TR\x00d\x00", Format{"an HP-UX nettl trace", convert, false}},
	{"btsnoop\x00", Format{"a Bluetooth capture", "", false}},
	{"\xd0\xcf\x11\xe0\xa1\xb1", Format{"a Microsoft compound file, such as an Office document or a Message Analyzer capture", "export a capture as pcapng from its program", false}},
	{"\x7fELF", Format{"a program (ELF)", "", false}},
	{"MZ\x90\x00", Format{"a Windows program", "", false}},
	{"\x89PNG", Format{"an image (PNG)", "", false}},
	{"GIF8", Format{"an image (GIF)", "", false}},
	{"\xff\xd8\xff", Format{"an image (JPEG)", "", false}},
	{"%PDF-", Format{"a PDF document", "", false}},
	{"SQLite format 3\x00", Format{"an SQLite database", "", false}},
	{"ElfFile\x00", Format{"a Windows event log (.evtx)", "", false}},
	{"MDMP", Format{"a Windows memory dump", "dump the bytes in the debugger: db", false}},
	{"\xca\xfe\xba\xbe", Format{"a Java class file", "", false}},
	{"\x00\x00\xfe\xff", Format{"text in UTF-32", "convert it: iconv -f UTF-32 -t UTF-8 FILE", false}},
	{"\xff\xfe\x00\x00", Format{"text in UTF-32", "convert it: iconv -f UTF-32 -t UTF-8 FILE", false}},
	{"\x16\x03\x01", Format{"encrypted TLS records", keys, false}},
	{"\x16\x03\x03", Format{"encrypted TLS records", keys, false}},
	{"\x17\x03\x03", Format{"encrypted TLS records", keys, false}},
}

var (
	tar = Format{"a tar archive", "unpack it: tar -xf FILE", false}
	etl = Format{"a Windows event trace (.etl), as netsh trace and pktmon write it", convertETL, false}
	erf = Format{"an ERF capture", convert, false}
)

// Of returns the format of a file by its first bytes, some hundreds, or all of
// them. It returns nil if it is none of those that are known.
func Of(head []byte) *Format {
	for i := range formats {
		if f := &formats[i]; bytes.HasPrefix(head, []byte(f.magic)) {
			return &f.Format
		}
	}
	switch {
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return &tar
	case isETL(head):
		return &etl
	case isERF(head):
		return &erf
	}
	return nil
}

// isETL reports whether b begins with a buffer of an event trace: its size, and
// behind its header of 72 bytes the marker of the first event.
func isETL(b []byte) bool {
	if len(b) < 76 {
		return false
	}
	size := binary.LittleEndian.Uint32(b)
	return size >= 1<<10 && size <= 16<<20 && size%(1<<10) == 0 && b[73] == 0 && (b[74] == 1 || b[74] == 2) && b[75] == 0xc0
}

// isERF reports whether b is a record of Endace's format, or begins with two within
// a day.
func isERF(b []byte) bool {
	n := erfRecord(b)
	if n == 0 || n == len(b) {
		return n > 0
	}
	if len(b) < n || erfRecord(b[n:]) == 0 {
		return false
	}
	return erfSeconds(b[n:])-erfSeconds(b) < 24*60*60
}

func erfSeconds(b []byte) uint32 { return binary.LittleEndian.Uint32(b[4:]) }

// erfRecord returns the length of the record that b begins with, 0 if it is none:
// time 8, type 1, flags 1, length 2, losses 2, length on the wire 2.
func erfRecord(b []byte) int {
	if len(b) < 16 {
		return 0
	}
	const from, until = 946684800, 4102444800 // the years 2000 to 2100
	const damaged = 0x30
	seconds, wire := erfSeconds(b), binary.BigEndian.Uint16(b[14:])
	kind, length := b[8]&0x7f, int(binary.BigEndian.Uint16(b[10:]))
	if seconds < from || uint64(seconds) >= until || kind < 1 || kind > 48 || b[9]&damaged != 0 || wire == 0 || wire > 16<<10 ||
		length < 24 || length > 16<<10 || length%8 != 0 {
		return 0
	}
	return length
}

package input

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"regexp"
	"strings"
)

// Foreign is the error for an input in a known format that has no message as it
// is.
type Foreign struct {
	Name    string // "a zip archive"
	Help    string // what to do; "" for nothing
	Capture bool   // of packets, or what may hold one
}

func (f *Foreign) Error() string {
	s := "the input is " + f.Name
	if f.Help != "" {
		s += ": " + f.Help
	}
	return s
}

// foreignFiles are formats by the bytes that files of them begin with.
var foreignFiles = []struct {
	magic string
	Foreign
}{
	{"\xfd7zXZ\x00", Foreign{"xz data", "decompress it: xz -dc", true}},
	{"\x28\xb5\x2f\xfd", Foreign{"zstd data", "decompress it: zstd -dc", true}},
	{"\x04\x22\x4d\x18", Foreign{"lz4 data", "decompress it: lz4 -dc", true}},
	{"BZh", Foreign{"bzip2 data", "decompress it: bzip2 -dc", true}},
	{"\x1f\x9d", Foreign{"compress data", "decompress it: gzip -dc", true}},
	{"\x1f\x8b", Foreign{"gzip data", "decompress it: gzip -dc", true}},
	{"PK\x03\x04", Foreign{"a zip archive, such as a Fiddler .saz file", "unpack it: unzip; in a Fiddler session, raw/*_c.txt are the requests and raw/*_s.txt the responses", false}},
	{"PK\x05\x06", Foreign{"an empty zip archive", "", false}},
	{"7z\xbc\xaf\x27\x1c", Foreign{"a 7z archive", "unpack it: 7z x", false}},
	{"Rar!\x1a\x07", Foreign{"a RAR archive", "unpack it: unrar x", false}},
	{"GMBU", Foreign{"a Microsoft Network Monitor capture", "convert it: editcap -F pcapng", false}},
	{"RTSS", Foreign{"a Microsoft Network Monitor capture", "convert it: editcap -F pcapng", false}},
	{"TRSNIFF data", Foreign{"a Sniffer capture", "convert it: editcap -F pcapng", false}},
	{"XCP\x00", Foreign{"a NetXRay capture", "convert it: editcap -F pcapng", false}},
	{"\x7fver", Foreign{"a WildPackets capture", "convert it: editcap -F pcapng", false}},
	{"btsnoop\x00", Foreign{"a Bluetooth capture", "", false}},
	{"iptrace ", Foreign{"an iptrace capture", "convert it: editcap -F pcapng", false}},
	{"\x7fELF", Foreign{"a program (ELF)", "", false}},
	{"MZ\x90\x00", Foreign{"a Windows program", "", false}},
	{"\x89PNG", Foreign{"an image (PNG)", "give the bytes as text", false}},
	{"GIF8", Foreign{"an image (GIF)", "give the bytes as text", false}},
	{"\xff\xd8\xff", Foreign{"an image (JPEG)", "give the bytes as text", false}},
	{"%PDF-", Foreign{"a PDF document", "copy the bytes out of it", false}},
	{"\xd0\xcf\x11\xe0\xa1\xb1", Foreign{"a Microsoft Office document", "copy the bytes out of it", false}},
	{"SQLite format 3\x00", Foreign{"an SQLite database", "", false}},
	{"ElfFile\x00", Foreign{"a Windows event log (.evtx)", "", false}},
	{"MDMP", Foreign{"a Windows memory dump", "dump the bytes in the debugger: db", false}},
	{"\xca\xfe\xba\xbe", Foreign{"a Java class file", "", false}},
	{"\x00\x00\xfe\xff", Foreign{"text in UTF-32", "convert it: iconv -f UTF-32 -t UTF-8", false}},
	{"\xff\xfe\x00\x00", Foreign{"text in UTF-32", "convert it: iconv -f UTF-32 -t UTF-8", false}},
	{"\x16\x03\x01", Foreign{"encrypted TLS records", "", false}},
	{"\x16\x03\x03", Foreign{"encrypted TLS records", "", false}},
	{"\x17\x03\x03", Foreign{"encrypted TLS records", "", false}},
}

// foreignFile returns the format of a file that is known to be no message, or nil.
func foreignFile(b []byte) *Foreign {
	for i := range foreignFiles {
		if f := &foreignFiles[i]; bytes.HasPrefix(b, []byte(f.magic)) {
			return &f.Foreign
		}
	}
	switch {
	case len(b) > 262 && string(b[257:262]) == "ustar":
		return &Foreign{"a tar archive", "unpack it: tar -x", false}
	case isETL(b):
		return &Foreign{"a Windows event trace (.etl)", "convert it: etl2pcapng, or export it with pktmon etl2pcap", false}
	case isERF(b):
		return &Foreign{"an ERF capture", "convert it: editcap -F pcapng", false}
	}
	return nil
}

// isETL reports whether b begins with a buffer of an event trace, whose first
// record is the header of the trace.
func isETL(b []byte) bool {
	if len(b) < 0x4c {
		return false
	}
	size := binary.LittleEndian.Uint32(b)
	return size >= 1<<12 && size <= 1<<24 && size%1024 == 0 && b[0x4b] == 0xc0 && (b[0x4a] == 1 || b[0x4a] == 2)
}

// isERF reports whether b begins with two records of Ethernet in Endace's format,
// within a day.
func isERF(b []byte) bool {
	if len(b) < 16 || b[8]&0x7f != 2 {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[10:]))
	if n < 16 || len(b) < n+16 || b[n+8]&0x7f != 2 {
		return false
	}
	first, second := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[n+4:])
	return second-first < 86400 || first-second < 86400
}

// foreignTexts are kinds of text that hold no bytes, or not all of them.
var foreignTexts = []struct {
	form *regexp.Regexp // of the first lines
	Foreign
}{
	{regexp.MustCompile(`(?i)^\s*<(!doctype html|html)\b`), Foreign{Name: "an HTML page", Help: "copy the bytes out of it"}},
	{regexp.MustCompile(`^\s*<\?xml[^>]*>\s*(<!--.*?-->\s*|<\?.*?\?>\s*)*<(pdml|psml)\b`), Foreign{Name: "tshark output in PDML or PSML", Help: "write packets as hex: tshark -x"}},
	{regexp.MustCompile(`^\s*<(\?xml|!--|!DOCTYPE|[a-zA-Z][\w:.-]*(\s+[\w:.-]+\s*=|\s*/?>))`), Foreign{Name: "XML", Help: "copy the bytes out of it"}},
	{regexp.MustCompile(`(?i)^(?:\s*\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?)+\s*$`), Foreign{Name: "a UUID", Help: "give the bytes of a message"}},
	{regexp.MustCompile(`(?i)^(?:\s*[0-9a-f]{2}[:-][0-9a-f]{2}[:-](?:0[1-9a-f]|[1-9a-f][0-9a-f])(?:[:-][0-9a-f]{2}){3}(?:\s|$))+$`), Foreign{Name: "a hardware (MAC) address", Help: "give the bytes of a message"}},
	{regexp.MustCompile(`^(?:\s*(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)(?:\s|$))+$`), Foreign{Name: "a date or time", Help: "give the bytes of a message"}},
	{regexp.MustCompile(`\bfunction ?\w*\([\w,]*\)\{\S|\)=>\{\S`), Foreign{Name: "a program in JavaScript", Help: "give only the literal with the bytes"}},
	{regexp.MustCompile(`^\{\\rtf`), Foreign{Name: "an RTF document", Help: "copy the bytes out of it"}},
	{regexp.MustCompile(`(?m)^begin(-base64)? [0-7]{3,4} `), Foreign{Name: "uuencoded", Help: "decode it: uudecode -o /dev/stdout"}},
	{regexp.MustCompile(`^\s*<~[!-u\sz]*`), Foreign{Name: "ASCII85", Help: "decode it: python3 -c 'import base64, sys; sys.stdout.buffer.write(base64.a85decode(sys.stdin.read(), adobe=True))'"}},
	{regexp.MustCompile(`^\s*:[0-9A-Fa-f]{2}[0-9A-Fa-f]{4}0[0-5]([0-9A-Fa-f]{2})+\s*($|\n:)`), Foreign{Name: "Intel HEX", Help: "convert it: objcopy -I ihex -O binary"}},
	{regexp.MustCompile(`^\s*S[0-35-9][0-9A-Fa-f]{8,}\s*($|\nS)`), Foreign{Name: "S-records", Help: "convert it: objcopy -I srec -O binary"}},
	{regexp.MustCompile(`(?m)^[ \t]*([0-9a-f]{6,8})?( {1,3}| \t)(( {0,3}(\\[0abtnvfr]|[0-7]{3}))[ \t]+){2,}`), Foreign{Name: "output of od -c or hexdump -c (characters, not hex)", Help: "write hex: od -An -v -tx1"}},
	{regexp.MustCompile(`(?m)^[ \t]*[0-9a-f]{7}( +-?\d{1,5}){4,}\s*$`), Foreign{Name: "output of od or hexdump in decimal or octal", Help: "write hex: od -An -v -tx1"}},
	{regexp.MustCompile(`(?m)^[ \t]*[0-9a-f]{6,8} +((nul|soh|stx|etx|eot|sp|del|[!-~]) +){2,}`), Foreign{Name: "output of od -a (names of characters, not hex)", Help: "write hex: od -An -v -tx1"}},
	{regexp.MustCompile(`(?m)^\s*(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (\S+ (In|Out) +)?(IP6?|ARP,?) `), Foreign{Name: "output of tcpdump without the bytes", Help: "write hex: tcpdump -x (-A loses the bytes that are not text)"}},
	{regexp.MustCompile(`(?m)\S+ > \S+: (?:Flags \[|tcp \d)`), Foreign{Name: "output of tcpdump without the bytes", Help: "write hex: tcpdump -x (-A loses the bytes that are not text)"}},
	{regexp.MustCompile(`(?m)^\* (?:  Trying |Connected to |Closing connection|Connection #\d+ to host)|^[<>] (?:HTTP/\d|[A-Z]+ \S+ HTTP/\d)`), Foreign{Name: "output of curl -v, which has no bodies", Help: "use curl --trace FILE, and give that file"}},
	{regexp.MustCompile(`^\s*\{\s*"log": ?\{`), Foreign{Name: "an HTTP archive (HAR), in which the bytes of requests are lost", Help: "use a packet capture, or curl --trace"}},
	{regexp.MustCompile(`^\d+:\d+:[a-z_]+;`), Foreign{Name: "mitmproxy flows", Help: "export the requests and responses: export.file raw_request @focus FILE, and raw_response"}},
	{regexp.MustCompile(`(?m)^\s*\d+\s+\d+\.\d+\s+\S+\s+(→|->)\s+\S+\s+[A-Z]`), Foreign{Name: "output of tshark without the bytes", Help: "write hex: tshark -x"}},
	{regexp.MustCompile(`(?m)^Frame \d+: \d+ bytes on wire`), Foreign{Name: "output of tshark without the bytes", Help: "write hex: tshark -x"}},
}

// foreignText returns the kind of a text that is known to be none of the formats,
// or nil.
func foreignText(text string) *Foreign {
	begin := text[:min(len(text), 4096)]
	if n := strings.LastIndexByte(begin, '\n'); n > 0 && len(begin) < len(text) {
		begin = begin[:n] // whole lines
	}
	for i := range foreignTexts {
		if f := &foreignTexts[i]; f.form.MatchString(begin) {
			return &f.Foreign
		}
	}
	return nil
}

// gunzip returns the content of gzip data.
func gunzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(io.LimitReader(z, Limit+1))
	}
	switch {
	case err != nil:
		return nil, &Error{Reason: "damaged gzip data: it ends early, or its checksum is wrong"}
	case len(b) > Limit:
		return nil, ErrTooLong
	}
	return b, nil
}

// stripFences returns text with blanks in place of the fences and signs with which
// Markdown marks code.
func stripFences(text string) string {
	if !strings.Contains(text, "`") && !strings.Contains(text, "~~~") {
		return text
	}
	text = fence.ReplaceAllStringFunc(text, blankOut)
	if m := inlineCode.FindStringSubmatchIndex(text); m != nil {
		b := []byte(text)
		b[m[2]], b[m[3]-1] = ' ', ' '
		return string(b)
	}
	return text
}

var (
	fence      = regexp.MustCompile("(?m)^[ \t>]*(?:```+|~~~+)[^`\n]*$")
	inlineCode = regexp.MustCompile("^(?:[^`]*\\s)?(`[^`\n]+`)(?:[\\s.,:;][^`]*)?$") // not the text beside a dump
)

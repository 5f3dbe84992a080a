package pccrr_test

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// slowMessage is a second reading of MS-PCCRR 2.2: tables and one interpreter,
// nothing of it shared with the package. It gives what encoding/json makes of the
// package's JSON, and the first violation of a format rule.
type slowMessage struct {
	rule   string
	offset int // -1 if there is no violation
	fields map[string]any

	b  []byte
	at int
}

type slowViolation struct {
	offset int
	rule   string
}

// A field of slowBodies is a name and how to read it.
var slowBodies = map[uint64]struct {
	section  string
	response bool
	fields   string
}{
	0: {"2.2.4.1", false, "version:MinSupportedProtocolVersion version:MaxSupportedProtocolVersion"},
	1: {"2.2.5.1", true, "version:MinSupportedProtocolVersion version:MaxSupportedProtocolVersion"},
	2: {"2.2.4.2", false, "sized:SegmentID pad:ZeroPad ranges:NeededBlocksRangeCount,NeededBlockRanges"},
	3: {"2.2.4.3", false, "sized:SegmentID pad:ZeroPad ranges:ReqBlockRangeCount,ReqBlockRanges sized:DataForVrfBlock"},
	4: {"2.2.5.2", true, "sized:SegmentId pad:ZeroPad ranges:BlockRangeCount,BlockRanges number:NextBlockIndex"},
	5: {"2.2.5.3", true, "sized:SegmentId pad:ZeroPad number:BlockIndex number:NextBlockIndex sized:Block pad:ZeroPad_2 sized:VrfBlock pad:ZeroPad_3 sized:IVBlock"},
	6: {"2.2.4.4", false, "opaque:RequestID ids:SegmentIDs sized:ExtensibleBlob"},
	7: {"2.2.5.4", true, "opaque:RequestID ranges:SegmentRangeCount,SegmentRanges sized:ExtensibleBlob"},
}

func slowDecode(b []byte, response bool) (m slowMessage) {
	m = slowMessage{offset: -1, fields: map[string]any{}, b: b}
	defer func() {
		if v, ok := recover().(slowViolation); ok {
			m.rule, m.offset = "PCCRR-"+v.rule, v.offset
		}
	}()
	limit, start := uint64(98304), 0
	if response {
		limit, start = 393216, 4
		size := m.number(4, "2.2.2-Truncated")
		m.fields["TRANSPORT_RESPONSE_HEADER"] = map[string]any{"Size": size}
		m.must(size == float64(len(b)-4) && size <= float64(limit), 0, "2.2.2-Size")
	}
	header := map[string]any{}
	m.fields["MESSAGE_HEADER"] = header
	header["ProtVer"] = m.version("2.2.3-Truncated")
	header["MsgType"] = m.number(4, "2.2.3-Truncated")
	body, known := slowBodies[uint64(header["MsgType"].(float64))]
	m.must(known, start+4, "2.2.3-MsgType")
	m.must(body.response == response, start+4, "2.1.1-Direction")
	header["MsgSize"] = m.number(4, "2.2.3-Truncated")
	m.must(header["MsgSize"] == float64(len(b)-start), start+8, "2.2.3-MsgSize")
	m.must(len(b)-start <= int(limit), start+8, "2.2.3-MsgSizeLimit")
	crypto := m.number(4, "2.2.3-Truncated")
	header["CryptoAlgoId"] = crypto
	m.must(crypto <= 3, start+12, "2.2.3-CryptoAlgoId")
	fields := map[string]any{}
	m.fields["MESSAGE_BODY"] = fields
	last, section := 0, body.section
	for _, f := range strings.Fields(body.fields) {
		kind, name, _ := strings.Cut(f, ":")
		at := m.at
		switch kind {
		case "version":
			fields[name] = m.version(section + "-Truncated")
		case "number":
			rule := "-Truncated"
			if section == "2.2.5.2" {
				rule = "-NextBlockIndex"
			}
			fields[name] = m.number(4, section+rule)
		case "opaque":
			fields[name] = m.hex(16, section+"-Truncated")
		case "sized":
			last = m.sized(fields, name, section)
			switch {
			case name == "Block" && crypto > 0:
				m.must(last%16 == 0, at, section+"-Block")
			case name == "IVBlock" && crypto > 0 && fields["SizeOfBlock"] != 0.0:
				m.must(last == 16, at, section+"-IVBlock")
			}
		case "pad":
			m.pad(fields, name, last)
		case "ranges":
			count, list, _ := strings.Cut(name, ",")
			n := m.number(4, section+"-Truncated")
			fields[count] = n
			m.must(n*8 <= float64(len(b)-m.at), at, section+"-"+count)
			all := []any{}
			for range int(n) {
				all = append(all, map[string]any{"Index": m.number(4, ""), "Count": m.number(4, "")})
			}
			fields[list] = all
		case "ids":
			n := m.number(4, section+"-Truncated")
			fields["CountOfSegmentIDs"] = n
			m.must(n > 0 && n*4 <= float64(len(b)-m.at), at, section+"-CountOfSegmentIDs")
			all := []any{}
			for range int(n) {
				one := map[string]any{}
				m.pad(one, "ZeroPad", m.sized(one, "SegmentID", section))
				all = append(all, one)
			}
			fields[name] = all
		default:
			panic(kind)
		}
	}
	m.must(m.at == len(b), m.at, "2.1.1-OneMessage")
	return m
}

func (m *slowMessage) must(ok bool, offset int, rule string) {
	if !ok {
		panic(slowViolation{offset, rule})
	}
}

func (m *slowMessage) take(n int, rule string) []byte {
	m.must(len(m.b)-m.at >= n, m.at, rule)
	m.at += n
	return m.b[m.at-n : m.at]
}

func (m *slowMessage) number(n int, rule string) float64 {
	sum := 0.0
	for _, c := range m.take(n, rule) {
		sum = sum*256 + float64(c)
	}
	return sum
}

func (m *slowMessage) hex(n int, rule string) string { return hex.EncodeToString(m.take(n, rule)) }

// version is one field of 4 bytes.
func (m *slowMessage) version(rule string) any {
	b := m.take(4, rule)
	return map[string]any{"MinorVersion": float64(b[0])*256 + float64(b[1]), "MajorVersion": float64(b[2])*256 + float64(b[3])}
}

func (m *slowMessage) sized(fields map[string]any, name, section string) int {
	at := m.at
	missing, unbacked := "-Truncated", "-SizeOf"+name
	if name == "ExtensibleBlob" {
		missing, unbacked = "-Blob", "-Blob"
	}
	n := m.number(4, section+missing)
	fields["SizeOf"+name] = n
	m.must(n <= float64(len(m.b)-m.at), at, section+unbacked)
	fields[name] = m.hex(int(n), "")
	return int(n)
}

func (m *slowMessage) pad(fields map[string]any, name string, n int) {
	size := 0
	for (n+size)%4 != 0 {
		size++
	}
	if pad := m.hex(size, "2.2-Alignment"); size > 0 {
		fields[name] = pad
	}
}

func (m slowMessage) String() string {
	if m.offset < 0 {
		return "valid"
	}
	return fmt.Sprintf("%s at %d", m.rule, m.offset)
}

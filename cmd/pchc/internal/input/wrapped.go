package input

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// wrapping is how a program writes bytes with something around them that says what
// they are.
type wrapping struct {
	name string
	sign string // in every text of the form; tells fast where there is none
	form func() *regexp.Regexp
	read func(groups []string) (b []byte, reason string)
}

// wrappings are tried in this order. Each match of one is a message.
var wrappings = []wrapping{
	{"PEM", "-----BEGIN ", lazy(`-----BEGIN ([A-Za-z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*)-----END ([A-Za-z0-9 ]+)-----`), func(g []string) ([]byte, string) {
		if g[1] != g[3] {
			return nil, "the end of " + clip(g[1]) + " is missing"
		}
		b, reason := fromBase64(g[2])
		if name := strings.ToUpper(g[1]); reason == "" && !begins(b) && (strings.Contains(name, "CERTIFICATE") || strings.Contains(name, "KEY")) {
			return nil, "a certificate or a key, not a message" // certutil -encode calls everything a certificate
		}
		return b, reason
	}},
	{"data: URI", "data:", lazy(`\bdata:[\w/+.-]*(?:;[\w-]+=[\w-]+)*;base64,([A-Za-z0-9+/_%=-]+)`), func(g []string) ([]byte, string) {
		s := strings.NewReplacer("%3D", "=", "%3d", "=", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/").Replace(g[1])
		return fromBase64(s)
	}},
	{"YAML !!binary", "!!binary", lazy(`(?m)!!binary[ \t]*[|>][+-]?\d*[ \t]*\r?\n((?:^[ \t]+[A-Za-z0-9+/=]+[ \t\r]*$\n?)+)`), func(g []string) ([]byte, string) { return fromBase64(g[1]) }},
	{"YAML !!binary", "!!binary", lazy(`!!binary[ \t]+["']?([A-Za-z0-9+/=]+)["']?`), func(g []string) ([]byte, string) { return fromBase64(g[1]) }},
	{"Buffer of Node", "Buffer", lazy(`<(?:Buffer|SlowBuffer)((?: [0-9a-f]{2})*)( \.\.\. \d+ more bytes?)?>`), func(g []string) ([]byte, string) {
		if g[2] != "" {
			return nil, "Node shows only the first " + plural(len(g[1])/3, "byte") + ":" + g[2][len(" ..."):] + " were cut; print buffer.toString('hex')"
		}
		return fromHex(g[1])
	}},
	{"NSData", "bytes", lazy(`\{ *length *= *(\d+), *bytes *= *0x([0-9a-f]*(?: [0-9a-f]+)*)( *\.\.\.[ 0-9a-f]*)? *\}`), func(g []string) ([]byte, string) {
		if g[3] != "" {
			return nil, "'...' in the middle of these bytes: NSData was cut to fit a line; print all of its bytes"
		}
		b, reason := fromHex(g[2])
		if n, err := strconv.Atoi(g[1]); reason == "" && (err != nil || n != len(b)) {
			return nil, "a length of " + clip(g[1]) + ", but " + plural(len(b), "byte")
		}
		return b, reason
	}},
	{"NSData", "<", lazy(`<((?:[0-9a-f]{8} )*[0-9a-f]{2,8})>`), func(g []string) ([]byte, string) { return fromHex(g[1]) }},
	{"hex of a .reg file", "hex", lazy(`\bhex(?:\([0-9a-fA-F]+\))?:((?:[0-9a-fA-F]{2},(?:\\[ \t\r]*\n[ \t]*)?)*[0-9a-fA-F]{2}\b)(,?)`), func(g []string) ([]byte, string) {
		if g[2] != "" {
			return nil, "it ends with a comma: bytes were cut here; get all of them"
		}
		return fromHex(strings.NewReplacer(",", "", "\\", "").Replace(g[1]))
	}},
	{"bytea of PostgreSQL", `\`, lazy(`(?:^|[\s'"|(,=:])\\{1,2}x([0-9a-fA-F]{6,})\b`), func(g []string) ([]byte, string) { return fromHex(g[1]) }},
	{"hex literal of SQL", "'", lazy(`\b[xX]'([0-9A-Fa-f]+)'`), func(g []string) ([]byte, string) { return fromHex(g[1]) }},
	{"percent-encoded bytes", "%", lazy(`(?:^|[\s"'=:,?&])((?:[A-Za-z0-9._~!*()-]*%[0-9A-Fa-f]{2}){4,}[A-Za-z0-9._~!*()-]*)`), func(g []string) ([]byte, string) { return fromEscaped(g[1], '%'), "" }},
	{"quoted-printable", "=", lazy(`(?:^|\s)((?:(?:[!-<>-~]*=[0-9A-F]{2}|=\r?\n)){4,}[!-<>-~]*)`), func(g []string) ([]byte, string) {
		return fromEscaped(strings.NewReplacer("=\r\n", "", "=\n", "").Replace(g[1]), '='), ""
	}},
}

// parseWrapped reads bytes in one of the wrappings; ok is false if there are none.
func parseWrapped(text string) (parts []part, ok bool, err error) {
	for _, w := range wrappings {
		if !strings.Contains(text, w.sign) {
			continue
		}
		all := w.form().FindAllStringSubmatchIndex(text, -1)
		if all == nil {
			continue
		}
		lines := lineCounter{text: text}
		var spans []span
		for _, m := range all {
			groups := make([]string, len(m)/2)
			for i := range groups {
				if m[2*i] >= 0 {
					groups[i] = text[m[2*i]:m[2*i+1]]
				}
			}
			b, reason := w.read(groups)
			if reason != "" {
				return nil, true, faultAt(text, m[0], w.name+": "+reason)
			}
			parts = append(parts, part{data: b, line: lines.of(m[2]), form: w.name})
			spans = append(spans, span{m[0], m[1]})
		}
		if fault := checkRest(text, spans); fault != nil {
			return nil, true, fault
		}
		return parts, true, nil
	}
	if i := strings.Index(text, "-----BEGIN "); i >= 0 {
		return nil, true, faultAt(text, i, "PEM without its end: it was cut, or it has more than base64")
	}
	return nil, false, nil
}

func fromHex(s string) ([]byte, string) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, "an odd number of hex digits; a byte has two"
	}
	return b, ""
}

func fromBase64(s string) ([]byte, string) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.Join(strings.Fields(s), ""))
	b, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil, "truncated or corrupt base64"
	}
	return b, ""
}

// fromEscaped reads characters that stand for themselves, and bytes as two hex
// digits behind a sign.
func fromEscaped(s string, sign byte) (b []byte) {
	for i := 0; i < len(s); i++ {
		if s[i] != sign {
			b = append(b, s[i])
			continue
		}
		v, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
		b = append(b, byte(v))
		i += 2
	}
	return b
}

const goTestVersion = "go test fuzz v1"

// parseGoTest reads a seed file of go test as Go does: a character of a string is
// UTF-8.
func parseGoTest(lines []line) ([]part, error) {
	var parts []part
	for _, l := range lines[1:] {
		s := strings.TrimSpace(l.text)
		kind, literal, _ := strings.Cut(s, "(")
		if kind != "[]byte" && kind != "string" {
			continue // a number beside the message
		}
		inner := strings.TrimSpace(strings.TrimSuffix(literal, ")"))
		value, err := strconv.Unquote(inner)
		if err != nil || inner == literal || inner[0] == '\'' {
			return nil, l.fault(0, "not a Go string of a go test seed: it was cut or edited")
		}
		parts = append(parts, part{data: []byte(value), line: l.no, form: "go test seed"})
	}
	if len(parts) != 1 {
		return nil, lines[0].fault(0, "a go test seed must have one value of bytes, not "+strconv.Itoa(len(parts)))
	}
	return parts, nil
}

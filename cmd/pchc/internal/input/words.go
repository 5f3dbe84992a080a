package input

import (
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// hexWord is hex among other words: one number, or pairs with one sign between
// them.
var hexWord = regexp.MustCompile(`\b(?:0[xX])?([0-9A-Fa-f]{10,})\b|\b[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){4,}\b|` +
	`\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){4,}\b|\b[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){4,}\b`)

// namedWord is the value of something in a line of a log.
var namedWord = regexp.MustCompile(`[=:][ "'\[(<]*(?:0[xX])?[0-9A-Fa-f]{2}`)

// cutWord says that a line of a log does not show everything.
var cutWord = regexp.MustCompile(`\.\.\.|[\[(<](?:truncated|cut)\b|\bmore bytes\b`)

// base64Word is base64 behind a name.
var base64Word = regexp.MustCompile(`[=: "'\[(]([A-Za-z0-9+/_-]{7,}={0,2})(?:$|[\s"'\]),;])`)

// parseWords reads lines of a log, or of other text, of which each has one word of
// hex or base64 that is a message beyond doubt, and no other hex. ok is false if
// none has.
func parseWords(lines []line) (parts []part, ok bool) {
	for _, l := range lines {
		words := hexWord.FindAllString(l.text, -1)
		if prose.MatchString(l.text) && !namedWord.MatchString(l.text) {
			return nil, false
		}
		if len(words) == 0 {
			if m := base64Word.FindStringSubmatch(l.text); m != nil {
				if b, reason := fromBase64(m[1]); reason == "" && flawless(b) {
					parts = append(parts, part{data: b, line: l.no, form: "base64 among other text"})
				}
			}
			continue
		}
		found := 0
		for _, w := range words {
			if b, err := hex.DecodeString(wordSigns.Replace(w)); err == nil && looks(b) {
				parts = append(parts, part{data: b, line: l.no, form: "hex among other text"})
				found++
			} else if strings.Trim(w, "0123456789") != "" {
				return nil, false // what else is this?
			}
		}
		if found > 1 || found == 1 && cutWord.MatchString(l.text) {
			return nil, false
		}
	}
	return parts, len(parts) > 0
}

// hasMessage reports whether a word of hex in a text begins like a message.
func hasMessage(s string) bool {
	for _, w := range hexWord.FindAllString(s, -1) {
		if b, err := hex.DecodeString(wordSigns.Replace(w)); err == nil && looks(b) {
			return true
		}
	}
	return false
}

// wordSigns are what a word of hex has beside digits.
var wordSigns = strings.NewReplacer(" ", "", ":", "", "-", "", "0x", "", "0X", "")

// parseDecimals reads bytes as decimal numbers, one after the other or one a line,
// as shells print lists. Hex has another form: a number of three digits, or all
// below 10, tell.
func parseDecimals(lines []line) (parts []part, ok bool) {
	var b []byte
	small, sure := true, false
	for _, l := range lines {
		for _, w := range strings.FieldsFunc(l.text, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' || c == ';' }) {
			v, err := strconv.ParseInt(w, 10, 16)
			if err != nil || v < -128 || v > 255 || len(w) > 1 && w[0] == '0' || w[0] == '+' {
				return nil, false
			}
			small = small && v >= 0 && v < 10
			sure = sure || v > 99 || v < 0
			b = append(b, byte(v))
		}
	}
	if !small && !sure || len(b) < 5 || !looks(b) {
		return nil, false
	}
	return []part{{data: b, line: lines[0].no, form: "decimal numbers"}}, true
}

// parseBinaryDigits reads bytes of eight binary digits.
func parseBinaryDigits(lines []line) (parts []part, ok bool) {
	var b []byte
	for _, l := range lines {
		for _, w := range strings.Fields(l.text) {
			v, err := strconv.ParseUint(w, 2, 8)
			if err != nil || len(w) != 8 {
				return nil, false
			}
			b = append(b, byte(v))
		}
	}
	if len(b) < 5 || !looks(b) {
		return nil, false
	}
	return []part{{data: b, line: lines[0].no, form: "binary digits"}}, true
}

// parseBase32 reads base32; ok is false for a text that is not of its digits, or
// that makes sense as base64.
func parseBase32(lines []line) (parts []part, ok bool, err error) {
	var s strings.Builder
	for _, l := range lines {
		s.WriteString(strings.TrimSpace(l.text))
	}
	digits := s.String()
	if len(digits)%8 != 0 || strings.Trim(strings.TrimRight(digits, "="), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return nil, false, nil
	}
	if b, reason := fromBase64(digits); reason == "" && flawless(b) {
		return nil, false, nil
	}
	b, fault := base32.StdEncoding.DecodeString(digits)
	if fault == nil && looks(b) {
		return []part{{data: b, line: lines[0].no, form: "base32"}}, true, nil
	}
	if len(digits) < 16 {
		return nil, false, nil
	}
	return nil, true, lines[0].fault(0, "this looks like base32, but not of a message; decode it first: base32 -d")
}

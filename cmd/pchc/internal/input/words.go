package input

import (
	"encoding/base32"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// hexWord is hex among other words: one number, or pairs with one sign between
// them.
var hexWord = lazy(`\b(?:0[xX])?([0-9A-Fa-f]{10,})\b|\b[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){4,}\b|` +
	`\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){4,}\b|\b[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){4,}\b`)

// namedWord is the value of something in a line of a log.
var namedWord = lazy(`[=:][ "'\[(<]*(?:0[xX])?[0-9A-Fa-f]{2}`)

// cutWord says that a line of a log does not show everything.
var cutWord = lazy(`\.\.\.|[\[(<](?:truncated|cut)\b|\bmore bytes\b`)

// base64Word is base64 behind a name.
var base64Word = lazy(`[=: "'\[(]([A-Za-z0-9+/_-]{7,}={0,2})(?:$|[\s"'\]),;])`)

// parseWords reads lines of a log, or of other text, of which each has one word of
// hex or base64 that is a message beyond doubt, and no other hex. Without any it
// returns nothing; a word that was cut, or stands in prose, is a fault.
func parseWords(lines []line) (parts []part, err error) {
	for _, l := range lines {
		more, err := wordLine(l)
		if err != nil {
			if errors.Is(err, errOtherText) {
				err = nil
			}
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// errOtherText is the cause of the fault of a line that has no business in a log.
var errOtherText = errors.New("prose, or other hex")

// wordLine reads one line of a log, of which not each has a message.
func wordLine(l line) ([]part, error) {
	if prose().MatchString(l.text) && !namedWord().MatchString(l.text) {
		if hasMessage(l.text) {
			return nil, l.fault(0, "text and hex mixed; give only the hex")
		}
		return nil, l.fault(0, "this line is prose, others have messages").because(errOtherText)
	}
	words := hexWord().FindAllString(l.text, -1)
	if len(words) == 0 {
		if m := base64Word().FindStringSubmatch(l.text); m != nil {
			if b, reason := fromBase64(m[1]); reason == "" && flawless(b) {
				return []part{{data: b, line: l.no, form: "base64" + amongText}}, nil
			}
		}
		return nil, nil
	}
	var parts []part
	for _, w := range words {
		if b, err := hex.DecodeString(wordSigns.Replace(w)); err == nil && looks(b) {
			parts = append(parts, part{data: b, line: l.no, form: "hex" + amongText})
		} else if strings.Trim(w, "0123456789") != "" {
			return nil, l.fault(0, "this line has hex that is no message, others have messages").because(errOtherText)
		}
	}
	if at := cutWord().FindStringIndex(l.text); len(parts) == 1 && at != nil {
		return nil, l.fault(at[0], "'"+strings.TrimSpace(l.text[at[0]:at[1]])+"' means that bytes were left out here; get all of them")
	}
	if len(parts) > 1 {
		return nil, l.fault(0, "several messages on one line").because(errOtherText)
	}
	return parts, nil
}

// amongText ends the form of a part that was a word of a log.
const amongText = " among other text"

// hasMessage reports whether a word of hex in a text begins like a message.
func hasMessage(s string) bool {
	for _, w := range hexWord().FindAllString(s, -1) {
		if b, err := hex.DecodeString(wordSigns.Replace(w)); err == nil && looks(b) {
			return true
		}
	}
	return false
}

// wordSigns are what a word of hex has beside digits.
var wordSigns = strings.NewReplacer(" ", "", ":", "", "-", "", "0x", "", "0X", "")

// numbered is an element of an array as debuggers and consoles list them, one a
// line: "[0]: 0", "[0] 0x00 byte", "0: 0", "- 0 : 0".
var numbered = lazy(`^[\s-]*\[?(\d+)\]?(?:\s*[:=]\s*|\s+)(0x[0-9A-Fa-f]{1,2}|\d{1,3})(?:\s.*)?$`)

// parseNumbered reads elements with their numbers, from 0 on and without a gap.
func parseNumbered(lines []line) (parts []part, ok bool) {
	var b []byte
	first := 0
	for _, l := range lines {
		m := numbered().FindStringSubmatch(l.text)
		if m == nil && len(b) == 0 {
			continue // such as the name of the array
		}
		if m == nil || m[1] != strconv.Itoa(len(b)) {
			return nil, false
		}
		v, err := strconv.ParseUint(m[2], 0, 8)
		if err != nil {
			return nil, false
		}
		if len(b) == 0 {
			first = l.no
		}
		b = append(b, byte(v))
	}
	if len(b) < 5 || !looks(b) {
		return nil, false
	}
	return []part{{data: b, line: first, form: "numbered elements"}}, true
}

// otherNumbers returns the fault of numbers that are no bytes in hex, as od writes
// them without offsets: words of which only the other order makes sense, or decimal
// and octal ones. It returns nil where nothing speaks for that.
func otherNumbers(lines []line) *Error {
	const instead = "; write single bytes in hex: od -An -v -tx1"
	var numbers []string
	for _, l := range lines[:min(len(lines), lookahead)] {
		numbers = append(numbers, strings.Fields(l.text)...)
	}
	hexWords, octal, digits, odd := true, true, true, false
	var swapped []byte
	for _, w := range numbers {
		how := notations[0]
		hexWords = hexWords && (len(w) == 4 || len(w) == 8 || len(w) == 16) && hexLen(w) == len(w)
		if octal = octal && notations[2].run(w) == len(w); octal {
			how = notations[2]
		}
		if hexWords || octal {
			b := how.append(nil, w)
			slices.Reverse(b)
			swapped = append(swapped, b...)
		}
		digits = digits && strings.Trim(strings.TrimPrefix(w, "-"), "0123456789") == ""
		odd = odd || len(w) > 2 && len(w)%2 != 0
	}
	switch {
	case (hexWords || octal) && looks(swapped):
		return lines[0].fault(0, "words whose bytes are in the other order, and it is not known how many the last one has"+instead)
	case digits && odd && len(numbers) > 4:
		return lines[0].fault(0, "decimal or octal numbers, or words of them"+instead)
	}
	return nil
}

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

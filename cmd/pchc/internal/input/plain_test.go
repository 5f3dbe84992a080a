package input

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What parseText leaves out for a word of hex digits would not have found anything in it.
func TestPlainHex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "before") +
			rapid.StringMatching(`[0-9]{1,40}|[0-9a-fA-F]{1,80}`).Draw(t, "word") +
			rapid.SampledFrom([]string{"", "\n", "\r\n", " \t"}).Draw(t, "after")
		if !isPlainHex(text) {
			t.Fatalf("%q is not plain hex", text)
		}
		_, _, isHTTP := afterNoise([]byte(text))
		_, isWrapped, _ := parseWrapped(text)
		if f := foreignText(text); f != nil || isHTTP || isWrapped || isJSON(text) || directive().MatchString(text) || isLiteral(text) {
			t.Errorf("%q: %v %t %t %t %t %t", text, f, isHTTP, isWrapped, isJSON(text), directive().MatchString(text), isLiteral(text))
		}
	})
	for _, text := range []string{"00 01", "0x00", "00\n01", "00,01", "0g", "00:01", strings.Repeat("0", 99) + "\\"} {
		if isPlainHex(text) {
			t.Errorf("%q is plain hex", text)
		}
	}
}

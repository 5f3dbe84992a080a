package testutil

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// Key is a key to be put where Redacted looks for it: 64 bytes, none like
// another, of which a prefix will do.
var Key = func() []byte {
	key := make([]byte, 64)
	for i := range key {
		key[i] = 0x80 | byte(i*37)%0x7F
	}
	return key
}()

// Redacted prints v, a pointer to it and a slice, a map and a struct that hold
// it in every way that programs print values, and fails the test where four
// bytes of Key in a row come out, in any notation. It leaves out %p and %w of
// values that are neither pointers nor errors: fmt then asks no method of a
// value how to print it, and go vet reports such calls.
func Redacted(t *testing.T, v any) {
	t.Helper()
	pointer := reflect.New(reflect.TypeOf(v))
	pointer.Elem().Set(reflect.ValueOf(v))
	for _, v := range []any{v, pointer.Interface(), []any{v}, map[string]any{"v": v}, struct{ V any }{v}} {
		var out strings.Builder
		for _, verb := range "vTsqxXdobcUeEfFgGt" {
			for _, flag := range []string{"", "+", "#", " ", "0", "-", "+#", "100.50"} {
				format := "%" + flag + string(verb)
				fmt.Fprintf(&out, format+"\n", v)
			}
		}
		fmt.Fprintln(&out, v, fmt.Errorf("%v: %w", v, fmt.Errorf("%+v", v)))
		if b, err := json.Marshal(v); err != nil {
			fmt.Fprintln(&out, err)
		} else {
			fmt.Fprintf(&out, "%s\n", b)
		}
		if b, err := xml.Marshal(v); err == nil {
			fmt.Fprintf(&out, "%s\n", b)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		if shown, line := findKey(out.String()); line != "" {
			t.Errorf("%T shows the key as %q: %.500s", v, shown, line)
		}
	}
}

// findKey returns the first line of text that shows four bytes in a row of Key,
// and how.
func findKey(text string) (shown, line string) {
	for _, form := range keyForms() {
		if !strings.Contains(text, form) {
			continue
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, form) {
				return form, line
			}
		}
	}
	return "", ""
}

// keyForms are the ways to write four bytes in a row of Key.
var keyForms = sync.OnceValue(func() (forms []string) {
	for i := range len(Key) - 4 {
		part := Key[i : i+4]
		digits := hex.EncodeToString(part)
		forms = append(forms, digits, strings.ToUpper(digits), string(part), strings.Trim(fmt.Sprintf("%q", part), `"`))
		for _, format := range []string{"%d", "%o", "%b", "%#x", "%x", "%#o", "%X", "%U", "%c", "%q"} {
			for _, gap := range []string{" ", ", ", ","} {
				var all []string
				for _, c := range part {
					all = append(all, fmt.Sprintf(format, c))
				}
				forms = append(forms, strings.Join(all, gap))
			}
		}
		if i+6 <= len(Key) { // base64, wherever a group of it begins
			forms = append(forms, base64.StdEncoding.EncodeToString(Key[i:i+6]))
		}
	}
	return forms
})

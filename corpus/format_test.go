package corpus

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the vector files in the standard layout, with the right numberOfTests")

// lineLimit is how long an object or array of plain values may get before it
// is broken into lines. It fits a segment with SHA-512 hashes.
const lineLimit = 400

// TestLayout keeps the layout of the vector files standard, so that a change
// of a vector shows as a change of that vector and nothing else.
func TestLayout(t *testing.T) {
	names, err := filepath.Glob("vectors/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no vector files: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(name, layout(t, name, setCount(t, name, text)), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !bytes.Equal(text, layout(t, name, text)) {
			t.Errorf("%s is not in the standard layout; go test ./corpus -run TestLayout -update rewrites it", name)
		}
	}
}

// setCount replaces the value of numberOfTests by what it should be.
func setCount(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	var f struct {
		NumberOfTests json.RawMessage
		Groups        []struct{ Tests []json.RawMessage }
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	n := 0
	for _, g := range f.Groups {
		n += len(g.Tests)
	}
	key, count := []byte(`"numberOfTests":`), mustMarshal(t, n)
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return bytes.Replace(compact.Bytes(), slices.Concat(key, f.NumberOfTests), slices.Concat(key, count), 1)
}

// layout writes a JSON text with two blanks of indentation, but an object or
// array that holds plain values only, and not too many, on one line.
func layout(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return append(layoutValue(nil, compact.Bytes(), 0), '\n')
}

// layoutValue appends one compact JSON value to dst.
func layoutValue(dst, value []byte, depth int) []byte {
	if value[0] != '{' && value[0] != '[' {
		return append(dst, value...)
	}
	members := split(value[1 : len(value)-1])
	plain := !slices.ContainsFunc(members, func(m []byte) bool {
		_, v := keyOf(m)
		return (v[0] == '{' || v[0] == '[') && len(v) > 2
	})
	oneLine := plain && len(value) <= lineLimit
	newline := func(depth int) {
		dst = append(dst, '\n')
		dst = append(dst, bytes.Repeat([]byte("  "), depth)...)
	}
	dst = append(dst, value[0])
	for i, m := range members {
		switch {
		case !oneLine:
			newline(depth + 1)
		case i > 0:
			dst = append(dst, ' ')
		}
		key, v := keyOf(m)
		if key != nil {
			dst = append(append(dst, key...), ": "...)
		}
		dst = layoutValue(dst, v, depth+1)
		if i < len(members)-1 {
			dst = append(dst, ',')
		}
	}
	if !oneLine {
		newline(depth)
	}
	return append(dst, value[len(value)-1])
}

// split cuts the inside of a compact object or array at its commas.
func split(inside []byte) [][]byte {
	var members [][]byte
	start := 0
	scan(inside, func(i int) {
		if inside[i] == ',' {
			members = append(members, inside[start:i])
			start = i + 1
		}
	})
	if start < len(inside) {
		members = append(members, inside[start:])
	}
	return members
}

// keyOf cuts a member at its colon; an element of an array has no key.
func keyOf(member []byte) (key, value []byte) {
	value = member
	scan(member, func(i int) {
		if member[i] == ':' && key == nil {
			key, value = member[:i], member[i+1:]
		}
	})
	return key, value
}

// scan calls f for each byte of compact JSON that is neither in a string nor
// in a nested object or array.
func scan(text []byte, f func(i int)) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case depth == 0:
			f(i)
		}
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

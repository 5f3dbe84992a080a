package input

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// drawMessage returns a valid message, rarely a long one.
func drawMessage(r *rand.Rand) []byte {
	for {
		kind := []spec.Kind{spec.Request, spec.Request, spec.Response, spec.Content}[r.IntN(4)]
		if b := generate.Valid(r, kind).Bytes; len(b) < 700 && flawless(b) && looks(b) {
			return b
		}
	}
}

// A noise is how a copy of text differs from it.
var noises = []struct {
	name  string
	dumps bool // for dumps only
	alone bool // only if rows prove themselves, or there are several
	make  func(s string) string
}{
	{name: "none", make: func(s string) string { return s }},
	{name: "CR LF", make: func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
	{name: "byte order mark", make: func(s string) string { return "\ufeff" + s }},
	{name: "UTF-16", make: func(s string) string { return string(utf16Bytes("\ufeff"+s, binary.LittleEndian)) }},
	{name: "UTF-16 without a mark", make: func(s string) string { return string(utf16Bytes("\n"+s+"\n", binary.BigEndian)) }},
	{name: "blank lines", make: func(s string) string { return "\n\n" + s + "\n\n" }},
	{name: "colour", make: func(s string) string {
		return "\x1b[1;32m" + strings.ReplaceAll(s, "00", "\x1b[38;5;242m00\x1b[0m") + "\x1b[0m"
	}},
	{name: "indent", dumps: true, make: prefixed(func(int) string { return "    " })},
	{name: "mail", dumps: true, make: prefixed(func(int) string { return "> " })},
	{name: "mail of a mail", dumps: true, make: prefixed(func(int) string { return ">> > " })},
	{name: "grep", dumps: true, alone: true, make: prefixed(func(int) string { return "dump.txt:" })},
	{name: "grep -n", dumps: true, alone: true, make: prefixed(func(i int) string { return fmt.Sprintf("%d:", 8+i) })},
	{name: "dmesg", dumps: true, alone: true, make: prefixed(func(i int) string { return fmt.Sprintf("[%5d.%06d] ipxe: ", 9+i/3, 999000-i*7000) })},
	{name: "log", dumps: true, alone: true, make: prefixed(func(i int) string {
		return fmt.Sprintf("2026-11-29T12:%02d:%02d.1%02dZ DEBUG [worker-1a2b] cache: ", i/60, i%60, i%100)
	})},
	{name: "fence", make: func(s string) string { return "```text\n" + strings.TrimSuffix(s, "\n") + "\n```\n" }},
	{name: "prompt", dumps: true, make: func(s string) string { return "user@host:~$ xxd body.bin\n" + s + "user@host:~$ \n" }},
}

func utf16Bytes(s string, order binary.AppendByteOrder) (b []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, c)
	}
	return b
}

func prefixed(prefix func(i int) string) func(s string) string {
	return func(s string) string {
		lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
		for i := range lines {
			lines[i] = prefix(i) + lines[i]
		}
		return strings.Join(lines, "\n") + "\n"
	}
}

// TestGenerated: messages in every form, with every noise around, come back.
func TestGenerated(t *testing.T) {
	const seed = 20
	r := rand.New(rand.NewPCG(seed, 0))
	each := 12
	if testing.Short() {
		each = 2
	}
	for _, f := range forms() {
		for _, n := range noises {
			for range each {
				b := drawMessage(r)
				text := f.write(b)
				switch goTest := f.name == "go test"; {
				case n.dumps && !f.dump, n.alone && !f.alone && len(b) <= 32,
					n.name == "fence" && (goTest || f.name == "backticks"), n.name == "blank lines" && goTest,
					n.name == "UTF-16 without a mark" && (goTest || text[0] >= 0x80):
					continue
				}
				text = n.make(text)
				m, err := Parse([]byte(text), Options{})
				if err != nil || len(m) != 1 || !bytes.Equal(m[0].Bytes, b) {
					t.Errorf("%s, %s, seed %d: %v, %d messages of\n%s", f.name, n.name, seed, err, len(m), text[max(0, len(text)-300):])
					break
				}
			}
		}
	}
}

// mutate damages text in one way, and returns the lines, of both, that it touched.
func mutate(r *rand.Rand, text string) (damaged string, touched []string) {
	lines := strings.SplitAfter(text, "\n")
	i, k := r.IntN(len(lines)), r.IntN(len(lines))
	touched = []string{lines[i]}
	switch r.IntN(6) {
	case 0, 1: // a character
		s := []byte(lines[i])
		if len(s) < 2 {
			return text, nil
		}
		if at := r.IntN(len(s) - 1); r.IntN(2) == 0 {
			s[at] = "0123456789abcdef"[r.IntN(16)]
		} else {
			s[at] = byte(' ' + r.IntN(95))
		}
		lines[i] = string(s)
		touched = append(touched, lines[i])
	case 2:
		lines = slices.Delete(lines, i, i+1)
	case 3:
		lines = slices.Insert(lines, i, lines[i])
	case 4:
		lines[i], lines[k] = lines[k], lines[i]
		touched = lines[min(i, k) : max(i, k)+1]
	case 5: // the rest of the text, or of a line
		at := r.IntN(len(lines[i]) + 1)
		if r.IntN(2) == 0 {
			return strings.Join(lines[:i], "") + lines[i][:at], lines[i:]
		}
		lines[i] = lines[i][:at] + "\n"
	}
	return strings.Join(lines, ""), touched
}

// explained reports whether a message is what a damaged text with the bytes b says
// all the same. Of a dump that is b, or a part of it without a gap, or b with other
// bytes where characters were changed. Text without offsets cannot tell that a line
// is missing, twice or elsewhere: of that it is b but for what the lines hold that
// were touched, at most one byte for each character.
func explained(got, b []byte, dump bool, changed int) bool {
	for at := 0; at+len(got) <= len(b); at++ {
		differ := 0
		for i := range got {
			if got[i] != b[at+i] {
				differ++
			}
		}
		if differ <= changed {
			return true
		}
	}
	if dump {
		return false
	}
	begin := 0
	for begin < min(len(got), len(b)) && got[begin] == b[begin] {
		begin++
	}
	end := 0
	for end < min(len(got), len(b))-begin && got[len(got)-1-end] == b[len(b)-1-end] {
		end++
	}
	return begin+end >= min(len(got), len(b))-changed && len(got) <= len(b)+changed
}

// TestMutations: whatever happens to a text on its way, no message comes out that
// it does not hold. What is refused or shown with a violation invents nothing.
func TestMutations(t *testing.T) {
	const seed = 20
	r := rand.New(rand.NewPCG(seed, 0))
	n := 10000
	if testing.Short() {
		n = 1000
	}
	all := forms()
	fine := 0
	for i := range n {
		f := all[r.IntN(len(all))]
		b := drawMessage(r)
		text, changed := f.write(b), 0
		for range 1 + r.IntN(2) {
			if changed > 0 && !f.dump {
				break
			}
			var touched []string
			text, touched = mutate(r, text)
			for _, l := range touched {
				changed += len(l)
			}
		}
		m, err := Parse([]byte(text), Options{})
		if f.dump {
			changed = 2 // characters, at most
		}
		if err != nil {
			var e *Error
			var foreign *Foreign
			if !errors.As(err, &e) && !errors.As(err, &foreign) && err != ErrEmpty {
				t.Errorf("%d: %v", i, err)
			}
			continue
		}
		if slices.ContainsFunc(m, func(m Message) bool { return m.Problem != "" || !flawless(m.Bytes) }) {
			continue // exit status 1
		}
		fine++
		for _, m := range m {
			if !explained(m.Bytes, b, f.dump, changed) {
				t.Errorf("seed %d, %d: %s invents\n%x, it was\n%x:\n%s", seed, i, f.name, m.Bytes, b, text)
			}
		}
	}
	t.Logf("%d of %d damaged texts still have a valid message", fine, n)
}

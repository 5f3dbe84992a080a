package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// contentLike returns n bytes that begin like Content Information 2.0.
func contentLike(r *rand.Rand, n int) []byte {
	b := append([]byte{0, 2, 4}, make([]byte, 28)...)
	for len(b) < n {
		b = append(b, byte(r.Uint32()))
	}
	return b[:n]
}

// dumpsOf are dumps as tools write them. od's and hexdump's words are little-endian.
func dumpsOf(b []byte) map[string]string {
	swapped := func(row []byte) string {
		var s []string
		for i := 0; i < len(row); i += 2 {
			s = append(s, fmt.Sprintf("%02x%02x", row[min(i+1, len(row)-1)], row[i]))
		}
		return strings.Join(s, " ")
	}
	end := func(format string) string { return fmt.Sprintf("\n"+format+"\n", len(b)) }
	return map[string]string{
		"xxd":        rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-40s %s", i, words(r, 2), textOf(r)) }),
		"xxd -c 32":  rows(b, 32, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-80s %s", i, words(r, 2), textOf(r)) }),
		"hexdump -C": rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x  %-49s |%s|", i, words(r, 1), textOf(r)) }) + end("%08x"),
		"od -tx1":    rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%07o %s", i, words(r, 1)) }) + end("%07o"),
		"od -Ad":     rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%07d %s", i, words(r, 1)) }) + end("%07d"),
		"xxd -d":     rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%08d: %-40s %s", i, words(r, 2), textOf(r)) }),
		"hexdump":    rows(b[:len(b)&^1], 16, func(i int, r []byte) string { return fmt.Sprintf("%07x %s", i, swapped(r)) }) + fmt.Sprintf("\n%07x\n", len(b)&^1),
	}
}

// TestCopyDump: it writes what Parse returns, of dumps of all lengths around those at
// which bytes are written, and offsets that need more digits.
func TestCopyDump(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{40, 41, 63, 64, 65, 1000, many - 1, many, many + 16, 3*many + 5} {
		b := contentLike(r, n)
		for tool, text := range dumpsOf(b) {
			want := b
			if tool == "hexdump" {
				want = b[:n&^1]
			}
			for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n"), "\n" + text + "\n\n"} {
				var got bytes.Buffer
				if err := CopyDump(&got, iotest.HalfReader(strings.NewReader(text))); err != nil || !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%s, %d bytes: %v, %d bytes", tool, n, err, got.Len())
				}
			}
		}
	}
	b := contentLike(r, 2<<20+100) // whose last octal offsets have 8 digits
	var got bytes.Buffer
	if err := CopyDump(&got, strings.NewReader(dumpsOf(b)["od -tx1"])); err != nil || !bytes.Equal(got.Bytes(), b) {
		t.Errorf("od, 2 MiB: %v, %d bytes", err, got.Len())
	}
}

// TestParseOffset: octal and decimal offsets have as many digits as tools write, or more.
func TestParseOffset(t *testing.T) {
	for _, c := range []struct {
		digits string
		radix  int
		marked bool
		want   uint64
		ok     bool
	}{
		{"0000020", 8, false, 16, true}, {"10000000", 8, false, 1 << 21, true}, {"00000020", 8, false, 0, false},
		{"000020", 8, false, 0, false}, {"0000020", 8, true, 0, false}, {"0000016", 10, false, 16, true},
		{"10000000", 10, false, 10000000, true}, {"00000016", 10, true, 16, true}, {"100000000", 10, true, 100000000, true},
		{"000000016", 10, true, 0, false}, {"0000016", 10, true, 0, false}, {"10", 16, false, 16, true},
	} {
		r := row{digits: c.digits, marked: c.marked}
		if v, ok := r.parseOffset(c.radix); ok != c.ok || ok && v != c.want {
			t.Errorf("%+v: %d, %v", c, v, ok)
		}
	}
}

// TestCopyDumpStars: rows that "*" stands for are written, however many.
func TestCopyDumpStars(t *testing.T) {
	for _, times := range []int{1, 2, 5000, 1 << 20} {
		b := append(contentLike(rand.New(rand.NewPCG(1, 1)), 64), bytes.Repeat(slices.Repeat([]byte{7}, 16), times+1)...)
		text := rows(b[:80], 16, func(i int, r []byte) string { return fmt.Sprintf("%08x  %s", i, words(r, 1)) })
		text += fmt.Sprintf("\n*\n%08x\n", len(b))
		var got bytes.Buffer
		if err := CopyDump(&got, strings.NewReader(text)); err != nil || !bytes.Equal(got.Bytes(), b) {
			t.Errorf("%d times: %v, %d bytes, want %d", times, err, got.Len(), len(b))
		}
	}
	text := "00000000  00 02 04 00 00 00 00 00  00 00 00 00 00 00 00 00\n*\nfffffff0\n"
	if err := CopyDump(io.Discard, strings.NewReader(text)); err != ErrTooLong {
		t.Errorf("4 GiB: %v", err)
	}
}

// TestCopyDumpMutated: of damaged dumps, it reads only those that Parse reads, as the same.
func TestCopyDumpMutated(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	read, faults := 0, 0
	for range 3000 {
		b := contentLike(r, 32+r.IntN(100))
		dumps := dumpsOf(b)
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range dumps {
				if !yield(name) {
					return
				}
			}
		})
		text := []byte(dumps[names[r.IntN(len(names))]])
		switch at := r.IntN(len(text)); r.IntN(5) {
		case 0:
			text = slices.Delete(text, at, min(at+1+r.IntN(80), len(text)))
		case 1:
			text = slices.Insert(text, at, []byte("0 \n*x:")[r.IntN(6)])
		case 2:
			text[at] = "0f \ng"[r.IntN(5)]
		case 3:
			text = append(text, text[at:]...)
		}
		var got bytes.Buffer
		err := CopyDump(&got, bytes.NewReader(text))
		var fault *Error
		switch {
		case err == nil:
			read++
			all, err := Parse(text, Options{NoPackets: true})
			if err != nil || len(all) != 1 || !bytes.Equal(all[0].Bytes, got.Bytes()) {
				t.Fatalf("%v, %d messages, want one of\n%x\n%s", err, len(all), got.Bytes(), text)
			}
		case errors.As(err, &fault):
			faults++
		case err != ErrNotDump:
			t.Fatalf("%v\n%s", err, text)
		}
	}
	if read < 500 || faults < 500 {
		t.Errorf("%d were read, %d had a fault, want more", read, faults)
	}
}

// TestCopyDumpRefuses what is not one dump alone.
func TestCopyDumpRefuses(t *testing.T) {
	dump := dumpsOf(contentLike(rand.New(rand.NewPCG(1, 2)), 100))["hexdump -C"]
	later := strings.Join(strings.Split(dump, "\n")[1:], "\n")
	for _, text := range []string{"", "\n \n", "hello", "0002", "title\n" + dump, dump + "the end\n", dump + dump, later,
		dump[:len(dump)/2] + "\r" + dump[len(dump)/2:], strings.Repeat(" ", maxLine+1) + dump, "\xff\xfe" + dump, dump + "\x01"} {
		if err := CopyDump(io.Discard, strings.NewReader(text)); err != ErrNotDump && !errors.As(err, new(*Error)) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
	broken := errors.New("broken")
	for n := range len(dump) {
		if err := CopyDump(io.Discard, io.MultiReader(strings.NewReader(dump[:n]), iotest.ErrReader(broken))); err != broken {
			t.Fatalf("broken at %d: %v", n, err)
		}
	}
	for _, n := range []int{100, 2 * many} {
		dump := dumpsOf(contentLike(rand.New(rand.NewPCG(1, 2)), n))["xxd"]
		pipe, to := io.Pipe()
		pipe.CloseWithError(broken)
		if err := CopyDump(to, strings.NewReader(dump)); err != broken {
			t.Errorf("%d bytes to a broken pipe: %v", n, err)
		}
	}
}

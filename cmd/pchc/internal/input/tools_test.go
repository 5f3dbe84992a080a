package input

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dress returns text in the ways in which a copy of it may differ.
func dress(text string) map[string][]byte {
	utf16 := []byte{0xff, 0xfe}
	for _, c := range []byte(text) {
		utf16 = append(utf16, c, 0)
	}
	trimmed := strings.Split(text, "\n")
	for i := range trimmed {
		trimmed[i] = strings.TrimRight(trimmed[i], " ")
	}
	return map[string][]byte{
		"as written":       []byte(text),
		"CR LF":            []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"trailing blanks":  []byte(strings.ReplaceAll(text, "\n", "  \t\n")),
		"blanks trimmed":   []byte(strings.Join(trimmed, "\n")),
		"indented":         []byte("    " + strings.ReplaceAll(text, "\n", "\n    ")),
		"blank lines":      []byte("\n\n" + strings.ReplaceAll(text, "\n", "\n\n")),
		"byte order mark":  []byte("\ufeff" + text),
		"UTF-16":           utf16,
		"no-break spaces":  []byte(strings.ReplaceAll(text, " ", "\u00a0")),
		"without line end": []byte(strings.TrimRight(text, "\n")),
	}
}

// TestTools reads what real tools write.
func TestTools(t *testing.T) {
	a, err := txtar.ParseFile("testdata/tools.txtar")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{}
	for _, f := range a.Files {
		name, command, _ := strings.Cut(f.Name, ": ")
		if command == "" {
			want[name] = unhex(t, string(f.Data))
		}
		for how, text := range dress(string(f.Data)) {
			m, err := Parse(text, Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", f.Name, how, err)
				continue
			}
			if len(m) != 1 || !bytes.Equal(m[0].Bytes, want[name]) {
				t.Errorf("%s, %s: got %d messages, the first %x, want %x", f.Name, how, len(m), m[0].Bytes, want[name])
			}
		}
	}
	if len(a.Files) != 50 {
		t.Errorf("%d files, want 50", len(a.Files))
	}
}

// TestSeveralDumps reads dumps that follow each other.
func TestSeveralDumps(t *testing.T) {
	a, err := txtar.ParseFile("testdata/tools.txtar")
	if err != nil {
		t.Fatal(err)
	}
	byCommand := map[string][]byte{}
	for _, f := range a.Files {
		_, command, _ := strings.Cut(f.Name, ": ")
		byCommand[command] = append(byCommand[command], f.Data...)
	}
	for _, command := range []string{"xxd", "xxd -u -g1", "hexdump -C", "hexdump", "od -tx1", "od -Ax -tx1", "xxd -i"} {
		m, err := Parse(byCommand[command], Options{})
		if err != nil {
			t.Errorf("%s: %v", command, err)
			continue
		}
		if len(m) != 2 || len(m[0].Bytes) != 75 || len(m[1].Bytes) != 80 || m[1].Line <= m[0].Line {
			t.Errorf("%s: got %d messages: %+v", command, len(m), m)
		}
	}
}

// TestPackets reads the packets of a connection as text.
func TestPackets(t *testing.T) {
	a, err := txtar.ParseFile("testdata/packets.txtar")
	if err != nil {
		t.Fatal(err)
	}
	offer := unhex(t, "0001000100000000c8220000000000007365296aa158f7a46a80b139608b1e663d46f4d3c019fa14381f3ead68db9dc5")
	answer := unhex(t, "0000000101")
	for _, f := range a.Files {
		for how, text := range dress(string(f.Data)) {
			m, err := Parse(text, Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", f.Name, how, err)
				continue
			}
			if len(m) != 2 || !bytes.Equal(m[0].Bytes, offer) || !bytes.Equal(m[1].Bytes, answer) {
				t.Errorf("%s, %s: got %d messages: %+v", f.Name, how, len(m), m)
			}
		}
	}
	if len(a.Files) != 7 {
		t.Errorf("%d files, want 7", len(a.Files))
	}
}

// TestTLS reads what tshark deciphers, and says what to do where it cannot.
func TestTLS(t *testing.T) {
	a, err := txtar.ParseFile("testdata/tls.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		m, err := Parse(f.Data, Options{})
		if f.Name == "without keys" {
			if err != nil || len(m) != 1 || !m[0].Aside || !strings.Contains(m[0].Problem, "encrypted with TLS") {
				t.Errorf("%s: %v, %+v", f.Name, err, m)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		var got []string
		for _, m := range m {
			got = append(got, hex.EncodeToString(m.Bytes))
		}
		if want := []string{offerHex, askHex, infoHex, okHex}; strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: got %v", f.Name, got)
		}
	}
	if len(a.Files) != 3 {
		t.Errorf("%d files, want 3", len(a.Files))
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/pccrc"
)

// The secret of Microsoft's generator, in UTF-16LE.
var contentSecret = []byte("n\x00o\x00 \x00m\x00o\x00r\x00e\x00 \x00s\x00e\x00c\x00r\x00e\x00t\x00s\x00")

// contents are the contents of the vectors' recipes, and the secret with its exported
// key file, for scripts.
func contents() map[string][]byte {
	periodic := make([]byte, 65537)
	for i := range periodic {
		periodic[i] = byte(7*i + 3)
	}
	files := map[string][]byte{
		"periodic": periodic, "lcg": lcg(128000), "secret": contentSecret,
		"exported.key": pccrc.AppendKeyFile(nil, pccrc.NewSecret(contentSecret), "Pässword"),
	}
	vectors, err := corpus.Vectors()
	if err != nil {
		panic(err)
	}
	for _, v := range vectors {
		if v.Kind == "content" {
			files[v.ID+".ci"] = v.Bytes
		}
	}
	return files
}

func lcg(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = 1664525*x + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// inContents writes the contents to a folder, with a content of two segments, and makes
// it the current one.
func inContents(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	files := contents()
	files["two"] = lcg(32<<20 + 70000)
	for name, b := range files {
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestContentFormats makes Content Information in each format; show and verify read
// each, and encode makes the same bytes of JSON with keys.
func TestContentFormats(t *testing.T) {
	inContents(t)
	for _, flags := range [][]string{
		{}, {"--hash", "sha384"}, {"--hash", "SHA-512", "--secret-hash", "sha256"},
		{"--range", "33554432:65536"}, {"--range", "33554431:2"}, {"--range", "33554432:", "--open-ended"},
		{"--version", "2"}, {"--version", "2", "--cut", "content"}, {"--version", "2", "--cut", "fixed:131072", "--range", "1000000:1000000"},
		{"--version", "2", "--secret-hash", "sha256", "--segments-per-chunk", "100", "--open-ended"},
	} {
		made := func(more ...string) string {
			out, status := pchc(t, "", append(append([]string{"content", "make", "two", "--secret-file", "secret"}, flags...), more...)...)
			if status != statusFine {
				t.Fatalf("%q %q: exit status %d", flags, more, status)
			}
			return out
		}
		raw := made("-o", "-")
		forms := map[string]string{"raw": raw, "hex": made("--format", "hex"), "json": made("--json", "--show-secrets")}
		if forms["hex"] != hex.EncodeToString([]byte(raw))+"\n" {
			t.Errorf("%q: hex differs", flags)
		}
		if again, _ := pchc(t, forms["json"], "encode"); again != raw {
			t.Errorf("%q: encode makes other bytes of the JSON", flags)
		}
		if redacted := made("--json"); strings.Count(redacted, `"redacted"`) != strings.Count(redacted, "SegmentSecret") {
			t.Errorf("%q: keys in JSON", flags)
		} else if decoded, _ := pchc(t, raw, "decode", "--json"); decoded != redacted {
			t.Errorf("%q: make --json writes\n%.300s\nand decode --json\n%.300s", flags, redacted, decoded)
		}
		shown, _ := pchc(t, raw, "content", "show", "-v", "-")
		for form, text := range forms {
			if err := os.WriteFile("ci", []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if got, status := pchc(t, "", "content", "show", "-v", "ci"); got != shown || status != statusFine {
				t.Errorf("%q: show reads %s as\n%.300s\nwant\n%.300s", flags, form, got, shown)
			}
			verify := []string{"content", "verify", "two", "--content-information", "ci", "--secret-file", "secret"}
			for i, flag := range flags {
				if flag == "--secret-hash" {
					verify = append(verify, flags[i:i+2]...)
				}
			}
			if out, status := pchc(t, "", verify...); status != statusFine || !strings.HasPrefix(out, "two: verified\n") || strings.Contains(out, "not checked") {
				t.Errorf("%q: verify, %s: exit status %d\n%s", flags, form, status, out)
			}
		}
		if info, err := pccrc.Decode([]byte(raw)); err != nil {
			t.Error(err)
		} else {
			for i, s := range info.Segments() {
				if id := hex.EncodeToString(s.AppendHoHoDk(nil)); !strings.Contains(shown, id) || i == 0 && strings.Contains(shown, hex.EncodeToString(s.SegmentSecret().Bytes())) {
					t.Errorf("%q: show lacks %s, or has a key", flags, id)
				}
			}
		}
	}
}

// fault is a line of verify --json.
type fault struct {
	Message, Kind, Detail string
	Valid                 bool
	Segment, Block        *int
	Start, Length         uint64
	Matched, Wrong        uint64
	Missing, Unknown      uint64
	Surplus               uint64
}

// TestContentDamage damages a content at random, and each damage is found in its block,
// and nothing else.
func TestContentDamage(t *testing.T) {
	inContents(t)
	whole, err := os.ReadFile("two")
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{{}, {"--version", "2"}, {"--version", "2", "--cut", "content"}} {
		pchc(t, "", append([]string{"content", "make", "two", "--secret-file", "secret", "-o", "ci"}, flags...)...)
		r := rand.New(rand.NewPCG(1, 2))
		for range 6 {
			damaged, at := bytes.Clone(whole), r.IntN(len(whole))
			damaged[at] ^= 1 << r.IntN(8)
			out, status := pchc(t, string(damaged), "content", "verify", "-", "--content-information", "ci", "--json")
			var faults []fault
			for line := range strings.Lines(out) {
				var f fault
				unmarshal(t, []byte(line), &f)
				faults = append(faults, f)
			}
			if len(faults) != 2 || status != statusViolated {
				t.Fatalf("byte %d: exit status %d, %s", at, status, out)
			}
			f := faults[0]
			if f.Kind != "content" || uint64(at) < f.Start || uint64(at) >= f.Start+f.Length || (f.Block == nil) != (len(flags) > 0) || faults[1].Wrong != f.Length || faults[1].Matched != uint64(len(whole))-f.Length {
				t.Errorf("%q, byte %d: %s", flags, at, out)
			}
			if f.Block != nil && (*f.Segment != at>>25 || *f.Block != at>>16&511) {
				t.Errorf("byte %d: segment %d, block %d", at, *f.Segment, *f.Block)
			}
		}
		for _, length := range []int{0, 1, 65535, 65536, 32 << 20, len(whole) - 1, len(whole) + 1} {
			other := append(bytes.Clone(whole[:min(length, len(whole))]), make([]byte, max(0, length-len(whole)))...)
			out, status := pchc(t, string(other), "content", "verify", "-", "--content-information", "ci", "--json")
			lines := strings.Split(strings.TrimSpace(out), "\n")
			var f, last fault
			unmarshal(t, []byte(lines[0]), &f)
			unmarshal(t, []byte(lines[len(lines)-1]), &last)
			missing, surplus := uint64(max(0, len(whole)-length)), uint64(max(0, length-len(whole)))
			want, start := "missing", uint64(length)
			if surplus > 0 {
				want, start = "surplus", uint64(len(whole))
			}
			if status != statusViolated || f.Kind != want || f.Start != start || last.Valid || last.Missing != missing || last.Surplus != surplus ||
				last.Matched+last.Wrong+last.Missing+last.Unknown != uint64(len(whole)) {
				t.Errorf("%q, %d bytes: exit status %d, %s", flags, length, status, out)
			}
		}
	}
}

// Many segments whose block hashes contradict their HoD are a few lines and a count.
func TestContentShowMany(t *testing.T) {
	for n, want := range map[uint32]string{10: "segment 9 is not the hash of its block hashes\n", 11: "likewise in 1 more\n", 500: "likewise in 490 more\n"} {
		b := binary.LittleEndian.AppendUint32([]byte{0, 1, 0x0c, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, n)
		for i := range n {
			b = binary.LittleEndian.AppendUint64(b, uint64(i)*65536)
			b = binary.LittleEndian.AppendUint32(b, 65536)
			b = binary.LittleEndian.AppendUint32(b, 65536)
			b = append(b, make([]byte, 64)...)
		}
		for range n {
			b = append(binary.LittleEndian.AppendUint32(b, 1), make([]byte, 32)...)
		}
		var out, err bytes.Buffer
		status := run([]string{"content", "show", "-"}, bytes.NewReader(b), &out, &err)
		if lines := strings.Count(err.String(), "\n"); status != statusViolated || lines != min(int(n), 11) || !strings.HasSuffix(err.String(), want) {
			t.Errorf("%d segments: exit status %d, %d lines: %s", n, status, lines, err.String())
		}
	}
}

// TestContentSecrets looks for keys in all that the commands print but Content
// Information itself.
func TestContentSecrets(t *testing.T) {
	inContents(t)
	const secret = "Zq7!vertraulich"
	t.Setenv("PCHC_SECRET", secret)
	t.Setenv("PCHC_PASSPHRASE", "Pässword")
	out, _ := pchc(t, "", "content", "make", "lcg", "--format", "json", "--show-secrets")
	var o object
	unmarshal(t, []byte(out), &o)
	key, err := pccrc.SHA256.ServerSecret([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	exported, err := pccrc.SHA256.ServerSecret(contentSecret)
	if err != nil {
		t.Fatal(err)
	}
	keys := [][]byte{[]byte(secret), contentSecret, []byte("Pässword"), key.Bytes(), exported.Bytes()}
	pchc(t, "", "content", "make", "lcg", "-o", "ci")
	pchc(t, "", "content", "make", "lcg", "--key-file", "exported.key", "-o", "other.ci")
	for _, name := range []string{"ci", "other.ci"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := pccrc.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range info.Segments() {
			keys = append(keys, s.SegmentSecret().Bytes())
		}
		cut := b[:len(b)-70]
		for file, b := range map[string][]byte{"cut." + name: cut, "short." + name: b[:70], "hex." + name: []byte(hex.EncodeToString(cut)), "odd." + name: []byte(hex.EncodeToString(cut) + "x")} {
			if err := os.WriteFile(file, b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	runs := [][]string{
		{"make", "lcg", "--json"}, {"make", "lcg", "--json", "--version", "2"}, {"make", "lcg", "--offers", "--json"},
		{"make", "lcg", "--key-file", "exported.key", "--json"}, {"make", "lcg", "--key-file", "secret"}, {"make", "lcg", "--key-file", "lcg"},
		{"make", "lcg", "--secret-file", "nothing"}, {"make", "lcg", "--secret-file", "."}, {"make", "lcg", "--secret", secret},
		{"make", "lcg", "--secret=" + secret}, {"make", "lcg", "--range", "9:999999999"}, {"make", "nothing"}, {"make"},
		{"make", "lcg", "--secret-file", "two"}, {"make", "--help"}, {"verify", "--help"},
	}
	for _, ci := range []string{"ci", "other.ci"} {
		for _, kind := range []string{"", "cut.", "short.", "hex.", "odd."} {
			runs = append(runs, []string{"show", kind + ci}, []string{"show", "-v", kind + ci}, []string{"show", "--json", kind + ci},
				[]string{"show", "--color", "always", "-v", kind + ci},
				[]string{"verify", "lcg", "--content-information", kind + ci}, []string{"verify", "--json", "two", "--content-information", kind + ci},
				[]string{"verify", "lcg", "--content-information", kind + ci, "--key-file", "exported.key"})
		}
	}
	for _, args := range runs {
		var all bytes.Buffer
		run(append([]string{"content"}, args...), strings.NewReader(""), &all, &all)
		if all.Len() == 0 {
			t.Errorf("%q prints nothing", args)
		}
		text := strings.ToLower(all.String())
		for i, key := range keys {
			for _, form := range []string{string(key), hex.EncodeToString(key[:min(len(key), 12)]), base64.StdEncoding.EncodeToString(key[:min(len(key)/3*3, 12)]),
				strings.TrimSpace(spread(hex.EncodeToString(key[:8]))), fmt.Sprintf("%q", key)[1:8]} {
				if strings.Contains(text, strings.ToLower(form)) {
					t.Errorf("%q prints key %d as %q:\n%.500s", args, i, form, &all)
				}
			}
		}
	}
}

// TestContentInterrupted: a signal ends make and verify while they wait for standard
// input, without output.
func TestContentInterrupted(t *testing.T) {
	inContents(t)
	pchc(t, "", "content", "make", "two", "--secret-file", "secret", "-o", "ci")
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, args := range [][]string{
		{"content", "make", "-", "--secret-file", "secret", "-o", "out"},
		{"content", "make", "-", "--secret-file", "secret", "-o", "out", "--version", "2", "--cut", "fixed:64"}, // has a temporary file
		{"content", "verify", "-", "--content-information", "ci", "-o", "out"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "pchc", args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// More than the pipe holds, so that it reads, and handles signals.
		if _, err := stdin.Write(make([]byte, 8<<20)); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if cmd.ProcessState.ExitCode() != statusFailed || stderr.String() != "pchc: interrupted\n" {
			t.Errorf("%q: %v, %s", args, cmd.ProcessState, &stderr)
		}
		if left, _ := filepath.Glob("out*"); left != nil {
			t.Errorf("%q leaves %q", args, left)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%q leaves %v, %v", args, left, err)
		}
	}
}

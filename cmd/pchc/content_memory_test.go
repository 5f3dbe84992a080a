package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// TestContentMemory makes Content Information of 5 GiB in less than 32 MiB, of both
// versions, and verifies the content with one of them.
func TestContentMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it hashes 15 GiB")
	}
	const size = 5 << 30
	sparse(t, size)
	info, err := pccrc.Decode(within32MiB(t, nil, "make", "sparse", "--secret-file", "secret"))
	if err != nil || info.Range() != (pccrc.Range{Length: size}) {
		t.Errorf("%v, %v", info, err)
	}
	save(t, "ci", within32MiB(t, nil, "make", "sparse", "--secret-file", "secret", "--version", "2", "--cut", "content", "--format", "hex"))
	verdict := within32MiB(t, io.LimitReader(zeros{}, size), "verify", "-", "--content-information", "ci", "--json")
	if !bytes.Contains(verdict, []byte(`"valid":true`)) {
		t.Errorf("%s", verdict)
	}
}

// TestContentMemoryOfInformation makes, shows and verifies with Content Information that
// has more than 32 MiB itself, in each format and as dumps, from a file and from a pipe.
func TestContentMemoryOfInformation(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it writes 2 GiB")
	}
	const size, segment = 8 << 20, 16
	sparse(t, size)
	maker := []string{"make", "sparse", "--secret-file", "secret", "--version", "2", "--cut", fmt.Sprint("fixed:", segment)}
	made := func(flags ...string) []byte { return within32MiB(t, nil, slices.Concat(maker, flags)...) }
	raw := made()
	info, err := pccrc.Decode(raw)
	if err != nil || info.Len() != size/segment || info.Range() != (pccrc.Range{Length: size}) || len(raw) < 32<<20 {
		t.Errorf("%v, %v", info, err)
	}
	hexed, objects := made("--format", "hex"), made("--json")
	save(t, "ci", raw)
	save(t, "ci.hex", hexed)
	save(t, "ci.json", made("--json", "--show-secrets"))
	dump := xxd(raw)
	save(t, "ci.xxd", dump)
	save(t, "ci.base64", inBase64(raw))
	if n := len(made("--offers")); n < size/segment*59 { // a descriptor for each
		t.Errorf("offers of %d bytes", n)
	}
	made("--offers", "--json", "--range", "0:1000000")
	within32MiB(t, nil, "make", "sparse", "--secret-file", "secret", "--version", "2", "--cut", "fixed:1", "--range", "0:500000")

	rows := within32MiB(t, nil, "show", "ci")
	if n := bytes.Count(rows, []byte("\n")); n != 3+size/segment {
		t.Errorf("%d lines", n)
	}
	for _, from := range []io.Reader{bytes.NewReader(raw), bytes.NewReader(hexed), bytes.NewReader(dump)} {
		if !bytes.Equal(within32MiB(t, from, "show", "-"), rows) {
			t.Error("a pipe with it shows something else")
		}
	}
	if !bytes.Equal(within32MiB(t, nil, "show", "--json", "ci.hex"), objects) {
		t.Error("make and show differ in JSON")
	}
	for _, name := range []string{"ci.json", "ci.xxd", "ci.base64"} {
		if !bytes.Equal(within32MiB(t, nil, "show", name), rows) {
			t.Errorf("show %s differs", name)
		}
	}
	for _, name := range []string{"ci", "ci.hex", "ci.json"} {
		verdict := within32MiB(t, io.LimitReader(zeros{}, size), "verify", "-", "--content-information", name, "--json", "--secret-file", "secret")
		if !bytes.Contains(verdict, []byte(`"valid":true`)) {
			t.Errorf("%s", verdict)
		}
	}
	raw[len(raw)-68] = 0xff // the length of the last segment
	var out, stderr bytes.Buffer
	if status := run([]string{"content", "show", "-"}, bytes.NewReader(raw), &out, &stderr); status != statusViolated || out.Len() > 0 ||
		!strings.Contains(stderr.String(), "cbSegment is 4278190096, must be 1 to 131072") {
		t.Errorf("exit status %d, %d bytes, %s", status, out.Len(), &stderr)
	}
}

// TestContentMemoryOfOthers shows Content Information in forms that are read into memory,
// as long as they may be.
func TestContentMemoryOfOthers(t *testing.T) {
	const most = contentfile.OtherLimit
	made := func(length int) []byte { // with as many segments as fit
		m := pccrc.Maker{ServerSecret: pccrc.NewSecret(contentSecret), SegmentSize: 1}
		info, err := m.V2(t.Context(), bytes.NewReader(make([]byte, (length-36)/68)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := info.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Chdir(t.TempDir())
	var escapes, array []byte
	for _, c := range made(most/4 - 20) {
		escapes = fmt.Appendf(escapes, `\x%02x`, c)
	}
	for _, c := range made(most / 5) {
		array = fmt.Appendf(array, "%d, ", c)
	}
	array = append(append([]byte("["), bytes.TrimSuffix(array, []byte(", "))...), ']')
	object, _ := pchc(t, string(made(most/5)), "content", "show", "--json", "--show-secrets", "-")
	object = strings.Replace(object, `"SegmentHashOfData":"`, `"SegmentHashOfData":"\u0030\u0030`, 1)
	object = object[:strings.Index(object, `,"derived"`)] + "}"
	for form, text := range map[string][]byte{"escapes": escapes, "array": array} {
		if len(text) > most || len(text) < most/2 {
			t.Errorf("%s: %d bytes", form, len(text))
		}
		save(t, "ci", text)
		if shown := within32MiB(t, nil, "show", "--raw", "--show-secrets", "ci"); bytes.Count(shown, []byte("HoHoDk")) < 1000 {
			t.Errorf("%s: %s", form, shown)
		}
	}
	save(t, "ci", []byte(object)) // its hash has a byte too many
	var out, stderr bytes.Buffer
	if status := run([]string{"content", "show", "ci"}, nil, &out, &stderr); status != statusViolated || !strings.Contains(stderr.String(), "SegmentHashOfData: has 33 bytes") {
		t.Errorf("%d bytes of JSON: exit status %d, %s", len(object), status, &stderr)
	}
}

// xxd returns what xxd writes.
func xxd(b []byte) []byte {
	var out bytes.Buffer
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		text := bytes.Clone(row)
		for i, c := range text {
			if c < ' ' || c > '~' {
				text[i] = '.'
			}
		}
		fmt.Fprintf(&out, "%08x:", at)
		for i := 0; i < 16; i += 2 {
			fmt.Fprintf(&out, " %-4x", row[min(i, len(row)):min(i+2, len(row))])
		}
		fmt.Fprintf(&out, "  %s\n", text)
	}
	return out.Bytes()
}

// inBase64 returns what base64 writes.
func inBase64(b []byte) []byte {
	text, out := base64.StdEncoding.EncodeToString(b), []byte(nil)
	for line := range slices.Chunk([]byte(text), 76) {
		out = append(append(out, line...), '\n')
	}
	return out
}

// zeros is an endless content.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// sparse makes the content sparse, all zeros, in a folder of its own.
func sparse(t *testing.T, size int64) {
	t.Helper()
	t.Chdir(t.TempDir())
	save(t, "secret", contentSecret)
	save(t, "sparse", nil)
	if err := os.Truncate("sparse", size); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// within32MiB runs pchc content and returns what it writes. On a busy machine the garbage
// collector may come late, so it has up to three tries if stdin can be read again.
func within32MiB(t *testing.T, stdin io.Reader, args ...string) []byte {
	t.Helper()
	for try := 1; ; try++ {
		out, peak := measured(t, stdin, args...)
		t.Logf("%q: a peak of %d KiB", args, peak)
		if peak > 0 && peak <= 32<<10 {
			return out
		}
		again, repeatable := stdin.(io.Seeker)
		if try == 3 || peak == 0 || stdin != nil && !repeatable {
			t.Errorf("%q: a peak of %d KiB", args, peak)
			return out
		}
		if stdin != nil {
			if _, err := again.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// measured reads the peak of the memory of pchc content, in KiB, whenever it has written
// 16 KiB, and when it has read all of stdin but for what a pipe holds: not much comes
// after that.
func measured(t *testing.T, stdin io.Reader, args ...string) (written []byte, peak int) {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status, which has the peak memory")
	}
	if testutil.Race {
		t.Skip("the race detector needs memory of its own")
	}
	cmd := exec.Command("pchc", append([]string{"content"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	to, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	sample := func() {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		_, line, found := strings.Cut(string(status), "VmHWM:")
		var kiB int
		if _, err := fmt.Sscan(line, &kiB); found && err == nil {
			mutex.Lock()
			peak = max(peak, kiB)
			mutex.Unlock()
		}
	}
	var feeding sync.WaitGroup
	feeding.Go(func() {
		defer to.Close() // it is read to the end, or the run fails
		if stdin == nil {
			return
		}
		if _, err := io.Copy(to, stdin); err != nil {
			t.Error(err)
		}
		sample()
	})
	var out bytes.Buffer
	for err == nil {
		_, err = io.CopyN(&out, stdout, 16<<10)
		sample()
	}
	feeding.Wait()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%q: %v, %s", args, err, &stderr)
	}
	return out.Bytes(), peak
}

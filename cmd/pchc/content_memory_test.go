package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// TestContentMemory makes Content Information of 5 GiB in less than 32 MiB, of both
// versions.
func TestContentMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it hashes 10 GiB")
	}
	const size = 5 << 30
	sparse(t, size)
	info, err := pccrc.Decode(makeWithin32MiB(t))
	if err != nil || info.Range() != (pccrc.Range{Length: size}) {
		t.Errorf("%v, %v", info, err)
	}
	if !json.Valid(makeWithin32MiB(t, "--version", "2", "--cut", "content", "--json")) {
		t.Error("it is no JSON")
	}
}

// TestContentMemoryOfResult makes Content Information and offers that have more than 32
// MiB themselves.
func TestContentMemoryOfResult(t *testing.T) {
	const size, segment = 36 << 20, 64
	sparse(t, size)
	info, err := pccrc.Decode(makeWithin32MiB(t, "--version", "2", "--cut", fmt.Sprint("fixed:", segment)))
	if err != nil || info.Len() != size/segment || info.Range() != (pccrc.Range{Length: size}) {
		t.Errorf("%v, %v", info, err)
	}
	if n := len(makeWithin32MiB(t, "--version", "2", "--cut", fmt.Sprint("fixed:", segment), "--offers")); n < 32<<20 {
		t.Errorf("offers of %d bytes", n)
	}
	makeWithin32MiB(t, "--version", "2", "--cut", "fixed:1", "--range", "0:500000")
}

// sparse makes the content sparse, all zeros, in a folder of its own.
func sparse(t *testing.T, size int64) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("secret", contentSecret, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create("sparse")
	if err == nil {
		err = f.Truncate(size)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// makeWithin32MiB runs content make and returns what it writes. Making is over when the
// first byte of the result comes: the peak of its memory is read then.
func makeWithin32MiB(t *testing.T, flags ...string) []byte {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status, which has the peak memory")
	}
	if testutil.Race {
		t.Skip("the race detector needs memory of its own")
	}
	cmd := exec.Command("pchc", append([]string{"content", "make", "sparse", "--secret-file", "secret"}, flags...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = io.CopyN(&out, stdout, 1<<20) // most of it is still to be written
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&out, stdout); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kiB int
	if _, err := fmt.Sscan(peak, &kiB); err != nil || kiB > 32<<10 {
		t.Errorf("%q: a peak of %d KiB, %v", flags, kiB, err)
	}
	t.Logf("%q: a peak of %d KiB", flags, kiB)
	return out.Bytes()
}

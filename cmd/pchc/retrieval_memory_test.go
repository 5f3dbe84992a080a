package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// TestRetrievalMemory: pcap, stats and content extract need less than 64 MiB for a capture of
// more than that, through a pipe.
func TestRetrievalMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status, which has the peak memory")
	}
	if testing.Short() || testutil.Race {
		t.Skip("short, or the race detector needs memory of its own: the capture has 100 MB")
	}
	var s ct.Story
	for i := range 3 {
		c := ct.NewContent(1+i%2, fmt.Sprint("content-", i), 16<<20)
		s.Information(ct.Client, c)
		s.Blocks(ct.Client, ct.Cache, c, func(_, block int) bool { return block%7 != 3 })
		s.MissingData(ct.Client, c, 0, len(c.Data))
		s.Offer(ct.Client, c)
	}
	file := s.Encode(capturetest.Format{})
	if len(file) < 90<<20 {
		t.Errorf("a capture of %d bytes", len(file))
	}
	for _, args := range [][]string{{"pcap"}, {"stats"}, {"content", "extract", "--to", filepath.Join(t.TempDir(), "folder")}} {
		out := within64MiB(t, args, func(w io.Writer) error { _, err := w.Write(file); return err })
		if !strings.Contains(out, "content-2") {
			t.Errorf("%q: %s", args, out)
		}
	}
}

// TestOffersMemory: offers need less than 64 MiB, too, whatever the output is.
func TestOffersMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc/self/status, which has the peak memory")
	}
	if testing.Short() || testutil.Race {
		t.Skip("short, or the race detector needs memory of its own: the capture has 100 MB")
	}
	for _, test := range []struct {
		args []string
		size int64
	}{{[]string{"pcap"}, 100e6}, {[]string{"pcap", "--json"}, 100e6}, {[]string{"pcap", "-v"}, 100e6}, {[]string{"stats"}, 200e6}, {[]string{"check"}, 100e6}} {
		within64MiB(t, test.args, func(w io.Writer) error {
			_, err := capturetest.Load(w, capturetest.LoadOptions{Size: test.size})
			return err
		})
	}
}

// within64MiB runs the command with what feed writes through a pipe, checks its peak
// memory, and returns the end of its output.
func within64MiB(t *testing.T, args []string, feed func(io.Writer) error) string {
	t.Helper()
	cmd := exec.Command("pchc", args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wrong := feed(stdin)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	stdin.Close()
	_ = cmd.Wait() // its exit status is not what this is about
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kiB int
	if _, scan := fmt.Sscan(peak, &kiB); scan != nil || wrong != nil || err != nil || kiB > 64<<10 {
		t.Errorf("%q: a peak of %d KiB, %v, %v, %v: %.2000s", args, kiB, scan, wrong, err, &out)
	}
	t.Logf("%q: a peak of %d KiB", args, kiB)
	return out.String()
}

// tail keeps the last megabytes of what is written.
type tail struct{ bytes.Buffer }

func (o *tail) Write(b []byte) (int, error) {
	if o.Len() > 8<<20 {
		o.Next(4 << 20)
	}
	return o.Buffer.Write(b)
}

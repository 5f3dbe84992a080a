package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestParallel reads several captures one after the other, and at the same time: what is
// written to standard output and standard error, and the exit status, are the same.
func TestParallel(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	var large bytes.Buffer
	if _, err := capturetest.Load(&large, capturetest.LoadOptions{Size: 2 << 20}); err != nil {
		t.Fatal(err)
	}
	var retrieval bytes.Buffer
	if _, err := capturetest.Retrieve(&retrieval, capturetest.RetrieveOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	all := captures()
	names := []string{
		write("retrieval.pcap", retrieval.Bytes()),
		write("large.pcap", large.Bytes()), // its JSON is held in a file
		write("cache.pcap", all["cache.pcap"]), "testdata/plain.pcap", filepath.Join(dir, "none.pcap"), dir,
		write("text", []byte("text")), write("good.pcap.gz", all["good.pcap.gz"]),
		"testdata/retrieval/story.pcapng", write("empty.pcap", all["empty.pcap"]), "testdata/plain.pcap", "testdata/plain.pcap",
	}
	names = append(names, secretsApart(t, write)...)
	for _, args := range [][]string{
		{"pcap"}, {"pcap", "--json"}, {"pcap", "--messages", "--time", "delta"}, {"pcap", "--invalid"},
		{"check"}, {"check", "--json"}, {"check", "--fail-on", "format"}, {"stats"}, {"stats", "--json"},
	} {
		var outs, errs [2]string
		var statuses [2]int
		for i, procs := range []int{1, 4} {
			before := runtime.GOMAXPROCS(procs)
			var stdout, stderr bytes.Buffer
			statuses[i] = run(append(args[:len(args):len(args)], names...), strings.NewReader(""), &stdout, &stderr)
			runtime.GOMAXPROCS(before)
			outs[i], errs[i] = stdout.String(), stderr.String()
		}
		if statuses[0] != statuses[1] || outs[0] != outs[1] {
			t.Errorf("%q: exit status %d and %d, output of %d and %d bytes", args, statuses[0], statuses[1], len(outs[0]), len(outs[1]))
		}
		if d := cmp.Diff(errs[0], errs[1]); d != "" {
			t.Errorf("%q: standard error (-one after the other +at the same time):\n%s", args, d)
		}
		if args[0] == "pcap" && len(args) == 1 && !strings.Contains(errs[1], "1 of 1 block verified") {
			t.Errorf("the secret of an earlier capture is not used:\n%s", errs[1])
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "pchc-*.rows")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// secretsApart writes a capture with Content Information, and one with a block of it.
func secretsApart(t *testing.T, write func(string, []byte) string) []string {
	c := capturetest.NewContent(7, 40000, 1)
	g := &c.Segments[0]
	var server, peer capturetest.Trace
	server.Conn(1).Open().Send(capturetest.Ask("/apart", capturetest.WantsInformation...)).Reply(c.Describe()).Close()
	peer.Conn(2).Open().Send(capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(g.HoHoDk, 0))).
		Reply(capturetest.Answer(200, capturetest.Blk(g.HoHoDk, 0, g.Blocks[0], g.Secret[:16], 1))).Close()
	return []string{
		write("server.pcap", server.Encode(capturetest.Format{})), write("peer.pcap", peer.Encode(capturetest.Format{})),
	}
}

// TestParallelGone has a reader of the output that goes away.
func TestParallelGone(t *testing.T) {
	before := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(before)
	in, w := io.Pipe()
	in.Close()
	var stderr bytes.Buffer
	status := run([]string{"pcap", "--json", "testdata/plain.pcap", "testdata/keepalive.pcap", "testdata/plain.pcap"}, strings.NewReader(""), w, &stderr)
	if status > statusViolated || stderr.Len() > 0 {
		t.Errorf("exit status %d: %s", status, &stderr)
	}
}

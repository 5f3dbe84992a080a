package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "load.pcap")
	var said, again strings.Builder
	args := []string{"-o", file, "-size", "1MB", "-swap", "2%", "-lose", "3", "-seed", "7"}
	if err := run(args, io.Discard, &said); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < 900_000 || len(first) > 1_000_000 || !strings.Contains(said.String(), "3 POSTs lack a segment, so 107 can be found") {
		t.Errorf("%d bytes; %s", len(first), said.String())
	}
	var out bytes.Buffer
	if err := run(append(args, "-o", "-"), &out, &again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), first) || again.String() != said.String() {
		t.Error("the same arguments do not give the same capture")
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range []string{"", "-o - -size 1TB", "-o - -size -1", "-o - -swap 200%", "-o - -swap x", "-o - -size 99999999999GB", "-x"} {
		if err := run(strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

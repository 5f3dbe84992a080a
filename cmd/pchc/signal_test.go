//go:build !windows

package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A signal ends fuzz with its children, and so does a second one at once.
func TestFuzzSignals(t *testing.T) {
	pchc, err := exec.LookPath("pchc") // testscript made it
	if err != nil {
		t.Fatal(err)
	}
	// Whoever runs the tests may ignore SIGHUP, as nohup does; pchc must not see
	// that. A signal that is awaited here has its default in a child.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	// The decoder keeps the FIFO open while it lives, longer than its input.
	const decoder = `exec 3> alive; pchc decode --json; sleep 1000`
	for _, c := range []struct {
		name    string
		signals []syscall.Signal
	}{
		{"INT", []syscall.Signal{syscall.SIGINT}},
		{"TERM", []syscall.Signal{syscall.SIGTERM}},
		{"HUP", []syscall.Signal{syscall.SIGHUP}},
		{"twice", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fifo := filepath.Join(dir, "alive")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, pchc, "fuzz", "--exec", decoder, "--time", "10m", "-j", "1")
			cmd.Dir = dir
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			alive, err := os.Open(fifo) // waits for the decoder
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			for _, s := range c.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Error(err)
				}
			}
			_ = cmd.Wait()
			if !cmd.ProcessState.Exited() { // the signal did, not the program
				t.Errorf("%v", cmd.ProcessState)
			}
			_ = alive.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.ReadAll(alive); err != nil {
				t.Errorf("a child survives: %v", err)
			}
		})
	}
}

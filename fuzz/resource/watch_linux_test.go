package resource_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/resource"
)

// TestMain is also the program that is watched.
func TestMain(m *testing.M) {
	switch os.Getenv("RESOURCE_CHILD") {
	case "":
		os.Exit(m.Run())
	case "parent": // of one that uses memory and files
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "RESOURCE_CHILD=child")
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		_ = cmd.Run()
	case "child":
		in := bufio.NewReader(os.Stdin)
		var kept [][]byte
		for {
			what, err := in.ReadString('\n')
			if err != nil {
				os.Exit(len(kept) % 2)
			}
			switch what {
			case "memory\n":
				b := make([]byte, 64<<20)
				for i := range b {
					b[i] = 1
				}
				kept = append(kept, b)
			case "files\n":
				for range 50 {
					_, _ = syscall.Dup(1)
				}
			case "processor\n":
				for begin := cpu(); cpu()-begin < 50*time.Millisecond; {
				}
			}
			_, _ = os.Stdout.WriteString("done\n")
		}
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watched runs the program, which does what is written to do.
func watched(t *testing.T) (cmd *exec.Cmd, do func(what string)) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RESOURCE_CHILD=parent")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	return cmd, func(what string) {
		t.Helper()
		if _, err := io.WriteString(in, what+"\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
}

// The child of a process counts, and what it uses is seen.
func TestUsage(t *testing.T) {
	cmd, do := watched(t)
	do("nothing")
	w := resource.Watch(cmd.Process.Pid, resource.Limits{}, nil)
	defer w.Stop()
	read := func() resource.Usage {
		t.Helper()
		u, err := w.Usage()
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	before := read()
	if before.Processes != 2 || before.Threads < 2 || before.Files < 6 || before.Memory < 1<<20 {
		t.Errorf("%+v", before)
	}
	do("memory")
	do("files")
	do("processor")
	after := read()
	if n := after.Memory - before.Memory; n < 60<<20 || n > 80<<20 {
		t.Errorf("memory: %d", n)
	}
	if n := after.Files - before.Files; n < 50 || n > 55 {
		t.Errorf("files: %d", n)
	}
	if d := after.CPU - before.CPU; d < 45*time.Millisecond {
		t.Errorf("processor time: %v", d)
	}
	if after.Process != before.Process || after.Shadowed {
		t.Errorf("%+v, then %+v", before, after)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	var err error
	for err == nil { // its child ends a little later
		_, err = w.Usage()
	}
	if err != resource.ErrEnded {
		t.Errorf("after its end: %v", err)
	}
}

// A process that exceeds a limit is ended.
func TestExceeded(t *testing.T) {
	cmd, do := watched(t)
	do("nothing")
	killed := make(chan struct{})
	w := resource.Watch(cmd.Process.Pid, resource.Limits{Files: 40}, func() { close(killed) })
	defer w.Stop()
	if w.Exceeded() != "" {
		t.Error(w.Exceeded())
	}
	do("files")
	<-killed
	if w.Exceeded() == "" {
		t.Error("nobody knows why")
	}
}

// After Stop nothing is read, since the id may be another's.
func TestStop(t *testing.T) {
	cmd, do := watched(t)
	do("nothing")
	w := resource.Watch(cmd.Process.Pid, resource.Limits{}, nil)
	if _, err := w.Usage(); err != nil {
		t.Fatal(err)
	}
	w.Stop()
	if _, err := w.Usage(); err != resource.ErrEnded {
		t.Errorf("it is read: %v", err)
	}
}

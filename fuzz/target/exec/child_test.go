package exec_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"
	"github.com/hostedcache/pchc/spec"
)

// These tell this test, run by itself, to be a decoder that misbehaves in some
// way, and where to call when it does.
const (
	childMode = "PCHC_TEST_CHILD"
	childCall = "PCHC_TEST_CALL"
	childFile = "PCHC_TEST_FILE" // that keeps one from starting again
)

// Messages on which children misbehave. Any other they answer as they should.
var (
	trigger = fuzz.Message{Kind: spec.Content, Bytes: []byte("trigger")}
	arm     = fuzz.Message{Kind: spec.Content, Bytes: []byte("arm")}
)

// child returns a target that is this test in that mode.
func child(t testing.TB, mode string, o exec.Options, env ...string) target.Target {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The race detector makes a program that ends wait for a second first.
	o.Env = append(append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0"), env...)
	return exec.New(`"`+self+`"`, o)
}

// misbehave is a child's whole life.
func misbehave(mode string) {
	out := bufio.NewWriterSize(os.Stdout, 4<<20)
	switch mode {
	case "exits":
		fmt.Fprintln(os.Stderr, "Fatal: no licence")
		os.Exit(4)
	case "banner":
		fmt.Println("Decoder 1.0 is ready")
	case "unasked":
		for {
			fmt.Println(`{"valid":false}`)
		}
	case "stays away":
		if _, err := os.Stat(os.Getenv(childFile)); err == nil {
			os.Exit(4)
		}
	case "silent":
		wait()
	case "grandchild":
		ended(call())
		return
	case "parent", "daemon":
		cmd := osexec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childMode+"=grandchild")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if mode == "daemon" {
			leaveGroup(cmd)
		}
		if err := cmd.Start(); err != nil {
			panic(err)
		}
	}
	armed, told := false, 0
	known := map[string]string{} // answers, for those who ask again
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			if mode == "leaks" {
				fmt.Fprintln(os.Stderr, "ERROR: LeakSanitizer: detected memory leaks")
				os.Exit(23)
			}
			break
		}
		if answer, ok := known[string(line)]; ok {
			_, _ = out.WriteString(answer)
			_ = out.Flush()
			continue
		}
		var m fuzz.Message
		if err := m.UnmarshalText(line); err != nil {
			panic(err)
		}
		answer := targettest.Answer(m) + "\n"
		switch {
		case mode == "writes a byte order mark" && told == 0:
			answer = "\ufeff" + answer
		case mode == "writes UTF-16": // with a mark of its own on each line
			units := []byte{0xff, 0xfe}
			for _, c := range answer {
				units = append(units, byte(c), byte(c>>8))
			}
			answer = string(units)
		}
		if mode == "answers at once" {
			known[string(line)] = answer
		}
		if bytes.Equal(m.Bytes, arm.Bytes) {
			armed = true
		}
		if bytes.Equal(m.Bytes, trigger.Bytes) {
			answer = provoked(mode, answer, armed)
		}
		told++
		if mode == "hangs once" && told == 200 {
			wait()
		}
		if mode == "mortal" && told == 200 {
			return
		}
		_, _ = out.WriteString(answer)
		switch mode {
		case "buffers":
		case "flushes late":
			if in.Buffered() == 0 {
				_ = out.Flush()
			}
		default:
			_ = out.Flush()
		}
	}
	_ = out.Flush()
}

// provoked returns the answer to the trigger, or does something worse.
func provoked(mode, answer string, armed bool) string {
	die := func() {
		_, _ = os.Stderr.WriteString("goroutine 1\nmain.go:7\n")
		os.Exit(3)
	}
	switch mode {
	case "crashes", "parent", "daemon":
		_, _ = os.Stderr.WriteString(strings.Repeat("noise\n", 1<<17) + "panic: index 7 is out of range, key 00112233445566778899aabbccddeeff\n")
		die()
	case "crashes when armed":
		if armed {
			die()
		}
	case "crashes after its answer":
		_, _ = os.Stdout.WriteString(answer)
		die()
	case "stays away":
		_ = os.WriteFile(os.Getenv(childFile), nil, 0o666)
		os.Exit(7)
	case "hangs":
		wait()
	case "hangs and calls":
		call()
		wait()
	case "is slow":
		time.Sleep(800 * time.Millisecond)
	case "is too late":
		time.Sleep(1500 * time.Millisecond)
	case "ends inside":
		_, _ = os.Stdout.WriteString(answer[:8])
		die()
	case "hangs inside":
		_, _ = os.Stdout.WriteString(answer[:8])
		wait()
	case "ends no line":
		return strings.TrimSpace(answer)
	case "ends no line and waits":
		_, _ = os.Stdout.WriteString(strings.TrimSpace(answer))
		wait()
	case "says garbage":
		return "oops 00112233445566778899aabbccddeeff\n"
	case "says nothing":
		return "\n"
	case "says it twice":
		return answer + answer
	case "says it over several lines":
		return "{\n\"valid\": false\n}\n"
	case "leaves it out":
		return ""
	case "goes on and on":
		for {
			_, _ = os.Stdout.WriteString(strings.Repeat("{", 1<<16))
		}
	case "is verbose":
		return strings.Repeat(" ", 1<<20) + strings.TrimSpace(answer) + "\r\n"
	case "is wrong":
		return `{"valid":true}` + "\n"
	}
	return answer
}

// wait waits to be killed.
func wait() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // or the runtime sees a deadlock
	select {}
}

// call makes the connection that tells the test where this process is, and that
// ends with it.
func call() net.Conn {
	conn, err := net.Dial("tcp", os.Getenv(childCall))
	if err != nil {
		panic(err)
	}
	return conn
}

// callee returns where a child can call, and a channel of its calls.
func callee(t *testing.T) (env string, calls <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := make(chan net.Conn, 16)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(c)
				return
			}
			c <- conn
		}
	}()
	return childCall + "=" + l.Addr().String(), c
}

// ended waits until the process at the other end of a call is no more, or says
// something.
func ended(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 1))
	_ = conn.Close()
}

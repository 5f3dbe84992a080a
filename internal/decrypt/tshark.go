package decrypt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/internal/process"
)

// ErrNoTshark is returned where tshark is not found.
var ErrNoTshark = errors.New("tshark is needed to decrypt TLS, and not found: install it (package tshark or wireshark-cli, or Wireshark from https://www.wireshark.org)")

var errLate = errors.New("the keys come after more than a megabyte of a capture that can be read only once: give it as a file")

// Find returns the path of tshark: on the path, or where Wireshark is installed.
func Find() (string, error) {
	if path, err := exec.LookPath("tshark"); err == nil {
		return path, nil
	}
	for _, path := range places() {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", ErrNoTshark
}

func places() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"/Applications/Wireshark.app/Contents/MacOS/tshark"}
	case "windows":
		return []string{filepath.Join(os.Getenv("ProgramFiles"), "Wireshark", "tshark.exe")}
	}
	return nil
}

// labels begin the lines of a key log with keys of TLS.
var labels = []string{"CLIENT_RANDOM ", "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ",
	"SERVER_TRAFFIC_SECRET_0 ", "CLIENT_EARLY_TRAFFIC_SECRET ", "RSA ", "PMS_CLIENT_RANDOM "}

// CheckKeyLog reads a key log to its first key. It accepts an empty one, to which a
// program may still write. Its error quotes nothing of the file.
func CheckKeyLog(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	s, lines := bufio.NewScanner(f), 0
	for s.Scan() {
		lines++
		for _, l := range labels {
			if strings.HasPrefix(s.Text(), l) {
				return nil
			}
		}
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		lines++
	case err != nil:
		return err
	}
	if lines > 0 {
		return fmt.Errorf("%s has no keys of TLS: a line with one is such as CLIENT_RANDOM, 64 hex digits, the secret in hex", name)
	}
	return nil
}

// child is tshark. Reading it reads what it exports; its failure is the error at the end.
type child struct {
	p       *process.Process
	in      io.Closer // the capture
	out     *os.File
	fed     chan struct{} // closed when it has all of the capture
	stopped atomic.Bool
}

// run runs tshark on a capture, which it closes.
func run(program string, o Options, capture io.ReadCloser) (*child, error) {
	args := []string{"-n", "-r", "-", "-U", "OSI layer 7", "-w", "-",
		"-o", "tls.desegment_ssl_application_data:FALSE", // else some records are exported again, with those before them
		"-d", "tls.port==1-65535,data", // else nothing is exported on ports that it does not know
		"-o", "tcp.reassemble_out_of_order:TRUE"}
	if o.KeyLog != "" {
		args = append(args, "-o", "tls.keylog_file:"+o.KeyLog)
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, capture.Close())
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close(), capture.Close())
	}
	p, err := process.StartProgram(program, args, process.Options{Stdin: inR, Stdout: outW})
	_, _ = inR.Close(), outW.Close() // tshark has its own
	if err != nil {
		return nil, errors.Join(err, inW.Close(), outR.Close(), capture.Close())
	}
	c := &child{p: p, in: capture, out: outR, fed: make(chan struct{})}
	go func() {
		// What fails here fails for the reader of the capture, too.
		if plain, err := pcapfile.Decompress(capture); err == nil {
			_, _ = io.Copy(inW, plain)
		}
		_, _ = inW.Close(), capture.Close()
		close(c.fed)
	}()
	return c, nil
}

// Read reads what tshark exports.
func (c *child) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	if err != nil {
		<-c.p.Done()
		switch {
		case c.stopped.Load():
			err = io.ErrClosedPipe
		case !c.p.Succeeded():
			err = fmt.Errorf("tshark, which decrypts TLS, failed: %s", c.p.ExitSummary(strings.TrimSpace))
		}
	}
	return n, err
}

// stop ends tshark.
func (c *child) stop() {
	if !c.stopped.Swap(true) {
		c.p.Kill()
		<-c.p.Done()
		_ = c.in.Close() // what feeds it may wait for more
		<-c.fed
		_ = c.out.Close()
	}
}

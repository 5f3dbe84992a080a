package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz/generate"
)

// start runs the command until stop is called, and returns its URLs.
func start(t *testing.T, args ...string) (urls []string, stop func() (code int, stderr string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, w, &stderr)
		_ = w.Close()
	}()
	for lines := bufio.NewScanner(r); len(urls) < 3 && lines.Scan(); {
		urls = append(urls, lines.Text())
	}
	if len(urls) < 3 {
		t.Fatal(<-ended, stderr.String())
	}
	return urls, func() (int, string) {
		cancel()
		return <-ended, stderr.String()
	}
}

func TestRunServesUntilItIsStopped(t *testing.T) {
	certificate, key := selfSigned(t)
	for _, args := range [][]string{
		{"--listen", "127.0.0.1:0", "--verbose"},
		{"--listen", "127.0.0.1:0", "--dialect", "windows", "--offers-only"},
		{"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key, "--folder", t.TempDir()},
	} {
		urls, stop := start(t, args...)
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		for i, message := range []string{"INITIAL_OFFER_MESSAGE", "BATCHED_OFFER_MESSAGE"} {
			response, err := client.Post(urls[i], "", bytes.NewReader(generate.Simplest(message).Bytes))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || len(body) != 5 || int(body[4]) != 1-i {
				t.Errorf("%s: %v %x", message, err, body)
			}
			_ = response.Body.Close()
		}
		unknown := generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes // HashAlgorithm 0xFE
		unknown[42] = 0xFE
		response, err := client.Post(urls[1], "", bytes.NewReader(unknown))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if answered := response.StatusCode == 200; answered != slices.Contains(args, "windows") {
			t.Errorf("%v: an unknown HashAlgorithm is answered %d", args, response.StatusCode)
		}
		client.CloseIdleConnections()
		code, stderr := stop()
		if code != 0 {
			t.Errorf("ends with %d: %s", code, stderr)
		}
		if slices.Contains(args, "--verbose") && (!strings.Contains(stderr, "offers 0000") || !strings.Contains(stderr, "of 0000")) {
			t.Errorf("prints %q", stderr)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	certificate, key := selfSigned(t)
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"--listen", taken.Addr().String()}, 1},
		{[]string{"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--tls-cert", "absent", "--tls-key", "absent"}, 1},
		{[]string{"--listen", "127.0.0.1:0", "--listen-tls", taken.Addr().String(), "--tls-cert", certificate, "--tls-key", key}, 1},
		{[]string{"--listen", "127.0.0.1:0", "--folder", certificate}, 1},
		{[]string{"--listen", "127.0.0.1:0", "--capture", filepath.Join(certificate, "x")}, 1},
		{[]string{"--listen-tls", "127.0.0.1:0"}, 2},
		{[]string{"--tls-cert", "x"}, 2},
		{[]string{"--dialect", "linux"}, 2},
		{[]string{"argument"}, 2},
		{[]string{"--unknown"}, 2},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), c.args, io.Discard, &stderr); code != c.want || stderr.Len() == 0 {
			t.Errorf("%v: %d %s", c.args, code, stderr.String())
		}
	}
}

// selfSigned writes a certificate for this machine, and its key.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", public), write("key.pem", "PRIVATE KEY", secret)
}

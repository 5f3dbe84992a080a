package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/pccrc"
)

// One client offers, another one retrieves, with Content Information of both versions.
func TestOfferAndGet(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	content := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("x"))}
	v1, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	v2, err := maker.V2(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, info := range map[string]pccrc.ContentInformation{"v1": v1, "v2": v2} {
		b, err := info.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"content": content, name: b} {
			if err := os.WriteFile(path(name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		server := hostedcache.Server{Cache: &hostedcache.Cache{}, InsecureV1: true}
		url := "http://" + l.Addr().String()
		// The client is there first.
		r, w := io.Pipe()
		go func() {
			ended <- run(ctx, []string{"offer", "--cache", url, "--cache-v1", url, "--wait", "20s", path("content"), path(name)}, w, io.Discard)
		}()
		go func() { ended <- server.Serve(ctx, l, nil) }()
		var stdout bytes.Buffer
		if err := run(t.Context(), []string{"get", "--cache", url, "--wait", "20s", path("copy"), path(name)}, &stdout, io.Discard); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 999)
		n, _ := r.Read(line)
		if got, err := os.ReadFile(path("copy")); err != nil || !bytes.Equal(got, content) || !strings.Contains(stdout.String(), "160000 bytes, all from the hosted cache, verified") ||
			!strings.Contains(string(line[:n]), " is offered, ") {
			t.Errorf("%v, %q, %q", err, stdout.String(), line[:n])
		}
		// Somebody else's content is not there.
		other := maker
		other.ServerSecret = pccrc.NewSecret([]byte("y"))
		info, err := other.V2(t.Context(), bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = info.MarshalBinary(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path("other"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		stdout.Reset()
		if err := run(t.Context(), []string{"get", "--cache", url, path("copy"), path("other")}, &stdout, io.Discard); err == nil || !strings.Contains(stdout.String(), "160000 bytes at offset 0 are missing") {
			t.Errorf("%v, %q", err, stdout.String())
		}
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRunRefuses(t *testing.T) {
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken")
	if err := os.WriteFile(broken, []byte{0, 2, 4}, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		nil, {"fetch"}, {"get"}, {"get", "file"}, {"get", "--unknown", "a", "b"}, {"get", "a", filepath.Join(folder, "absent")},
		{"get", "a", broken}, {"offer", "a", broken}, {"offer", "--ca", broken, broken, broken},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

// Command client is a small client of a hosted cache, an example of package
// codec/hostedcache/client: it offers a file and serves its blocks, or retrieves one.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/pccrc"
)

const usage = `client offer [flags] FILE CONTENT-INFORMATION   offer FILE and serve its blocks
client get [flags] FILE CONTENT-INFORMATION     retrieve FILE
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	cache := flags.String("cache", "http://127.0.0.1:8080", "`URL` of the hosted cache, without a path")
	cacheV1 := flags.String("cache-v1", "", "its `URL` for version 1.0, such as https://127.0.0.1:8443: offer Content Information 1.0 by that")
	roots := flags.String("ca", "", "PEM `file` with the certificates to trust")
	listen := flags.String("listen", "127.0.0.1:0", "offer: `address` to serve blocks at")
	timeout := flags.Duration("timeout", 0, "offer: how long the hosted cache may take to answer; 0: 10s")
	wait := flags.Duration("wait", 0, "how long the hosted cache may take until it is there, and has all that is to be retrieved")
	if len(args) == 0 || args[0] != "offer" && args[0] != "get" {
		flags.Usage()
		return errors.New("want offer or get")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		flags.Usage()
		return errors.New("want a file and its Content Information")
	}
	info, err := readInfo(flags.Arg(1))
	if err != nil {
		return err
	}
	transport := hostedcache.NewTransport()
	defer transport.CloseIdleConnections()
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s has no certificate", *roots)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	late := time.After(*wait)
	// again reports, after a while, whether to try again.
	again := func() bool {
		select {
		case <-ctx.Done():
		case <-late:
		case <-time.After(100 * time.Millisecond):
			return true
		}
		return false
	}
	c := &client.Client{HTTP: *cache, HTTPS: *cacheV1, Tag: codec.TagBITS, OfferTimeout: *timeout, Transport: transport}
	if args[0] == "offer" {
		return offer(ctx, c, flags.Arg(0), info, *listen, again, stdout)
	}
	return get(ctx, c, flags.Arg(0), info, again, stdout)
}

// readInfo reads Content Information of either version.
func readInfo(name string) (pccrc.ContentInformation, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(b, []byte{0, 2}) {
		return pccrc.DecodeV2(b)
	}
	return pccrc.DecodeV1(b)
}

// offer offers a file, and serves its blocks until ctx is done.
func offer(ctx context.Context, c *client.Client, name string, info pccrc.ContentInformation, listen string, again func() bool, stdout io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	c.Port = uint16(l.Addr().(*net.TCPAddr).Port)
	var peer client.Peer
	peer.Add(info, f)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- hostedcache.Serve(ctx, l, http.Handler(&peer)) }()
	err = c.Offer(ctx, info)
	for err != nil && again() {
		err = c.Offer(ctx, info)
	}
	if err == nil {
		fmt.Fprintf(stdout, "%s is offered, %d segments; blocks are served at %s\n", name, info.Len(), l.Addr())
	} else {
		stop()
	}
	return errors.Join(err, <-served)
}

// get retrieves a file. If the hosted cache has not all of it yet, it may try again.
func get(ctx context.Context, c *client.Client, name string, info pccrc.ContentInformation, again func() bool, stdout io.Writer) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := c.Retrieve(ctx, info, f)
	for len(r.Missing) > 0 && again() {
		r, err = c.Retrieve(ctx, info, f)
	}
	switch {
	case err != nil:
		return err
	case len(r.Missing) > 0:
		for _, m := range r.Missing {
			fmt.Fprintf(stdout, "%s: %d bytes at offset %d are missing\n", name, m.Length, m.Start)
		}
		return fmt.Errorf("%d bytes are from the hosted cache, %d were wrong; the rest is to be had from the content server", r.Bytes, r.Wrong)
	}
	fmt.Fprintf(stdout, "%s: %d bytes, all from the hosted cache, verified\n", name, r.Bytes)
	return f.Close()
}

// Command hostedcache is a small hosted cache, an example of package
// codec/hostedcache and something to try a fuzzer on.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/pccrr"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type options struct {
	listen, listenTLS string
	certificate, key  string
	windows7          bool
	offersOnly        bool
	folder, capture   string
	maxBytes          int64
	maxBytesOfClient  int64
	dialect           string
	verbose           bool
}

// run serves until ctx is done. It first prints the URLs.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("hostedcache", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` for HTTP: version 2.0, blocks, and version 1.0 unless --listen-tls is given")
	flags.StringVar(&o.listenTLS, "listen-tls", "", "`address` for HTTPS: version 1.0")
	flags.StringVar(&o.certificate, "tls-cert", "", "PEM `file` with the certificate, for HTTPS")
	flags.StringVar(&o.key, "tls-key", "", "PEM `file` with its private key")
	flags.BoolVar(&o.windows7, "windows7", false, "accept TLS 1.0 and 1.1")
	flags.BoolVar(&o.offersOnly, "offers-only", false, "take offers, but connect to nobody: for fuzzers, which offer blocks at any port")
	flags.StringVar(&o.folder, "folder", "", "`folder` to keep blocks in, rather than in memory")
	flags.Int64Var(&o.maxBytes, "max-bytes", 0, "limit of that (default 64 MiB in memory, 1 GiB in a folder)")
	flags.Int64Var(&o.maxBytesOfClient, "max-bytes-of-client", 0, "limit of what of that is from one client (default three quarters)")
	flags.StringVar(&o.capture, "capture", "", "`file` for a capture (pcapng) of all that passes")
	flags.StringVar(&o.dialect, "dialect", "spec", "drop malformed requests as the specification says, or answer those that Windows answers: spec or windows")
	flags.BoolVar(&o.verbose, "verbose", false, "print the segments that are offered and fetched")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || (o.certificate == "") != (o.listenTLS == "") || (o.key == "") != (o.listenTLS == "") {
		fmt.Fprintln(stderr, "hostedcache: takes no arguments, and --listen-tls with --tls-cert and --tls-key only")
		return 2
	}
	if o.dialect != "spec" && o.dialect != "windows" {
		fmt.Fprintf(stderr, "hostedcache: --dialect is %q, must be spec or windows\n", o.dialect)
		return 2
	}
	logger := log.New(stderr, "hostedcache: ", 0)
	if err := serve(ctx, &o, stdout, logger); err != nil {
		logger.Print(err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, o *options, stdout io.Writer, logger *log.Logger) (err error) {
	cache := &hostedcache.Cache{Windows: o.dialect == "windows", Store: &blockstore.Store{MaxBytes: o.maxBytes}}
	if o.verbose {
		cache.Offered = func(f hostedcache.Offer) {
			logger.Printf("%s offers %x (%s), blocks at port %d", f.Client, f.HoHoDk, f.Tag.String(), f.Port)
		}
		cache.Fetched = func(f hostedcache.Fetch) {
			logger.Printf("%d blocks of %x fetched from %v, %d missing: %v", f.Fetched, f.HoHoDk, f.Client, f.Missing, f.Err)
		}
	}
	if o.folder != "" {
		if cache.Store, err = blockstore.Open(o.folder, o.maxBytes); err != nil {
			return err
		}
	}
	cache.Store.MaxBytesOfClient = o.maxBytesOfClient
	plain, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	defer plain.Close()
	server := hostedcache.Server{Cache: cache, Windows7: o.windows7, InsecureV1: true, ErrorLog: logger}
	urls := []string{"http://" + plain.Addr().String() + codec.PathV1, "http://" + plain.Addr().String() + codec.PathV2, "http://" + plain.Addr().String() + pccrr.Path}
	var secure net.Listener
	if o.listenTLS != "" {
		pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
		if err != nil {
			return err
		}
		if secure, err = net.Listen("tcp", o.listenTLS); err != nil {
			return err
		}
		defer secure.Close()
		server.TLSConfig, server.InsecureV1 = &tls.Config{Certificates: []tls.Certificate{pair}}, false
		urls[0] = "https://" + secure.Addr().String() + codec.PathV1
	}
	if o.capture != "" {
		f, err := os.Create(o.capture)
		if err != nil {
			return err
		}
		r := newRecorder(f)
		defer func() { err = errors.Join(err, r.close(), f.Close()) }()
		plain = r.listen(plain)
		if secure != nil {
			secure = r.listen(secure)
		}
		transport := hostedcache.NewTransport()
		transport.DialContext = r.dial
		defer transport.CloseIdleConnections()
		cache.Transport = transport
	}
	for _, url := range urls {
		fmt.Fprintln(stdout, url)
	}
	if o.offersOnly {
		return hostedcache.Serve(ctx, plain, cache)
	}
	return server.Serve(ctx, plain, secure)
}

// Command hostedcache is a small hosted cache on net/http and package codec, an
// example of a server and something to try a fuzzer on. It answers offers and
// remembers block hashes, but retrieves no blocks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx is done. It first prints the URLs of both versions.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("hostedcache", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8080", "`address` to listen on")
	certificate := flags.String("tls-cert", "", "PEM `file` with the certificate, for HTTPS")
	key := flags.String("tls-key", "", "PEM `file` with its private key")
	dialect := flags.String("dialect", "spec", "drop malformed requests as the specification says, or answer those that Windows answers: spec or windows")
	verbose := flags.Bool("verbose", false, "print the segments that are offered")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || (*certificate == "") != (*key == "") {
		fmt.Fprintln(stderr, "hostedcache: takes no arguments, and --tls-cert with --tls-key only")
		return 2
	}
	if *dialect != "spec" && *dialect != "windows" {
		fmt.Fprintf(stderr, "hostedcache: --dialect is %q, must be spec or windows\n", *dialect)
		return 2
	}
	logger := log.New(stderr, "hostedcache: ", 0)
	handler := &hostedcache.Cache{Windows: *dialect == "windows"}
	if *verbose {
		handler.Offered = func(o hostedcache.Offer) {
			logger.Printf("%s offers %x (%s), blocks at port %d", o.Client, o.HoHoDk, o.Tag.String(), o.Port)
		}
	}
	server := newServer(handler, logger)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		logger.Print(err)
		return 1
	}
	scheme, serve := "http", func() error { return server.Serve(listener) }
	if *certificate != "" {
		scheme, serve = "https", func() error { return server.ServeTLS(listener, *certificate, *key) }
	}
	for _, path := range []string{codec.PathV1, codec.PathV2} {
		fmt.Fprintf(stdout, "%s://%s%s\n", scheme, listener.Addr(), path)
	}
	failed := make(chan error, 1)
	go func() { failed <- serve() }()
	select {
	case err := <-failed:
		logger.Print(err)
		return 1
	case <-ctx.Done():
	}
	// Answers take no time, so none is cut off.
	finish, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		logger.Print(err)
		return 1
	}
	return 0
}

// newServer limits what a client can take: requests are small, and answered at
// once.
func newServer(handler http.Handler, logger *log.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          logger,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
	}
}

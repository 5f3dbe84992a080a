package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	fault := flag.String("decoder", "none", "be a decoder with this `FAULT`")
	cache := flag.String("cache", "", "be a hosted cache with this `FAULT`")
	listen := flag.String("listen", "127.0.0.1:0", "`ADDRESS` of the hosted cache")
	fetcher := flag.String("client", "", "be a client of a hosted cache with this `FAULT`")
	plain := flag.String("url", "", "`URL` of the hosted cache of -client for version 2.0, without a path")
	secure := flag.String("https", "", "the same for version 1.0")
	ca := flag.String("ca", "", "PEM `FILE` with its certificate")
	tick := flag.Duration("tick", 5*time.Second, "`PERIOD` of the request timer of -client")
	fetch := flag.Bool("fetch", false, "fetch what is offered, and serve it; those faults that need that do so anyway")
	state := flag.String("state", "", "`FILE` of the hosted cache that outlives a restart")
	all := flag.Bool("list", false, "list the faults")
	flag.Parse()
	var err error
	switch {
	case *all:
		err = list(os.Stdout)
	case *cache != "":
		if err = known(slices.Concat(caches, conversations), *cache); err == nil {
			err = serve(*cache, *listen, *fetch || known(conversations, *cache) == nil, *state, os.Stdout)
		}
	case *fetcher != "":
		if err = known(clients, *fetcher); err == nil {
			var c *client
			if c, err = newClient(*fetcher, *plain, *secure, *ca, *tick); err == nil {
				err = c.run()
			}
		}
	default:
		if err = known(decoders, *fault); err == nil {
			d := &decoder{fault: *fault}
			if err = answerLines(d, os.Stdin, os.Stdout); err == nil && d.has("status-at-end") {
				os.Exit(1)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
}

// forever is what a program does that hangs. It costs no processor.
func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

// fault is a fault that a mutant can have.
type fault struct {
	name           string
	what           string
	rules          string        // that a finding may name, with blanks between them
	when, boundary string        // what the contrast of a finding must say, if it is about one
	triage         time.Duration // what the triage may take, 0 for what is usual
	path           string        // of a hosted cache: where alone it shows; "" for both
	// http is the way of HTTP in which alone it shows; "": it shows in the usual one.
	http string
	// chance says that it does not show each time.
	chance bool
	// started says that the target starts the hosted cache, and again after it ends or hangs.
	started bool
	// strict says that it is one only by the text of MS-PCHC: Windows does so.
	strict bool
	// uses says that it shows in what the program uses: the fault and the resource that a
	// finding has, or "nothing".
	uses string
}

// list writes all faults, one a line.
func list(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, p := range decoders {
		fmt.Fprintf(out, "decoder\t%s\t%s\t%s\n", p.name, p.what, strings.ReplaceAll(p.rules, " ", ","))
	}
	for _, p := range slices.Concat(caches, conversations) {
		fmt.Fprintf(out, "cache\t%s\t%s\t%s\n", p.name, p.what, strings.ReplaceAll(p.rules, " ", ","))
	}
	for _, p := range clients {
		fmt.Fprintf(out, "client\t%s\t%s\t%s\n", p.name, p.what, strings.ReplaceAll(p.rules, " ", ","))
	}
	return out.Flush()
}

func known(faults []fault, name string) error {
	if !slices.ContainsFunc(faults, func(p fault) bool { return p.name == name }) {
		return fmt.Errorf("no fault is called %q; mutants -list lists them", name)
	}
	return nil
}

// answerLines answers lines until they end. It holds answers back only while
// there is more to read.
func answerLines(d *decoder, r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<16)
	out := bufio.NewWriterSize(w, 1<<16)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil // a last line without its end
		}
		if err != nil {
			return errors.Join(ignoreEOF(err), out.Flush())
		}
		answer, err := d.line(line)
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		if _, err := out.Write(answer); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

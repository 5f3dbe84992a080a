// Command generate writes a large capture of hosted-cache traffic, to measure
// with: of offers, or with -retrieval of contents that clients fetch from a hosted cache.
//
//	go run ./internal/capture/capturetest/generate -o load.pcap -size 150MB -swap 2% -lose 42
//	go run ./internal/capture/capturetest/generate -o - -size 1GB -retrieval | pchc pcap
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("o", "", "`file` to write, - for standard output")
	size := flags.String("size", "150MB", "length of the file: a number, perhaps with kB, MB or GB")
	swap := flags.String("swap", "0%", "share of the segments that are captured behind the next frame of their connection")
	var o capturetest.LoadOptions
	flags.IntVar(&o.Lose, "lose", 0, "POSTs that lack one segment")
	flags.Uint64Var(&o.Seed, "seed", 1, "other numbers give other captures")
	flags.IntVar(&o.Posts, "posts", 10, "POSTs on a connection")
	flags.IntVar(&o.Descriptors, "descriptors", 128, "segment descriptors in a POST")
	flags.IntVar(&o.Parallel, "parallel", 4, "connections open at a time")
	flags.BoolVar(&o.Format.Pcapng, "pcapng", false, "write pcapng")
	flags.BoolVar(&o.Format.Gzip, "gzip", false, "compress")
	retrieval := flags.Bool("retrieval", false, "write retrieval: each content of 8 MiB is fetched by one client, which loses and swaps nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.Size, err = parseSize(*size); err != nil {
		return err
	}
	if o.Swap, err = parseShare(*swap); err != nil {
		return err
	}
	out := stdout
	if *file == "" {
		return fmt.Errorf("no file given: -o FILE, or -o - for standard output")
	}
	if *file != "-" {
		f, err := os.Create(*file)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	if *retrieval {
		blocks, err := capturetest.LoadRetrieval(buffered, o)
		if err := errors.Join(err, buffered.Flush()); err != nil {
			return err
		}
		fmt.Fprintf(stderr, "%d blocks, which can all be verified\n", blocks)
		return nil
	}
	s, err := capturetest.Load(buffered, o)
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d bytes, %d frames, %d connections, %d POSTs; %d frames swapped; %d POSTs lack a segment, so %d can be found\n",
		s.Bytes, s.Packets, s.Connections, s.Posts, s.Swapped, s.Lost, s.Posts-s.Lost)
	return nil
}

func parseSize(s string) (int64, error) {
	number, unit := s, int64(1)
	for _, u := range []struct {
		name string
		n    int64
	}{{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}} {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = rest, u.n
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<50/unit {
		return 0, fmt.Errorf("-size %q: want a number, perhaps with kB, MB or GB", s)
	}
	return n * unit, nil
}

func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(number, 64)
	if percent {
		n /= 100
	}
	if err != nil || n < 0 || n > 1 {
		return 0, fmt.Errorf("-swap %q: want a share such as 2%% or 0.02", s)
	}
	return n, nil
}

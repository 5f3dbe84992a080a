// Ratio reads the output of go test -bench on standard input, prints it on, and
// ends with one line for each of its arguments: "A/B" stands for the median of
// BenchmarkA's time over that of BenchmarkB, in the same run.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	times := map[string][]float64{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println(in.Text())
		words := strings.Fields(in.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i >= 0 {
			name = name[:i] // the number of processors
		}
		for i := 3; i < len(words); i += 2 {
			if ns, err := strconv.ParseFloat(words[i-1], 64); err == nil && words[i] == "ns/op" {
				times[name] = append(times[name], ns)
			}
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	for _, pair := range os.Args[1:] {
		a, b, _ := strings.Cut(pair, "/")
		over, under := times[a], times[b]
		if len(over) == 0 || len(under) == 0 {
			fmt.Printf("%-36s not measured\n", pair)
			continue
		}
		fmt.Printf("%-36s %8.2f\n", pair, median(over)/median(under))
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

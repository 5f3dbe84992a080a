package conversation

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// blockOf returns what was found of a MSG_GETBLKS in the words of capturetest.
func blockOf(x *Exchange) string {
	b := x.Retrieval.Block
	if b == nil {
		return x.Result.String()
	}
	return map[Fault]string{NoFault: "verified", NoSecret: "no secret", NoHash: "no hash", WrongKey: "key", WrongIndex: "index", Damaged: "damaged"}[b.Fault]
}

// fetches reads a capture and returns its exchanges of MSG_GETBLKS.
func fetches(t *testing.T, file []byte, again bool, each func(*Item)) (all []string) {
	t.Helper()
	o := Options{Capture: capture.Options{ByFrame: true}, Plain: true}
	if again {
		o.Again = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	}
	_, err := Read(bytes.NewReader(file), o, func(it *Item) error {
		x := it.Exchange
		if x == nil {
			return nil
		}
		if x.Done && x.Retrieval != nil && x.Retrieval.Asked != nil && x.Retrieval.Asked.MsgType().String() == "MSG_GETBLKS" {
			all = append(all, blockOf(x))
			if each != nil {
				each(it)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRetrieve reads generated captures, in which the right answers are known: also
// with Content Information at the end, and with faults of all kinds.
func TestRetrieve(t *testing.T) {
	for name, o := range map[string]capturetest.RetrieveOptions{
		"right":            {},
		"AES-128":          {Key: 16},
		"AES-192":          {Key: 24},
		"AES-256":          {Key: 32},
		"chunked":          {Chunked: true},
		"faults":           {Faults: 0.6, Misses: 0.1, Size: 700_000},
		"faults, one key":  {Faults: 0.9, Key: 16, Size: 300_000},
		"swapped":          {Swap: 0.1, Faults: 0.3},
		"late":             {Late: true, Misses: 0.2},
		"late, and faults": {Late: true, Faults: 0.5, Swap: 0.05},
		"IPv4 options":     {Format: capturetest.Format{Options: true, Pcapng: true}},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				o.Seed = seed
				var file bytes.Buffer
				want, err := capturetest.Retrieve(&file, o)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				fetches(t, file.Bytes(), true, func(it *Item) {
					if n < len(want) {
						compareFetched(t, &want[n], it)
					}
					n++
				})
				if n != len(want) {
					t.Errorf("seed %d: %d exchanges, want %d", seed, n, len(want))
				}
			}
		})
	}
}

func compareFetched(t *testing.T, want *capturetest.Fetched, it *Item) {
	t.Helper()
	x := it.Exchange
	what := fmt.Sprintf("frame %d, block %d", it.Event.Frame, want.Index)
	if got := blockOf(x); got != want.Result {
		t.Fatalf("%s: %s, want %s (%+v)", what, got, want.Result, x.Retrieval.Block)
	}
	if x.Client != want.Client || x.Server != want.Server || !bytes.Equal(x.Retrieval.Segment, want.Segment) || x.Asked.Frame == 0 || x.Began.Frame < x.Asked.Frame {
		t.Errorf("%s: %+v", what, x)
	}
	b := x.Retrieval.Block
	if want.Result == "miss" {
		if x.Result != Miss {
			t.Errorf("%s: %v", what, x.Result)
		}
		return
	}
	if b.Index != want.Index || b.Length != len(want.Block) || b.Verified != (want.Result == "verified") || (b.Reason == "") != b.Verified || b.Actual != want.Actual {
		t.Errorf("%s: %+v", what, b)
	}
	if whole := want.Result == "verified" || want.Result == "key"; whole != bytes.Equal(b.Plain, want.Block) {
		t.Errorf("%s: %d bytes of plain text", what, len(b.Plain))
	}
	found := false
	for p := range b.At() {
		found = found || p.Content.Name == "http://origin.example"+want.Content.Path && p.Start == uint64(want.Start) && p.Content.Length == uint64(len(want.Content.Bytes))
	}
	if !found {
		t.Errorf("%s: it is not at %d of %s", what, want.Start, want.Content.Path)
	}
}

// TestOnce reads a capture with Content Information at the end as from a pipe.
func TestOnce(t *testing.T) {
	var file bytes.Buffer
	if _, err := capturetest.Retrieve(&file, capturetest.RetrieveOptions{Late: true}); err != nil {
		t.Fatal(err)
	}
	got := fetches(t, file.Bytes(), false, func(it *Item) {
		b := it.Exchange.Retrieval.Block
		if want := "no secret of its segment: the input could be read only once, so Content Information that comes later does not help"; b.Reason != want || b.Hash != nil || b.Length != 0 {
			t.Errorf("%+v", b)
		}
	})
	if len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return s != "no secret" }) {
		t.Errorf("%q", got)
	}
}

// TestGiven gives the Content Information that the capture lacks, and reads another
// capture with what the first had.
func TestGiven(t *testing.T) {
	var file bytes.Buffer
	want, err := capturetest.Retrieve(&file, capturetest.RetrieveOptions{Contents: 1, Clients: 1})
	if err != nil {
		t.Fatal(err)
	}
	late := capturetest.RetrieveOptions{Contents: 1, Clients: 1, Late: true}
	var lateFile bytes.Buffer
	if _, err := capturetest.Retrieve(&lateFile, late); err != nil {
		t.Fatal(err)
	}
	for name, learn := range map[string]func(*Secrets){
		"given": func(s *Secrets) {
			if err := s.Add(want[0].Content.Information, "x.ci"); err != nil {
				t.Fatal(err)
			}
		},
		"from another capture": func(s *Secrets) {
			if _, err := Read(bytes.NewReader(file.Bytes()), Options{Secrets: s}, func(*Item) error { return nil }); err != nil {
				t.Fatal(err)
			}
		},
	} {
		s := NewSecrets()
		learn(s)
		n := 0
		_, err := Read(&lateFile, Options{Secrets: s}, func(it *Item) error {
			if x := it.Exchange; x != nil && x.Retrieval != nil && x.Retrieval.Block != nil {
				if !x.Retrieval.Block.Verified {
					t.Errorf("%s: %+v", name, x.Retrieval.Block)
				}
				n++
			}
			return nil
		})
		if err != nil || n != len(want) {
			t.Errorf("%s: %d blocks, want %d (%v)", name, n, len(want), err)
		}
		if _, err := capturetest.Retrieve(&lateFile, late); err != nil {
			t.Fatal(err)
		}
	}
	if err := NewSecrets().Add([]byte("none"), ""); err == nil {
		t.Error("text is Content Information")
	}
}

// TestLosses reads captures with losses: nothing wrong is found, and what is missing is
// said.
func TestLosses(t *testing.T) {
	for seed := range uint64(8) {
		var file bytes.Buffer
		want, err := capturetest.Retrieve(&file, capturetest.RetrieveOptions{Seed: seed, Lose: 0.01, Swap: 0.01, Misses: 0.1, Chunked: seed%2 == 1})
		if err != nil {
			t.Fatal(err)
		}
		problems, found := 0, 0
		sum, err := Read(bytes.NewReader(file.Bytes()), Options{Capture: capture.Options{ByFrame: true}, Plain: true}, func(it *Item) error {
			if it.Event.Kind == capture.Problem {
				problems++
			}
			x := it.Exchange
			if x == nil || x.Retrieval == nil || x.Retrieval.Block == nil {
				return nil
			}
			found++
			if b := x.Retrieval.Block; b.Fault != NoFault && b.Fault != NoSecret || x.Result != Hit {
				t.Errorf("seed %d, frame %d: %v, %+v", seed, it.Event.Frame, x.Result, b)
			}
			return nil
		})
		if err != nil || problems == 0 || sum.Problems != problems || found >= len(want) || found < len(want)/8 {
			t.Errorf("seed %d: %d problems, %d blocks of %d (%v)", seed, problems, found, len(want), err)
		}
	}
}

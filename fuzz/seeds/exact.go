package seeds

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hostedcache/pchc/spec"
)

// What MinimiseExactly tells this package's own test.
const (
	exactSeeds  = "PCHC_EXACT_SEEDS"  // the file with the seeds, in JSON
	exactChosen = "PCHC_EXACT_CHOSEN" // the file for the numbers of those chosen
)

// exactPackages are those whose statements count.
const exactPackages = "./codec,./pccrc"

// exactSeed is what the test has to know of a seed.
type exactSeed struct {
	Kind        spec.Kind
	RequestType uint16
	Bytes       []byte
}

// MinimiseExactly returns the seeds that cover a statement of packages codec and
// pccrc which no smaller one covers. It has the go command build a test of this
// package, so it needs Go and root, the folder of this module's source.
func MinimiseExactly(ctx context.Context, root string, seeds []Seed) ([]Seed, error) {
	sorted := smallestFirst(seeds)
	told := make([]exactSeed, len(sorted))
	for i, s := range sorted {
		told[i] = exactSeed{s.Kind, s.RequestType, s.Bytes}
	}
	dir, err := os.MkdirTemp("", "pchc")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	text, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "seeds.json"), filepath.Join(dir, "chosen.json")
	if err := os.WriteFile(in, text, 0o600); err != nil { // there may be keys in it
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-run=^TestUse$", "-coverpkg="+exactPackages, "./fuzz/seeds")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), exactSeeds+"="+in, exactChosen+"="+out)
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go test: %w: %.500s", err, said)
	}
	if text, err = os.ReadFile(out); err != nil {
		return nil, err
	}
	var chosen []int
	if err := json.Unmarshal(text, &chosen); err != nil {
		return nil, err
	}
	var least []Seed
	for _, i := range chosen {
		least = append(least, sorted[i])
	}
	return least, nil
}

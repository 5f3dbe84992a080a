package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options of a run.
type options struct {
	root       string // folder of the module
	paths      []string
	tests      []string // further packages
	seed       uint64
	count      int
	at         string
	least      float64
	slack      time.Duration
	equivalent map[known]bool
	runs       int64 // messages of a campaign

	dir  string                   // for what is built
	base map[string]time.Duration // what each package's tests take without a change

	faultless map[string]bool // folders of decoders in which a campaign finds nothing without a change
}

// errCompile is the error of a change that does not compile.
var errCompile = errors.New("does not compile")

// run tries the changes and writes one line for each. It reports whether
// enough of them were noticed.
func (o *options) run(out io.Writer) (enough bool, err error) {
	all, err := o.changes()
	if err != nil {
		return false, err
	}
	if o.dir, err = os.MkdirTemp("", "mutation"); err != nil {
		return false, err
	}
	defer os.RemoveAll(o.dir)
	o.base, o.faultless = make(map[string]time.Duration), make(map[string]bool)
	for k := range o.equivalent {
		if !slices.ContainsFunc(all, func(m mutant) bool { return m.known() == k }) && slices.ContainsFunc(all, func(m mutant) bool { return m.file == k.file }) {
			fmt.Fprintf(out, "%s has no line %q with the change %s: remove it from the list of those that change nothing\n", k.file, k.line, k.change)
		}
	}
	var tried, noticed, equivalent int
	all = o.draw(all)
	for i := range all {
		m := &all[i]
		if o.count > 0 && o.at == "" && tried == o.count {
			break
		}
		if o.equivalent[m.known()] {
			equivalent++
			continue
		}
		by, err := o.try(m)
		switch {
		case errors.Is(err, errCompile):
			continue
		case err != nil:
			return false, err
		}
		tried++
		if by != "" {
			noticed++
			by = "noticed by " + by
		} else {
			by = "SURVIVED"
		}
		fmt.Fprintf(out, "%s:%d:%d: %s: %s\n", m.file, m.row, m.col, m.change(), by)
	}
	if tried == 0 {
		return false, errors.New("no change could be tried")
	}
	percent := 100 * float64(noticed) / float64(tried)
	fmt.Fprintf(out, "%d changes tried, %d noticed (%.1f %%); %d more change nothing; seed %d\n", tried, noticed, percent, equivalent, o.seed)
	return percent >= o.least, nil
}

// changes are all changes to the files of the paths.
func (o *options) changes() (all []mutant, err error) {
	names, err := sources(o.root, o.paths)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if name, err = filepath.Rel(o.root, name); err != nil {
			return nil, err
		}
		found, err := mutantsOf(filepath.ToSlash(name), string(src))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// draw returns the changes in the order in which to try them, or those at one
// place.
func (o *options) draw(all []mutant) []mutant {
	if o.at != "" {
		return slices.DeleteFunc(all, func(m mutant) bool {
			return !strings.HasPrefix(fmt.Sprintf("%s:%d:", path.Base(m.file), m.row), o.at+":")
		})
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// try returns the package whose tests notice the change, or what a campaign finds, "" if
// none does.
func (o *options) try(m *mutant) (by string, err error) {
	if languages[path.Ext(m.file)] != nil {
		return o.fuzz(m)
	}
	name := filepath.Join(o.root, m.file)
	src, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(o.dir, "changed.go")
	if err := os.WriteFile(changed, []byte(string(src[:m.from])+m.now+string(src[m.to:])), 0o600); err != nil {
		return "", err
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {name: changed}})
	if err != nil {
		return "", err
	}
	for _, pkg := range slices.Compact(append([]string{"./" + path.Dir(m.file)}, o.tests...)) {
		limit, err := o.limit(pkg)
		if err != nil {
			return "", err
		}
		fails, _, err := o.test(pkg, overlay, limit)
		if err != nil {
			return "", err
		}
		if fails != "" {
			return pkg + " (" + fails + ")", nil
		}
	}
	return "", nil
}

// limit is how long the tests of a package may take.
func (o *options) limit(pkg string) (time.Duration, error) {
	base, ok := o.base[pkg]
	if !ok {
		fails, took, err := o.test(pkg, []byte("{}"), time.Hour)
		if err != nil {
			return 0, fmt.Errorf("%s without a change: %w", pkg, err)
		}
		if fails != "" {
			return 0, fmt.Errorf("the tests of %s fail without a change: %s", pkg, fails)
		}
		base = took
		o.base[pkg] = took
	}
	return 4*base + o.slack, nil
}

// memory is what a changed program may address, in KiB: it may allocate in an
// endless loop.
const memory = 4 << 20

// test returns the first test of a package that fails, "" if none does, and how
// long they ran.
func (o *options) test(pkg string, overlay []byte, limit time.Duration) (fails string, took time.Duration, err error) {
	file, binary := filepath.Join(o.dir, "overlay.json"), filepath.Join(o.dir, "test")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", 0, err
	}
	build := exec.Command("go", "test", "-c", "-overlay", file, "-o", binary, pkg)
	build.Dir = o.root
	if b, err := build.CombinedOutput(); err != nil {
		return "", 0, fmt.Errorf("%w: %w\n%s", errCompile, err, b)
	}
	if _, err := os.Stat(binary); err != nil {
		return "", 0, fmt.Errorf("%s has no tests", pkg)
	}
	end, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	test := exec.CommandContext(end, "sh", "-c", fmt.Sprintf("ulimit -v %d; exec %s -test.short -test.failfast", memory, binary))
	test.Dir = filepath.Join(o.root, pkg)
	test.WaitDelay = time.Second
	begin := time.Now()
	b, err := test.CombinedOutput()
	took = time.Since(begin)
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return "", took, nil
	case end.Err() != nil:
		return "timeout", took, nil
	case !errors.As(err, &exit):
		return "", 0, err
	}
	return failure(string(b)), took, nil
}

// failure is the name of the test that failed, or the first line of what the
// program said otherwise.
func failure(output string) string {
	for line := range strings.Lines(output) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			return strings.Fields(name)[0]
		}
	}
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return "fails"
}

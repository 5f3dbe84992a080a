package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// enough is how many messages are tried on a faulty decoder or hosted cache
// before it counts as not found.
const (
	enough      = 200000
	enoughCache = 20000
)

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return "", err
	}
	builtIn = dir
	path := filepath.Join(dir, "mutants")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

var builtIn string // the folder

func TestMain(m *testing.M) {
	status := m.Run()
	summarise(os.Stdout, summary.rows)
	_ = os.RemoveAll(builtIn)
	os.Exit(status)
}

// program builds the program, once.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// table is what the campaigns found, in lines.
type table struct {
	mu    sync.Mutex
	lines []string
}

func (l *table) add(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, a...))
}

func (l *table) log(t *testing.T) {
	slices.Sort(l.lines)
	t.Logf("%-32s %10s %7s %7s  %s\n%s", "fault", "messages", "seconds", "bytes", "finding", strings.Join(l.lines, "\n"))
}

// hunt runs a campaign against p until it finds something.
func hunt(t *testing.T, p fault, executions int64, targets ...target.Target) *campaign.Result {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	return huntUntil(t, ctx, p, executions, stop, targets...)
}

// huntUntil runs a campaign against p, and calls found at each finding.
func huntUntil(t *testing.T, ctx context.Context, p fault, executions int64, found func(), targets ...target.Target) *campaign.Result {
	t.Helper()
	c, err := campaign.New(campaign.Config{
		Targets: targets, RNGSeed: 1, Jobs: 1, Executions: executions, TriageTime: p.triage,
		Found: func(*campaign.Finding) { found() },
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// check judges what was found of p.
func (l *table) check(t *testing.T, p fault, r *campaign.Result) {
	t.Helper()
	tried := r.Targets[0].Executions
	if len(r.Findings) == 0 {
		l.add("%-32s %10d %7.2f %7s  NOT FOUND %s", p.name, tried, r.Elapsed.Seconds(), "", r.Targets[0].Error)
		t.Errorf("%s: not found with %d messages %s", p.what, tried, r.Targets[0].Error)
		return
	}
	f := r.Findings[0]
	names := strings.Fields(p.rules)
	right := slices.Contains(names, f.Rule) || slices.Contains(names, f.Cause) || f.Requirement != "" && slices.Contains(names, f.Requirement)
	if (f.Fault == fuzz.Slow || f.Fault == fuzz.Hang || f.Fault == fuzz.Complexity) && f.Rule == "" { // what makes it slow was not found out in time, and nothing innocent is blamed
		right = right || p.name == "quadratic-blocks"
	}
	note := ""
	if !right {
		note = "  NOT " + p.rules
	}
	flaky := f.Flaky && !p.chance
	if flaky {
		note += "  FLAKY"
	}
	message, _ := f.Message().MarshalText()
	when := "not known"
	if f.Contrast != nil && f.Contrast.When != "" {
		when = f.Contrast.When
	}
	l.add("%-32s %10d %7.2f %7d  %s; cause %s, when %s%s", p.name, tried, r.Elapsed.Seconds(), len(f.Message().Bytes), f.Difference.Error(), cmp.Or(f.Cause, "none"), when, note)
	if !right {
		t.Errorf("%s: is named %s; before it %d messages\n%.400s", p.what, f.Difference.Error(), len(f.Messages)-1, message)
	}
	if flaky {
		t.Errorf("%s: did not happen again: %v\n%.400s", p.what, f.Difference.Error(), message)
	}
}

// A campaign finds every faulty decoder, and says rightly what is wrong.
func TestDecodersFound(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 2, answering(decoders[1:])) {
		if slices.Contains(stateFaults, p) {
			continue // see TestStateFound
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var o exectarget.Options
			if strings.HasPrefix(p.name, "retrieval-") {
				o.Kinds = []spec.Kind{spec.RetrievalRequest, spec.RetrievalResponse}
			}
			if slices.Contains(hashFaults, p) {
				o.Kinds = []spec.Kind{spec.HashRequest, spec.HashResponse}
			}
			if slices.Contains(discoveryFaults, p) {
				o.Kinds = []spec.Kind{spec.Discovery}
			}
			child := exectarget.New(quoted(path)+" -decoder "+p.name, o)
			found.check(t, p, hunt(t, p, enough, child))
		})
	}
}

// A campaign finds nothing wrong with what is right.
func TestNothingFound(t *testing.T) {
	path := program(t)
	targets := []target.Target{exectarget.New(quoted(path)+" -decoder none", exectarget.Options{Kinds: kinds, Timeout: 5 * time.Second, Slow: 2 * time.Second})}
	for _, r := range []*campaign.Result{hunt(t, decoders[0], right(50000), targets...), nothing(t, path)} {
		for _, tried := range r.Targets {
			t.Logf("%s: %d messages, %v", tried.Name, tried.Executions, r.Elapsed)
			if tried.Error != "" {
				t.Error(tried.Error)
			}
		}
		for _, f := range r.Findings {
			message, _ := f.Message().MarshalText()
			t.Errorf("%v\n%.400s", f.Difference.Error(), message)
		}
	}
}

// right is how many messages are tried on what is right: fewer in short runs.
func right(n int64) int64 {
	if testing.Short() {
		return n / 10
	}
	return n
}

func nothing(t *testing.T, path string) *campaign.Result {
	return hunt(t, caches[0], right(4000), cacheTargets(t, path, caches[0])...)
}

// cacheTargets runs a hosted cache until the test ends, and returns its URLs as
// targets. One that ends or hangs for ever is run by its target.
func cacheTargets(t *testing.T, path string, p fault) (all []target.Target) {
	t.Helper()
	if p.started {
		return []target.Target{startedCache(t, path, p)}
	}
	cmd := exec.Command(path, "-cache", p.name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	urls, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for url := range strings.FieldsSeq(urls) {
		if strings.HasSuffix(url, pathRetrieval) && p.path != pathRetrieval && p.name != caches[0].name {
			continue // the fault is named by the rules of MS-PCHC
		}
		one, err := httptarget.New(url, httptarget.Options{Wait: time.Second, Strict: p.strict, Content: heldContent(t, url)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// oneOf returns the target at a path.
func oneOf(t *testing.T, all []target.Target, path string) target.Target {
	t.Helper()
	i := slices.IndexFunc(all, func(one target.Target) bool { return strings.HasSuffix(one.Name(), path) })
	if i < 0 {
		t.Fatalf("there is nothing at %s", path)
	}
	return all[i]
}

// heldContent is the Content Information of what a server at a URL has: nothing, if that
// is no retrieval server.
func heldContent(t *testing.T, url string) []pccrc.ContentInformation {
	t.Helper()
	if !strings.HasSuffix(url, pathRetrieval) {
		return nil
	}
	v := pccrc.NewV1(pccrc.SHA256)
	if err := v.Append(pccrc.SegmentFieldsV1{
		CbSegment: uint32(len(theSegment.content)), CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: theSegment.hashOfData(),
		SegmentSecret: pccrc.NewSecret(theSegment.secret[:]), BlockHashes: theSegment.hashes,
	}); err != nil {
		t.Fatal(err)
	}
	return []pccrc.ContentInformation{v}
}

// started counts the hosted caches that targets start.
var started atomic.Int32

// startedCache returns a hosted cache that its target starts.
func startedCache(t *testing.T, path string, p fault) target.Target {
	t.Helper()
	address := freeAddress(t)
	one, err := httptarget.New("http://"+address+p.path, httptarget.Options{
		Start: fmt.Sprintf("%s -cache %s -listen %s", quoted(path), p.name, address), Strict: p.strict, Content: heldContent(t, p.path),
	})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// freeAddress returns an address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	host := "127.0.0.1"
	if runtime.GOOS == "linux" { // where no other server of these tests gets the port meanwhile
		host = fmt.Sprintf("127.0.1.%d", 1+started.Add(1)%250)
	}
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A campaign finds every faulty hosted cache, and says rightly what is wrong.
func TestCachesFound(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 2, messageCaches[1:]) {
		t.Run(p.name, func(t *testing.T) {
			if p.name == "crash-later" && !all {
				t.Skip("how much later it ends depends on what else runs: make planted tries it")
			}
			t.Parallel()
			found.check(t, p, hunt(t, p, enoughCache, cacheTargets(t, path, p)...))
		})
	}
}

// sampled are every n-th, and every tenth where time is short: all tables together need a
// quarter of an hour. make planted tries all.
func sampled(t *testing.T, n int, from []fault) (few []fault) {
	t.Helper()
	if testing.Short() {
		n = 10
	} else if all {
		return from
	}
	for i := 0; i < len(from); i += n {
		few = append(few, from[i])
	}
	t.Logf("%d of %d faults are tried, all with make planted", len(few), len(from))
	return few
}

// quoted is a path that a shell takes for one word.
func quoted(path string) string { return `"` + path + `"` }

package campaign_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// find returns the value of the first integer of that name, as far as the
// message has it.
func find(n *spec.Node, name string) (*spec.Node, bool) {
	if n.Name == name && n.Form == spec.Integer && !n.Truncated() {
		return n, true
	}
	for i := range n.Children {
		if found, ok := find(&n.Children[i], name); ok {
			return found, true
		}
	}
	return nil, false
}

func number(c target.Case, name string) uint64 {
	if n, ok := find(&c.Expected.Root, name); ok {
		return n.Value
	}
	return 0
}

// rejects is a decoder that rejects valid messages where bad says so.
func rejects(bad func(c target.Case) bool) func(target.Case) *fuzz.Difference {
	return func(c target.Case) *fuzz.Difference {
		if c.Expected.Valid() && bad(c) {
			return &fuzz.Difference{Fault: fuzz.Rejected}
		}
		return nil
	}
}

// crashes is a decoder that crashes where bad says so.
func crashes(bad func(c target.Case) bool) func(target.Case) *fuzz.Difference {
	return func(c target.Case) *fuzz.Difference {
		if bad(c) {
			panic("crashed")
		}
		return nil
	}
}

// accepts is a decoder that does not know one rule.
func accepts(rule string) func(target.Case) *fuzz.Difference {
	return func(c target.Case) *fuzz.Difference {
		var others, violated bool
		for _, b := range c.Expected.Violations {
			if b.Class == spec.Format {
				others = others || b.Rule != rule
				violated = violated || b.Rule == rule
			}
		}
		first, _ := c.Expected.First()
		switch {
		case violated && !others:
			return &fuzz.Difference{Fault: fuzz.Accepted, Rule: rule, Field: first.Field, Offset: first.Offset}
		case first.Rule == rule:
			return &fuzz.Difference{Fault: fuzz.WrongRule, Rule: rule, Field: first.Field, Offset: first.Offset}
		}
		return nil
	}
}

// A campaign finds a fault, once, with a minimal message and the right rule.
func TestFindings(t *testing.T) {
	batch := func(c target.Case) bool { return c.Expected.Message == "BATCHED_OFFER_MESSAGE" }
	for _, test := range []struct {
		name  string
		check func(target.Case) *fuzz.Difference
		kind  spec.Kind
		rule  string
		bytes int // at most
	}{
		{"accepts 129", accepts("PCHC-2.2.1.5-MaxDescriptors"), spec.Request, "PCHC-2.2.1.5-MaxDescriptors", 16 + 128*59 + 59},
		{"no check of SizeOfContentTag", accepts("PCHC-2.2.1.5-SizeOfContentTag"), spec.Request, "PCHC-2.2.1.5-SizeOfContentTag", 76},
		{"no check of MinorVersion", accepts("PCHC-2.2.1.1-MinorVersion"), spec.Request, "PCHC-2.2.1.1-MinorVersion", 48},
		{"no check of cBlocks", accepts("PCCRC-2.3.1.2-cBlocks"), spec.Content, "PCCRC-2.3.1.2-cBlocks", 150},
		{"refuses 128", rejects(func(c target.Case) bool { return len(c.Bytes) == 16+128*59 && batch(c) }), spec.Request, "PCHC-2.2.1.5-MaxDescriptors", 16 + 128*59},
		{"HashAlgorithm 4", rejects(func(c target.Case) bool { return number(c, "HashAlgorithm") == 4 }), spec.Request, "PCHC-2.2.1.5-HashAlgorithm", 75},
		{"HashAlgorithm 1", rejects(func(c target.Case) bool { return number(c, "HashAlgorithm") == 1 }), spec.Request, "PCHC-2.2.1.5-HashAlgorithm", 75},
		{"Port 0", rejects(func(c target.Case) bool { return number(c, "Port") == 0 }), spec.Request, "PCHC-2.2.1.2-Port", 75},
		{"SHA-384", rejects(func(c target.Case) bool { return number(c, "dwHashAlgo") == 0x800D }), spec.Content, "PCCRC-2.3-dwHashAlgo", 18 + 16 + 3*48 + 4},
		{"SHA-256", rejects(func(c target.Case) bool { return number(c, "dwHashAlgo") == 0x800C }), spec.Content, "PCCRC-2.3-dwHashAlgo", 18 + 16 + 3*32 + 4},
		{"512 blocks", rejects(func(c target.Case) bool { return number(c, "cBlocks") == 512 }), spec.Content, "PCCRC-2.3.1.2-cBlocks", 18 + 16 + 64 + 4 + 512*32},
		{"several segments", rejects(func(c target.Case) bool { return number(c, "cSegments") > 1 }), spec.Content, "PCCRC-2.3-cSegments", 18 + 2*(16+64+4+512*32)},
		{"padding", rejects(func(c target.Case) bool { return len(c.Bytes) > 16 && string(c.Bytes[4:8]) != "\x00\x00\x00\x00" }), spec.Request, "PCHC-2.2.1.1-Padding", 75},
		{"all batches", rejects(batch), spec.Request, "", 75},
		{"crash on an empty message", crashes(func(c target.Case) bool { return len(c.Bytes) == 0 }), spec.Request, "PCHC-2.2.1.1-Truncated", 0},
		{"crash on a large Port", crashes(func(c target.Case) bool { return number(c, "Port") > 60000 }), spec.Request, "PCHC-2.2.1.2-Port", 75},
		{"crash on many chunks", crashes(func(c target.Case) bool { return number(c, "dwChunkDataLength") > 1<<31 }), spec.Content, "PCCRC-2.4.1.1-dwChunkDataLength", 104},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, campaign.Config{
				Targets: []target.Target{target.InProcess("it", test.check, test.kind)}, Executions: few(12000), RNGSeed: 1, Jobs: 1,
			})
			if len(r.Findings) != 1 {
				for _, f := range r.Findings {
					t.Logf("%s: %x", f.Error(), f.Message().Bytes[:min(200, len(f.Message().Bytes))])
				}
				t.Fatalf("%d findings", len(r.Findings))
			}
			f := r.Findings[0]
			// A valid message is not blamed for a rule that it does not violate.
			if f.Message().Dissect().Valid() && f.Rule != "" || cmp.Or(f.Rule, f.Cause) != test.rule || f.Flaky || len(f.Messages) != 1 {
				t.Errorf("it is %s, because of %s", f.Error(), f.Cause)
			}
			if n := len(f.Message().Bytes); n > test.bytes {
				t.Errorf("%d bytes, not %d: %x", n, test.bytes, f.Message().Bytes)
			}
		})
	}
}

// few is a number of executions, or less where tests run again in another way.
func few(n int64) int64 {
	if testing.Short() {
		return n / 3
	}
	return n
}

func run(t *testing.T, config campaign.Config) *campaign.Result {
	t.Helper()
	c, err := campaign.New(config)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Two faults that look alike are two findings.
func TestTwoCauses(t *testing.T) {
	r := run(t, campaign.Config{Targets: []target.Target{target.InProcess("it", rejects(func(c target.Case) bool {
		return number(c, "HashAlgorithm") == 4 || number(c, "Port") == 0xFFFF
	}), spec.Request)}, Executions: few(40000), RNGSeed: 1, Jobs: 2})
	rules := map[string]bool{}
	for _, f := range r.Findings {
		rules[f.Cause] = true
	}
	if len(r.Findings) != 2 || !rules["PCHC-2.2.1.5-HashAlgorithm"] || !rules["PCHC-2.2.1.2-Port"] {
		t.Errorf("found %v", rules)
	}
}

// The codec is right.
func TestCodec(t *testing.T) {
	r := run(t, campaign.Config{Targets: target.Codec(), Executions: few(60000), RNGSeed: 2})
	for _, f := range r.Findings {
		t.Errorf("%s: %x", f.Error(), f.Message().Bytes)
	}
	total := int64(0)
	for _, tr := range r.Targets {
		total += tr.Executions
		if tr.Coverage == 0 || len(tr.Samples) == 0 || tr.Samples[len(tr.Samples)-1].Executions != tr.Executions {
			t.Errorf("%s: coverage %d, %d samples", tr.Name, tr.Coverage, len(tr.Samples))
		}
	}
	if total < few(60000) || total > few(60000)+int64(len(r.Targets)*16) {
		t.Errorf("%d executions", total)
	}
}

// One job makes the same messages in the same order each time, and another seed
// makes others.
func TestRepeatable(t *testing.T) {
	tried := func(seed uint64) string {
		var all strings.Builder
		run(t, campaign.Config{RNGSeed: seed, Jobs: 1, Executions: 3000, Targets: []target.Target{
			target.InProcess("it", func(c target.Case) *fuzz.Difference {
				all.WriteString(hex.EncodeToString(c.Bytes) + "\n")
				return nil
			}, spec.Request, spec.Content),
		}})
		return all.String()
	}
	if a := tried(7); a != tried(7) {
		t.Error("the same seed makes other messages")
	} else if a == tried(8) {
		t.Error("another seed makes the same messages")
	}
}

// What goes wrong after another message only is found with that message.
func TestMemory(t *testing.T) {
	r := run(t, campaign.Config{RNGSeed: 3, Jobs: 1, Executions: 20000, Targets: []target.Target{forgetful{}}})
	if len(r.Findings) != 1 {
		t.Fatalf("found %+v", r.Findings)
	}
	f := r.Findings[0]
	if f.Flaky || len(f.Messages) != 2 || len(f.Messages[0].Bytes) > 48 {
		t.Errorf("found %+v", f)
	}
}

// forgetful is a target that rejects what follows an INITIAL_OFFER_MESSAGE.
type forgetful struct{}

func (forgetful) Name() string       { return "forgetful" }
func (forgetful) Kinds() []spec.Kind { return []spec.Kind{spec.Request} }
func (forgetful) Open(context.Context) (target.Session, error) {
	return &forgetfulSession{}, nil
}

type forgetfulSession struct{ offered bool }

func (s *forgetfulSession) Restarts() int { return 0 }
func (s *forgetfulSession) Close() error  { return nil }
func (s *forgetfulSession) Try(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	for i, c := range cases {
		if c.Expected.Valid() && c.Expected.Message == "BATCHED_OFFER_MESSAGE" && s.offered {
			report(i, &fuzz.Difference{Fault: fuzz.Rejected})
		}
		s.offered = c.Expected.Valid() && c.Expected.Message == "INITIAL_OFFER_MESSAGE"
	}
	return len(cases), nil
}

func (*ceasing) Name() string                                   { return "ceasing" }
func (*ceasing) Kinds() []spec.Kind                             { return []spec.Kind{spec.Request} }
func (c *ceasing) Open(context.Context) (target.Session, error) { return c, nil }
func (*ceasing) Restarts() int                                  { return 0 }
func (*ceasing) Close() error                                   { return nil }
func (c *ceasing) Try(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	switch {
	case len(cases) > 1 && !c.seen:
		c.seen = true
		report(0, cases[0].Difference(fuzz.Crash, "it ended"))
	case len(cases) == 1 && c.left > 0:
		c.left--
		report(0, cases[0].Difference(fuzz.Crash, "it ended"))
	}
	return len(cases), nil
}

// mortal is a target that ends when it has got so many messages after one with a
// wrong SizeOfContentTag, or when nothing comes any more.
type mortal struct{ after int }

func (*mortal) Name() string       { return "mortal" }
func (*mortal) Kinds() []spec.Kind { return []spec.Kind{spec.Request} }
func (m *mortal) Open(context.Context) (target.Session, error) {
	return &mortalSession{after: m.after}, nil
}

type mortalSession struct{ after, left int }

func (s *mortalSession) Restarts() int { return 0 }
func (s *mortalSession) Close() error  { return nil }
func (s *mortalSession) Try(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	end := func(i int) {
		s.left = 0
		report(i, cases[i].Difference(fuzz.Crash, "it ended"))
	}
	for i, c := range cases {
		first, _ := c.Expected.First()
		switch {
		case s.left == 0 && first.Rule == "PCHC-2.2.1.5-SizeOfContentTag":
			s.left = s.after
		case s.left == 1:
			end(i)
		case s.left > 0:
			s.left--
		}
	}
	if len(cases) < 256 && s.left > 0 {
		end(len(cases) - 1)
	}
	return len(cases), nil
}

type broken struct{ err error }

func (broken) Name() string                                   { return "broken" }
func (broken) Kinds() []spec.Kind                             { return []spec.Kind{spec.Request} }
func (b broken) Open(context.Context) (target.Session, error) { return nil, b.err }

// A saved finding can be replayed.
func TestSave(t *testing.T) {
	check := accepts("PCHC-2.2.1.5-HashAlgorithm")
	it := target.InProcess("it", check, spec.Request)
	dir := filepath.Join(t.TempDir(), "new")
	r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Executions: 20000, Found: func(f *campaign.Finding) {
		if err := campaign.Save(dir, f, 1); err != nil {
			t.Error(err)
		}
	}})
	if len(r.Findings) != 1 || r.Findings[0].File == "" {
		t.Fatalf("found %+v", r.Findings)
	}
	again := replay(t, it, r.Findings[0].File)
	if len(again) != 1 || again[0].Rule != r.Findings[0].Rule {
		t.Errorf("the replay finds %+v", again)
	}
	if right := replay(t, target.Codec()[0], r.Findings[0].File); len(right) != 0 {
		t.Errorf("the replay finds %+v", right)
	}
}

// Samples are spread over the campaign, which can be asked for them all the time.
func TestSamples(t *testing.T) {
	c, err := campaign.New(campaign.Config{Targets: target.Codec(), Executions: 10000, RNGSeed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	ended := make(chan struct{})
	asking.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				c.Result()
				runtime.Gosched()
			}
		}
	})
	r, err := c.Run(t.Context())
	close(ended)
	asking.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range r.Targets {
		for i := 1; i < len(tr.Samples); i++ {
			a, b := tr.Samples[i-1], tr.Samples[i]
			if b.At <= a.At || b.Executions < a.Executions || b.Coverage < a.Coverage {
				t.Errorf("sample %d: %+v after %+v", i, b, a)
			}
		}
	}
}

// slowEnd is a target whose end is seen only after the last round.
type slowEnd struct{ mortal }

func (*slowEnd) Open(context.Context) (target.Session, error) { return &slowEndSession{}, nil }

type slowEndSession struct{ mortalSession }

func (*slowEndSession) Try(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	if len(cases) == 0 {
		report(-1, &fuzz.Difference{Fault: fuzz.Crash, Detail: "ends"})
	}
	return len(cases), nil
}

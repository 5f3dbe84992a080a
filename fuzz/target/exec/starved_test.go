package exec_test

import (
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
)

// An answer that comes late only because there is no processor is no finding, but a note. A
// program that hangs is found all the same, as is one that is late though it has a processor.
func TestExecStarved(t *testing.T) {
	for _, it := range []struct {
		mode  string
		share int // parts of 100 of the time that the program waits for a processor
		fault fuzz.Fault
	}{
		{"is slow", 95, ""},
		{"is slow", 0, fuzz.Hang},
		{"hangs", 60, fuzz.Hang},
	} {
		t.Run(it.mode, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			o := exec.Options{Timeout: 200 * time.Millisecond, Slow: 200 * time.Millisecond}
			s := openChild(t, child(t, it.mode, o.Starve(func() (time.Duration, bool) {
				return time.Since(begin) * time.Duration(it.share) / 100, true
			})))
			cases := append(harmless(3), target.NewCase(trigger))
			found := try(t, s, cases)
			late := s.(target.Noter).Notes()[target.Late]
			switch {
			case it.fault == "" && (len(found) > 0 || late != 1 || s.Restarts() > 0):
				t.Errorf("starved for %d %%: %v, %d answers are late, %d restarts", it.share, found, late, s.Restarts())
			case it.fault != "" && (len(found) != 1 || found[3] == nil || found[3].Fault != it.fault):
				t.Errorf("starved for %d %%: %v, %d answers are late", it.share, found, late)
			}
		})
	}
}

package conformance

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestScenesMixed: scenes that run at the same time, between ends of their own and begun
// at any time, show what each of them shows alone.
func TestScenesMixed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 600
	if testing.Short() {
		rounds = 200
	}
	for range rounds {
		var all capturetest.Trace
		var names, want []string
		for n := range byte(2 + random.IntN(4)) {
			test := scenes[random.IntN(len(scenes))]
			names = append(names, test.name)
			if test.want != "" {
				want = append(want, strings.Split(test.want, ", ")...)
			}
			var s scene
			test.play(&s)
			s.then(s.at)
			later := time.Duration(random.Int64N(int64(time.Minute)))
			for _, p := range s.Packets {
				p.Src, p.Dst = moved(p.Src, n), moved(p.Dst, n)
				p.Time = p.Time.Add(later)
				all.Packets = append(all.Packets, p)
			}
		}
		slices.SortStableFunc(all.Packets, func(a, b capturetest.Packet) int { return a.Time.Compare(b.Time) })
		end := scene{Trace: all, timed: len(all.Packets), conns: 1000}
		var got []string
		if _, err := Read(bytes.NewReader(end.file()), "", nil, Options{}, func(f *Finding) error {
			got = append(got, f.Rule)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, rule := range got {
			i := slices.Index(want, rule)
			if i < 0 {
				t.Fatalf("%q: %s", names, rule)
			}
			want = slices.Delete(want, i, i+1)
		}
		for _, rule := range want { // what a client owes somebody else may have sent: the scenes have the same messages
			if rule != "PCHC-3.2.5.1-SegmentInfo" && rule != "PCHC-3.2.5.3-Resend" {
				t.Errorf("%q: %s is missing", names, rule)
			}
		}
	}
}

// moved is an end of a scene in a network of its own.
func moved(a netip.AddrPort, n byte) netip.AddrPort {
	b := a.Addr().As4()
	b[2] = n
	return netip.AddrPortFrom(netip.AddrFrom4(b), a.Port())
}

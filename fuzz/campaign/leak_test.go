package campaign

import (
	"math"
	"testing"

	"github.com/hostedcache/pchc/fuzz/resource"
)

// What grows in both halves of a measurement, by at least half of what is expected, is kept;
// what a heap does until a collector comes, or a step, is not.
func TestGrown(t *testing.T) {
	const mib, each = 1 << 20, 4096
	for name, c := range map[string]struct {
		value func(x float64) float64
		grows bool
	}{
		"linear":        {func(x float64) float64 { return each * x }, true},
		"half as much":  {func(x float64) float64 { return 0.6 * each * x }, true},
		"in steps":      {func(x float64) float64 { return 2 * mib * math.Floor(each*x/(2*mib)) }, true},
		"level":         {func(float64) float64 { return 8 * mib }, false},
		"noise":         {func(x float64) float64 { return mib * math.Sin(x) }, false},
		"one step":      {func(x float64) float64 { return 16 * mib * math.Floor(x/2500) }, false},
		"fills a heap":  {func(x float64) float64 { return min(2*each*x, 12*mib) }, false},
		"a saw-tooth":   {func(x float64) float64 { return each * math.Mod(x, 1024) }, false},
		"much less":     {func(x float64) float64 { return 0.2 * each * x }, false},
		"then it falls": {func(x float64) float64 { return each * min(x, 4096-x) }, false},
	} {
		var points []resource.Point
		for part := range 9 {
			x := float64(part * 512)
			points = append(points, resource.Point{X: x, Y: c.value(x)})
		}
		if got := grown(points[:5], resource.Memory, each) && grown(points[4:], resource.Memory, each); got != c.grows {
			t.Errorf("%s: grows %t", name, got)
		}
	}
	one := []resource.Point{{X: 0, Y: 100}, {X: 16, Y: 116}}
	if !grown(one, resource.Files, 1) || grown(one, resource.Memory, 1) {
		t.Error("files, not bytes, that grow by one with each message are found with 16")
	}
}

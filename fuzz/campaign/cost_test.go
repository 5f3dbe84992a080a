package campaign

import (
	"math"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/resource"
)

// Time grows faster than the message only if it is long, and all sizes are on one curve.
func TestSuperlinear(t *testing.T) {
	for name, c := range map[string]struct {
		milliseconds []float64 // of sizes that double
		want         float64
	}{
		"quadratic":                         {[]float64{0.5, 2, 8, 32}, 2},
		"quadratic beside a constant":       {[]float64{10.5, 12, 18, 42}, 2},
		"cubic":                             {[]float64{0.1, 0.8, 6.4, 51.2}, 3},
		"with a size before":                {[]float64{0.5, 0.5, 2, 8, 32}, 2},
		"linear":                            {[]float64{10, 20, 40, 80}, 0},
		"sorted":                            {[]float64{10, 22, 48, 104}, 0},
		"constant":                          {[]float64{30, 30, 30, 30}, 0},
		"a collector's step":                {[]float64{0.18, 0.23, 0.42, 1.6}, 0},
		"quadratic, but short":              {[]float64{0.07, 0.28, 1.1, 4.4}, 0},
		"long, but little of it for a size": {[]float64{30, 30.1, 30.5, 32}, 0},
		"an outlier at the end":             {[]float64{5, 10, 20, 80}, 0},
		"an outlier at the start":           {[]float64{4, 2, 8, 32}, 0},
		"three sizes":                       {[]float64{2, 8, 32}, 0},
	} {
		var points []resource.Point
		for i, y := range c.milliseconds {
			points = append(points, resource.Point{X: float64(int(32) << i), Y: y * float64(time.Millisecond)})
		}
		if got := superlinear(points, costLeast); math.Abs(got-c.want) > 0.1 {
			t.Errorf("%s: the power %.2f, not %.0f", name, got, c.want)
		}
	}
}

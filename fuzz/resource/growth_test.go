package resource_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/fuzz/resource"
)

const mib = 1 << 20

// series draws points of a process from 0 to 1 with noise.
func series(f func(x float64, rng *rand.Rand) float64, seed uint64) []resource.Point {
	rng := rand.New(rand.NewPCG(seed, 1))
	var points []resource.Point
	for i := range 200 {
		x := float64(i+1) * 200
		points = append(points, resource.Point{X: x, Y: f(x, rng) + rng.Float64()*0.2*mib})
	}
	return points
}

// Growth without end is told from what only looks like it.
func TestGrows(t *testing.T) {
	warm := func(x float64) float64 { return 8*mib + 20*mib*(1-math.Exp(-x/1500)) }
	for name, c := range map[string]struct {
		value func(x float64, rng *rand.Rand) float64
		each  float64 // 0: does not grow
	}{
		"level":             {func(float64, *rand.Rand) float64 { return 8 * mib }, 0},
		"warm-up":           {func(x float64, _ *rand.Rand) float64 { return warm(x) }, 0},
		"a plateau":         {func(x float64, _ *rand.Rand) float64 { return min(8*mib+4096*x, 60*mib) }, 0},
		"a late plateau":    {func(x float64, _ *rand.Rand) float64 { return min(8*mib+4096*x, 90*mib) }, 0},
		"a step":            {func(x float64, _ *rand.Rand) float64 { return 8*mib + 64*mib*math.Floor(x/21000) }, 0},
		"a saw-tooth":       {func(x float64, _ *rand.Rand) float64 { return 8*mib + 4096*math.Mod(x, 5000) }, 0},
		"a slow saw-tooth":  {func(x float64, _ *rand.Rand) float64 { return 8*mib + 4096*math.Mod(x, 17000) }, 0},
		"a drawn saw-tooth": {func(_ float64, rng *rand.Rand) float64 { return 8*mib + 30*mib*rng.Float64() }, 0},
		"square root":       {func(x float64, _ *rand.Rand) float64 { return 8*mib + 0.1*mib*math.Sqrt(x) }, 0},
		"shrinks":           {func(x float64, _ *rand.Rand) float64 { return 80*mib - 1024*x }, 0},

		"a leak":                   {func(x float64, _ *rand.Rand) float64 { return 8*mib + 4096*x }, 4096},
		"a slow leak":              {func(x float64, _ *rand.Rand) float64 { return 8*mib + 64*x }, 64},
		"a leak after warm-up":     {func(x float64, _ *rand.Rand) float64 { return warm(x) + 1024*x }, 1024},
		"a leak under a collector": {func(x float64, rng *rand.Rand) float64 { return 8*mib + 4096*x + 4096*math.Mod(x, 900) }, 4096},
		"a list that doubles": {func(x float64, _ *rand.Rand) float64 {
			return 8*mib + 1024*math.Exp2(math.Ceil(math.Log2(x)))
		}, 1024},
		"a list that grows by a quarter": {func(x float64, _ *rand.Rand) float64 {
			return 8*mib + 1024*math.Pow(1.25, math.Ceil(math.Log(x)/math.Log(1.25)))
		}, 1024},
		"steps": {func(x float64, _ *rand.Rand) float64 { return 8*mib + 4*mib*math.Floor(x/1024) }, 4096},
	} {
		for seed := range uint64(20) {
			each, grows := resource.Grows(series(c.value, seed), mib)
			if grows != (c.each > 0) {
				t.Errorf("%s, seed %d: grows %v", name, seed, grows)
			} else if grows && (each < c.each/2 || each > 2*c.each) {
				t.Errorf("%s, seed %d: by %.0f, not %.0f", name, seed, each, c.each)
			}
		}
	}
	if _, grows := resource.Grows([]resource.Point{{1, 1}, {2, 2 * mib}}, 1); grows {
		t.Error("two points are no growth")
	}
}

func TestSlope(t *testing.T) {
	points := []resource.Point{{0, 1}, {1, 3}, {2, 5}, {3, 1000}, {4, 9}, {5, 11}}
	if s := resource.Slope(points); s != 2 {
		t.Errorf("%v", s)
	}
	if s := resource.Slope(points[:1]); s != 0 {
		t.Errorf("one point: %v", s)
	}
	if s := resource.Slope([]resource.Point{{1, 1}, {1, 2}}); s != 0 {
		t.Errorf("at one place: %v", s)
	}
}

func TestExponent(t *testing.T) {
	at := func(f func(n float64) float64) (points []resource.Point) {
		for _, n := range []float64{512, 1024, 2048, 4096} {
			points = append(points, resource.Point{X: n, Y: f(n)})
		}
		return points
	}
	for name, c := range map[string]struct {
		f    func(n float64) float64
		want float64
	}{
		"constant":              {func(float64) float64 { return 5 }, 0},
		"linear":                {func(n float64) float64 { return 3 * n }, 1},
		"linear, and more":      {func(n float64) float64 { return 100000 + 3*n }, 1},
		"quadratic":             {func(n float64) float64 { return 1000 + n*n }, 2},
		"cubic":                 {func(n float64) float64 { return n * n * n }, 3},
		"sorted":                {func(n float64) float64 { return n * math.Log2(n) }, 1.12},
		"shrinks":               {func(n float64) float64 { return -n }, 0},
		"linear, and quadratic": {func(n float64) float64 { return 1000*n + n*n }, 1.81},
	} {
		if got := resource.Exponent(at(c.f)); math.Abs(got-c.want) > 0.07 {
			t.Errorf("%s: %.2f, not %v", name, got, c.want)
		}
	}
	if got := resource.Exponent(at(func(n float64) float64 { return n })[:2]); got != 0 {
		t.Errorf("of two points: %v", got)
	}
}

func TestThin(t *testing.T) {
	points := series(func(x float64, _ *rand.Rand) float64 { return x }, 1)
	few := resource.Thin(points, 16)
	if len(few) != 16 || few[0] != points[0] || few[15] != points[len(points)-1] {
		t.Errorf("%v", few)
	}
	if len(resource.Thin(few, 16)) != 16 {
		t.Error("few points become fewer")
	}
}

func TestSparkline(t *testing.T) {
	var line, level []resource.Point
	for i := range 8 {
		line = append(line, resource.Point{X: float64(i), Y: float64(i)})
		level = append(level, resource.Point{X: float64(i), Y: 3})
	}
	for want, got := range map[string]string{
		"▁▂▃▄▅▆▇█": resource.Sparkline(line, 8), "▁▁▁▁": resource.Sparkline(level, 4), "": resource.Sparkline(nil, 4), "▁": resource.Sparkline(line, 1),
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[float64]string{64: "64 bytes", 0: "0 bytes", 4096: "4.0 KiB", 1000: "1.0 KiB", 256 << 20: "256 MiB", 1023 << 20: "1.0 GiB", 3 << 40: "3.0 TiB", 5000 << 40: "5000 TiB"} {
		if got := resource.Bytes(n); got != want {
			t.Errorf("%v: %s, not %s", n, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	l := resource.Limits{Memory: 10 << 20, Files: 5, Threads: 3}
	for want, u := range map[string]resource.Usage{
		"": {Memory: 10 << 20, Files: 5, Threads: 3},
		"uses 11 MiB of memory, more than 10 MiB": {Memory: 11 << 20},
		"has 6 open files, more than 5":           {Files: 6},
		"has 4 threads, more than 3":              {Threads: 4},
	} {
		if got := l.Exceeded(u); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if got := (resource.Limits{}).Exceeded(resource.Usage{Memory: 1 << 50, Files: 1000, Threads: 1000}); got != "" {
		t.Errorf("no limits: %q", got)
	}
}

package resource

import (
	"math"
	"slices"
	"strings"
)

// Point is a measured value Y at X: after X messages, or of a message of size X.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Slope is the median of the slopes between all pairs of points (the Theil-Sen
// estimator), which a few outliers do not change; 0 of less than two points.
func Slope(points []Point) float64 {
	points = Thin(points, 128)
	var slopes []float64
	for i := range points {
		for j := range i {
			if dx := points[i].X - points[j].X; dx != 0 {
				slopes = append(slopes, (points[i].Y-points[j].Y)/dx)
			}
		}
	}
	return median(slopes)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Grows reports whether values grow without end, as far as points in ascending order
// show, and by how much with each unit of X. From a quarter to a half of the last X, and
// from the half to the end, they must grow, the second time by more, since it is twice as
// long, and by at least that much. So neither warm-up nor what ends on a plateau counts,
// nor the saw-tooth of a garbage collector, whose low points do not rise; but a leak in a
// list does whose memory doubles from time to time.
func Grows(points []Point, least float64) (each float64, grows bool) {
	if len(points) < 4 {
		return 0, false
	}
	last := points[len(points)-1].X
	quarter, half, end := low(points, last/4), low(points, last/2), low(points, last)
	first, second := half-quarter, end-half
	if first < least/8 || second < least || second < 1.5*first {
		return 0, false
	}
	for x, before := last/4, quarter; x <= last; x += last / 8 { // nor does it fall in between
		now := low(points, x)
		if now < before-second/8 {
			return 0, false
		}
		before = max(before, now)
	}
	each = 4 * (end - quarter) / (3 * last)
	after := points
	for len(after) > 1 && after[0].X < last/4 {
		after = after[1:]
	}
	if slope := Slope(after); slope > each/2 && slope < 2*each { // more precise, but for steps
		each = slope
	}
	return each, true
}

// low is the lower quartile of the values from 9/10 of x to x, or the value next to x.
func low(points []Point, x float64) float64 {
	var values []float64
	nearest := points[0]
	for _, p := range points {
		if p.X >= 0.9*x && p.X <= x {
			values = append(values, p.Y)
		}
		if math.Abs(p.X-x) < math.Abs(nearest.X-x) {
			nearest = p
		}
	}
	if len(values) == 0 {
		return nearest.Y
	}
	slices.Sort(values)
	return values[len(values)/4]
}

// Exponent is k where values are about a + b*X^k, of the last three points, whose X double:
// 1 if twice as much takes twice as long, 2 if it takes four times as long. It is 0 if the
// values do not grow.
func Exponent(points []Point) float64 {
	if len(points) < 3 {
		return 0
	}
	p := points[len(points)-3:]
	first, second := p[1].Y-p[0].Y, p[2].Y-p[1].Y
	if first <= 0 || second <= 0 {
		return 0
	}
	return math.Log2(second / first)
}

// Thin returns at most the given number of points, which still begin and end as before.
func Thin(points []Point, most int) []Point {
	if len(points) <= most {
		return points
	}
	few := make([]Point, most)
	for i := range few {
		few[i] = points[i*(len(points)-1)/(most-1)]
	}
	return few
}

// Sparkline draws points, evenly spaced in X, with a character for each of the given
// number of steps.
func Sparkline(points []Point, steps int) string {
	const blocks = "▁▂▃▄▅▆▇█"
	if len(points) == 0 || steps < 1 {
		return ""
	}
	lowest, highest := points[0].Y, points[0].Y
	for _, p := range points {
		lowest, highest = min(lowest, p.Y), max(highest, p.Y)
	}
	first, last := points[0].X, points[len(points)-1].X
	var b strings.Builder
	i := 0
	for step := range steps {
		x := first
		if steps > 1 {
			x += (last - first) * float64(step) / float64(steps-1)
		}
		for i+1 < len(points) && points[i+1].X <= x {
			i++
		}
		level := 0
		if highest > lowest {
			level = int((points[i].Y - lowest) / (highest - lowest) * 7.99)
		}
		b.WriteRune([]rune(blocks)[level])
	}
	return b.String()
}

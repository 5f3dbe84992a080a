package capture

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestMutatedWrapped reads captures of every tunnel and link, with bytes changed,
// removed, inserted and moved: no panic, no hang, and memory as small as they are.
func TestMutatedWrapped(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 500
	}
	const seed = 20260314
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	formats := wrapped()
	names := slices.Sorted(maps.Keys(formats))
	trace, _ := conversation(false)
	files := map[string][]byte{}
	var before, after runtime.MemStats
	for i := range n {
		name := names[random.IntN(len(names))]
		f := formats[name]
		f.Pcapng = i%2 == 1
		f.Split = []int{0, 0, 0, 256}[random.IntN(4)]
		key := name + string(rune('0'+i%2)) + string(rune('0'+f.Split/256))
		if files[key] == nil {
			files[key] = trace.Encode(f)
		}
		file := mutate(random, files[key])
		begun := time.Now()
		runtime.ReadMemStats(&before)
		_, err := Read(bytes.NewReader(file), Options{}, func(*Event) error { return nil })
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%d, %s: %d bytes allocated for %d", i, name, used, len(file))
		}
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("%d, %s: took %v", i, name, d)
		}
		_ = err // that it is no capture any longer is fine
	}
}

// mutate changes a copy of b in a few places.
func mutate(random *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + random.IntN(8) {
		at := random.IntN(len(b))
		n := min(1+random.IntN(40), len(b)-at)
		switch random.IntN(6) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b[at] = byte(random.IntN(256))
		case 2:
			b = slices.Delete(b, at, at+n)
		case 3:
			b = slices.Insert(b, at, b[at:at+n]...)
		case 4:
			copy(b[at:at+n], b[random.IntN(len(b)):])
		default:
			for i := range b[at : at+n] {
				b[at+i] = byte(random.IntN(256)) * byte(random.IntN(2))
			}
		}
		if len(b) < 100 {
			break
		}
	}
	return b
}

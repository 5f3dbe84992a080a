package input_test

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/spec"
)

// mutateText changes a paste as people and tools do: lines lost, repeated, in another
// order, cut, or with another character.
func mutateText(random *rand.Rand, text string) string {
	lines := strings.SplitAfter(text, "\n")
	i := random.IntN(len(lines))
	j := random.IntN(len(lines))
	switch random.IntN(8) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
	case 1:
		lines = slices.Insert(lines, i, lines[i])
	case 2:
		lines[i], lines[j] = lines[j], lines[i]
	case 3:
		lines = lines[:i+1]
	case 4:
		lines = lines[i:]
	case 5:
		i, j = min(i, j), max(i, j)
		lines = slices.Delete(lines, i, j)
	case 6:
		n := random.IntN(len(lines[i]) + 1)
		lines[i] = lines[i][:n] + lines[i][min(n+1+random.IntN(4), len(lines[i])):]
	default:
		if n := len(lines[i]); n > 0 {
			b := []byte(lines[i])
			b[random.IntN(n)] = "0123456789abcdef gX|:.\""[random.IntN(23)]
			lines[i] = string(b)
		}
	}
	return strings.Join(lines, "")
}

// distance is how many bytes of a and b differ, in whatever order they are: the
// loss of order shows only where a form has offsets or numbers.
func distance(a, b []byte) int {
	if len(a) != len(b) {
		return max(len(a), len(b))
	}
	var count [256]int
	for i := range a {
		count[a[i]]++
		count[b[i]]--
	}
	n := 0
	for _, c := range count {
		n += max(c, 0)
	}
	return n
}

// TestMutatedForms damages pastes: that must not end in a panic or hang, nor in a
// valid message that is none of those sent, but for the bytes of a line changed,
// without a word.
func TestMutatedForms(t *testing.T) {
	count := 10_000
	if testing.Short() {
		count = 1_000
	}
	const seed = 9
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	type form struct {
		name, text string
		sent       [][]byte
	}
	var all []form
	for name, trace := range talks() {
		if name == "lengths that differ" {
			continue
		}
		file := trace.Encode(capturetest.Format{})
		want, _ := fromFile(t, file)
		var sent [][]byte
		for _, m := range want {
			b, _ := hex.DecodeString(m.Bytes)
			sent = append(sent, b)
		}
		for _, forms := range []map[string]string{conversationForms(turns(trace)), packetForms(t, file), views(t, &pasted{file: file, trace: trace})} {
			for f, text := range forms {
				all = append(all, form{name + ", " + f, text, sent})
			}
		}
	}
	slices.SortFunc(all, func(a, b form) int { return strings.Compare(a.name, b.name) })
	for n := range count {
		f := &all[random.IntN(len(all))]
		text := f.text
		for range 1 + random.IntN(3) {
			text = mutateText(random, text)
		}
		begin := time.Now()
		messages, err := input.Parse([]byte(text), input.Options{})
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("%d, %s: took %v", n, f.name, d)
		}
		if err == nil && len(messages) == 0 {
			t.Errorf("%d, %s: neither messages nor an error", n, f.name)
		}
		said := slices.ContainsFunc(messages, func(m input.Message) bool { return m.Problem != "" })
		for _, m := range messages {
			kind := m.Kind
			if kind == 0 {
				kind = spec.Guess(m.Bytes)
			}
			if m.Problem != "" || len(spec.Dissect(kind, m.Bytes).Violations) > 0 {
				continue
			}
			near := len(m.Bytes)
			for _, s := range f.sent {
				near = min(near, distance(s, m.Bytes))
			}
			if near > 16 && !said {
				t.Errorf("%d, %s: invented %x (line %d, %s)", n, f.name, m.Bytes[:min(len(m.Bytes), 40)], m.Line, m.Note)
				if testing.Verbose() {
					t.Logf("%.6000s", text)
				}
			}
		}
	}
}

package conformance

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/spec"
)

// right are captures of retrieval in which nobody violates a rule of behaviour.
func right(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"../conversation/testdata/wpts-flow-v1.pcap", "../conversation/testdata/ipxe-discovery.pcap", "../../cmd/pchc/testdata/retrieval/story.pcapng"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	var s ct.Story
	one, two := ct.NewContent(1, "one.bin", 70000), ct.NewContent(2, "two.bin", 20000)
	s.Information(ct.Client, one)
	s.List(ct.Client, ct.Cache, one, 0)
	s.Blocks(ct.Client, ct.Cache, one, func(_, block int) bool { return block == 0 })
	s.MissingData(ct.Client, one, 65536, len(one.Data))
	s.Information(ct.Client, two)
	s.Plain(ct.Client, two)
	s.Offer(ct.Client, two)
	s.Fetch(ct.Client, two)
	s.Blocks(ct.Other, ct.Cache, two, ct.All)
	files["made"] = s.Encode(capturetest.Format{})
	return files
}

// frames returns the frames of a capture.
func frames(t *testing.T, file []byte) (all []pcapfile.Frame) {
	t.Helper()
	r, err := pcapfile.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for {
		var f pcapfile.Frame
		if err := r.Next(&f); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		f.Data = bytes.Clone(f.Data)
		all = append(all, f)
	}
}

// TestRetrievalLosses: whatever one frame was missing from a right capture, and
// wherever it ended, nobody is blamed.
func TestRetrievalLosses(t *testing.T) {
	for name, file := range right(t) {
		t.Run(name, func(t *testing.T) {
			all := frames(t, file)
			step := 1
			if testing.Short() {
				step = 7
			}
			for i := 0; i <= len(all); i += step {
				for what, kept := range map[string][]pcapfile.Frame{
					"cut before":     all[:i],
					"begun at":       all[i:],
					"without frame ": append(append([]pcapfile.Frame{}, all[:i]...), all[min(i+1, len(all)):]...),
				} {
					blamed(t, fmt.Sprintf("%s %d", what, i+1), written(kept))
				}
			}
		})
	}
}

// written is a capture of these frames.
func written(frames []pcapfile.Frame) []byte {
	var out bytes.Buffer
	link := uint32(1)
	if len(frames) > 0 {
		link = frames[0].Link
	}
	w := capturetest.NewWriter(&out, capturetest.Format{Link: link})
	for i := range frames {
		w.Frame(frames[i].Time, frames[i].Data)
	}
	_ = w.Close()
	return out.Bytes()
}

// blamed fails if somebody is blamed for behaviour.
func blamed(t *testing.T, what string, file []byte) {
	t.Helper()
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	if _, err := Read(bytes.NewReader(file), "x.pcap", again, Options{Decrypted: true}, func(f *Finding) error {
		if f.Class == spec.Behaviour {
			t.Errorf("%s: %s %s %s", what, f.Place, f.Rule, f.Detail)
		}
		return nil
	}); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

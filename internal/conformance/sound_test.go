package conformance

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/spec"
)

// eitherWay checks that a capture has the same findings if every message is dissected.
// The tests of this package call it for all captures that they have.
func eitherWay(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte, o Options) {
	t.Helper()
	read := func(thorough bool) (all []Finding, sum Summary, err error) {
		o.thorough = thorough
		again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
		sum, err = Read(bytes.NewReader(file), "x.pcap", again, o, func(f *Finding) error {
			all = append(all, *f)
			return nil
		})
		return all, sum, err
	}
	got, sum, err := read(false)
	want, wantSum, wantErr := read(true)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" || !reflect.DeepEqual(sum, wantSum) || (err == nil) != (wantErr == nil) {
		t.Fatalf("without dissection of what is sound: %s; %v, %v; %v, %v", diff, sum, wantSum, err, wantErr)
	}
}

func eitherWayFile(t *testing.T, path string, o Options) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	eitherWay(t, file, o)
}

// sent is a capture of a request and its response. Those that are nil are right.
func sent(kind spec.Kind, request, response []byte, path string) []byte {
	var s ct.Story
	switch kind {
	case spec.RetrievalRequest, spec.RetrievalResponse:
		s.Information(ct.Client, one)
		if request == nil {
			request = getBlks
		}
		if response == nil {
			response = blk(one, 1, 1, 16)
		}
		s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, request)).Reply(capturetest.Answer(200, response)).
			Send(capturetest.Post(pccrr.Path, getList)).Reply(capturetest.Answer(200, blkList)).Close()
	default:
		if request == nil {
			request = batch
		}
		if response == nil {
			response = capturetest.OK
		}
		s.Conn(ct.Client, ct.Cache).Send(capturetest.Post(path, request)).Reply(capturetest.Answer(200, response)).
			Send(capturetest.Post(capturetest.PathV1, offer)).Reply(capturetest.Answer(200, capturetest.Interested)).Close()
	}
	return s.Encode(capturetest.Format{})
}

// TestSound draws messages, right, broken and mutated, on the paths of both versions.
func TestSound(t *testing.T) {
	kinds := []spec.Kind{spec.Request, spec.Response, spec.RetrievalRequest, spec.RetrievalResponse}
	try := func(t interface {
		Helper()
		Fatalf(string, ...any)
	}, m fuzz.Message, path string, windows bool) {
		t.Helper()
		var request, response []byte
		if m.Kind == spec.Request || m.Kind == spec.RetrievalRequest {
			request = append([]byte{}, m.Bytes...)
		} else {
			response = append([]byte{}, m.Bytes...)
		}
		eitherWay(t, sent(m.Kind, request, response, path), Options{Windows: windows})
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		path := rapid.SampledFrom([]string{capturetest.PathV1, capturetest.PathV2}).Draw(t, "path")
		windows := rapid.Bool().Draw(t, "windows")
		try(t, rapidgen.Message(kind).Draw(t, "message"), path, windows)
		try(t, rapidgen.Mutated(kind).Draw(t, "mutated"), path, windows)
	})
	for _, rule := range generate.Rules() {
		for _, kind := range generate.Kinds(rule) {
			for seed := range uint64(4) {
				if m := generate.BrokenAs(rand.New(rand.NewPCG(seed, 1)), kind, rule); m.Kind == spec.Request || m.Kind == spec.Response {
					try(t, m, capturetest.PathV2, seed%2 == 1)
				}
			}
		}
	}
}

package spec_test

import (
	"testing"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/internal/invariant"
)

// FuzzDissect takes the first two bytes for what the others are.
func FuzzDissect(f *testing.F) {
	for _, seed := range []string{
		"\x01\x00\x00\x01\x00\x01\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00" + "0123456789abcdef0123456789abcdef",
		"\x01\x00\x00\x02\x00\x03\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00" +
			"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x10BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00\x04" + "0123456789abcdef0123456789abcdef",
		"\x01\x00\x00\x01\x00\x02\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00" + "0123456789abcdef" +
			"\x00\x01\x0c\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" +
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" +
			"\x01\x00\x00\x000123456789abcdef0123456789abcdef",
		"\x02\x01\x00\x00\x00\x01\x01",
		"\x03\x00\x00\x02\x04" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
			"\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x44\x00\x01\x00\x00" +
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	} {
		f.Add([]byte(seed))
	}
	for message, body := range map[string]spec.Fields{
		"Probe": {"Probe": spec.Fields{"Types": "PeerDist:PeerDistData", "Scopes": []any{"ABCD", "EF01"}}},
		"ProbeMatches": {"ProbeMatches": spec.Fields{"ProbeMatch": []any{spec.Fields{
			"EndpointReference": spec.Fields{"Address": "urn:uuid:3"}, "XAddrs": []any{"192.0.2.1:80"}, "MetadataVersion": uint64(2),
			"PeerDistData": spec.Fields{"SegmentAges": "AAEDAgBg6gABZAAA"}}}}},
	} {
		b, err := spec.Assemble(message, spec.Fields{"Header": spec.Fields{"MessageID": "urn:uuid:1"}, "Body": body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{byte(spec.Discovery), 0}, b...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		if err := invariant.Check(spec.Kind(b[0]), uint16(b[1]), b[2:]); err != nil {
			t.Fatalf("%v\n%x", err, b)
		}
	})
}

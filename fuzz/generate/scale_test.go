package generate_test

import (
	"testing"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// The messages of a scale are as valid as it says, grow with the length, and none is
// larger than it may be.
func TestScales(t *testing.T) {
	for _, kind := range kinds {
		scales := generate.Scales(kind)
		if len(scales) == 0 && kind != spec.HashRequest {
			t.Errorf("%v: nothing in it has a length", kind)
		}
		for _, s := range scales {
			before := 0
			for n := s.Most / 64; n <= s.Most; n *= 2 {
				m := s.Message(n)
				if m.Kind != kind || len(m.Bytes) <= before || len(m.Bytes) > 512<<10 {
					t.Errorf("%s of %d %s: %d bytes, before %d", s.Field, n, s.Unit, len(m.Bytes), before)
				}
				before = len(m.Bytes)
			}
			if s.Valid > 0 {
				if m := s.Message(s.Valid); !m.Dissect().Valid() {
					t.Errorf("%s of %d %s: %v", s.Field, s.Valid, s.Unit, m.Dissect().Violations)
				}
			}
			if s.Valid > 0 && s.Valid < s.Most && kind != spec.Discovery {
				if m := s.Message(s.Most); m.Dissect().Valid() {
					t.Errorf("%s of %d %s is valid", s.Field, s.Most, s.Unit)
				}
			}
		}
	}
}

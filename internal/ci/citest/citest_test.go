package citest

import "testing"

type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Error(...any)          { r.failed = true }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; panic(r) }

func TestSARIF(t *testing.T) {
	for report, valid := range map[string]bool{
		`{"version":"2.1.0","runs":[]}`:           true,
		`{"version":"2.0.0","runs":[]}`:           false,
		`{"version":"2.1.0","runs":[],"other":1}`: false,
		`{"version":"2.1.0","runs":[{}]}`:         false,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"invocations":[{"executionSuccessful":true,"startTimeUtc":"noon"}]}]}`: false,
		`{"version":`: false,
	} {
		r := &recorder{TB: t}
		func() {
			defer func() { _ = recover() }()
			SARIF(r, []byte(report))
		}()
		if r.failed == valid {
			t.Errorf("%s: valid %v", report, !r.failed)
		}
	}
}

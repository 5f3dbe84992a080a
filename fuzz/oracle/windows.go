package oracle

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// windows compares whether both say that a Windows server answers OK to the
// malformed request b. d may lack violations of rules that it already has.
func windows(b []byte, d *spec.Dissection) *fuzz.Difference {
	first, malformed := d.First()
	if !malformed {
		return nil
	}
	got, want := codec.WindowsAnswersOK(b), d.WindowsAnswersOK()
	if got == want {
		return nil
	}
	if want = spec.Dissect(spec.Request, b).WindowsAnswersOK(); got == want {
		return nil
	}
	difference := atViolation(fuzz.Answered, first, "codec says that Windows answers OK, spec that it does not")
	if want {
		difference = atViolation(fuzz.Unanswered, first, "spec says that Windows answers OK, codec that it does not")
	}
	difference.Requirement = "PCHC-3.1.5.4-Drop"
	return difference
}

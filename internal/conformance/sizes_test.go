package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/ci"
)

// TestReportFlood: a report of very many findings has a limited number of them, and
// says how many there are.
func TestReportFlood(t *testing.T) {
	r := NewReport("", always)
	r.Begin("flood.pcap")
	f := found[1]
	const n = ci.MaxResults + 10
	for i := range n {
		f.Frame = int64(i + 1)
		r.Add(&f)
	}
	r.Add(&found[2])
	r.End(nil)
	var junit, sarif bytes.Buffer
	if err := errors.Join(r.WriteJUnit(&junit), r.WriteSARIF(&sarif)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Runs []struct {
			Results []struct {
				RuleID  string
				Message struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal(sarif.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	all := got.Runs[0].Results
	kept := ci.MaxResults - len(r.run.Rules)
	if len(all) != kept+2 || all[kept].RuleID != f.Rule || all[kept+1].RuleID != found[2].Rule ||
		!strings.HasPrefix(all[kept].Message.Text, fmt.Sprintf("%d more results of %s, the first: frame %d of ", n-kept, f.Rule, kept+1)) {
		t.Errorf("%d results, the last %+v", len(all), all[len(all)-2:])
	}
	if !strings.Contains(junit.String(), fmt.Sprintf("and %d more&#xA;", n-maxLines)) || junit.Len() > 100_000 {
		t.Errorf("JUnit has %d bytes", junit.Len())
	}
}

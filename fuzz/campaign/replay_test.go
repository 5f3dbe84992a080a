package campaign_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

func replay(t *testing.T, it target.Target, name string) []campaign.Finding {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	messages, err := campaign.ReadMessages(file)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := campaign.Replay(t.Context(), it, messages)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestMessages(t *testing.T) {
	want := []fuzz.Message{{Kind: spec.Request, Bytes: []byte{0, 2}}, {Kind: spec.Response, Bytes: []byte{}}, {Kind: spec.Content, Bytes: []byte{0xFF}}}
	var b bytes.Buffer
	if err := campaign.WriteMessages(&b, "two\nlines\x1b[0m", want); err != nil {
		t.Fatal(err)
	}
	if text := "# two\n# lines[0m\nrequest 0002\nresponse \ncontent ff\n"; b.String() != text {
		t.Errorf("wrote %q", b.String())
	}
	got, err := campaign.ReadMessages(&b)
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v: %s", err, cmp.Diff(want, got))
	}
	got, err = campaign.ReadMessages(strings.NewReader("\n# comment\r\n request 0002 \r\nrequest 0x\n"))
	if len(got) != 1 || err == nil || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Errorf("%v: %v", got, err)
	}
}

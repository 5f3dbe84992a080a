package campaign_test

import (
	"os"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/fuzz/target"
)

func replay(t *testing.T, it target.Target, name string) []campaign.Finding {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := seeds.ParseLines(text)
	if err != nil {
		t.Fatal(err)
	}
	var messages []fuzz.Message
	for _, s := range lines {
		messages = append(messages, s.Message)
	}
	findings, err := campaign.Replay(t.Context(), it, messages)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

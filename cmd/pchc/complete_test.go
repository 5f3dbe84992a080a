package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestComplete asks for completions as the scripts for bash, zsh, fish and PowerShell do.
func TestComplete(t *testing.T) {
	const noFiles, byExtension = ":4", ":8"
	for line, want := range map[string][2]string{
		"pcap --type BATCHED":      {"BATCHED_OFFER_MESSAGE", noFiles},
		"stats --type getb":        {"getblks\n", noFiles},
		"stats --protocol pccr":    {"pccrr", noFiles},
		"pcap --protocol pccrr,wu": {"", noFiles},
		"check --dialect ":         {"windows", noFiles},
		"pcap --time ":             {"delta", noFiles},
		"pcap --since ":            {"+90s", noFiles},
		"check --fail-on ":         {"behaviour", noFiles},
		"pcap ":                    {"pcapng", byExtension},
		"check ":                   {"pcapng", byExtension},
		"content extract ":         {"pcapng", byExtension},
		"decode --as retr":         {"retrieval-request", noFiles},
		"stats --color ":           {"never", noFiles},
		"pcap --keylog ":           {"", ":0"}, // any file
		"stats ":                   {"", ":0"}, // captures, or files of --json
	} {
		var stdout, stderr bytes.Buffer
		if status := run(append([]string{"__complete"}, strings.Split(line, " ")...), strings.NewReader(""), &stdout, &stderr); status != statusFine {
			t.Errorf("%q: exit status %d: %s", line, status, &stderr)
		}
		if got := stdout.String(); !strings.Contains(got, want[0]) || !strings.Contains(got, "\n"+want[1]+"\n") && !strings.HasPrefix(got, want[1]+"\n") {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var stdout bytes.Buffer
		if status := run([]string{"completion", shell}, strings.NewReader(""), &stdout, &stdout); status != statusFine || stdout.Len() < 1000 {
			t.Errorf("completion %s: exit status %d", shell, status)
		}
	}
}

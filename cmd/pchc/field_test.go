package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestField reads what people paste and capture: testdata/README.md.
func TestField(t *testing.T) {
	table, err := os.ReadFile("testdata/field/inputs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")
	if files, _ := filepath.Glob("testdata/field/*"); len(files) != len(rows)+1 {
		t.Errorf("%d files and %d rows", len(files), len(rows))
	}
	for _, row := range rows {
		cell := strings.Split(row, "\t")
		name, command, want := cell[0], cell[1], cell[2]
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata/field", name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := hex.DecodeString(want); err == nil {
				var out, stderr bytes.Buffer
				if status := run([]string{command, "--hex"}, bytes.NewReader(b), &out, &stderr); status != 0 || strings.TrimSpace(out.String()) != want {
					t.Errorf("exit status %d, %s, want %s: %s", status, &out, want, &stderr)
				}
				return
			}
			if want == "refuse" {
				var out, stderr bytes.Buffer
				if status := run([]string{command, "--json"}, bytes.NewReader(b), &out, &stderr); status == 0 || strings.Contains(out.String(), `"message"`) || stderr.Len() == 0 {
					t.Errorf("exit status %d, %s: %s", status, &out, &stderr)
				}
				return
			}
			messages, problems := says(t, bytes.NewReader(b), command)
			var got []string
			for i := range messages {
				got = append(got, messages[i].abbreviation())
			}
			if n, ok := strings.CutPrefix(want, "any"); ok {
				if strconv.Itoa(len(got)) != n || strings.Contains(strings.Join(got, " "), "!") || problems > 0 {
					t.Errorf("got %v and %d problems, want %s valid messages", got, problems, n)
				}
			} else if strings.Join(got, " ") != want || problems > 0 {
				t.Errorf("got %v and %d problems, want %s", got, problems, want)
			}
		})
	}
}

// abbreviation is the name of a message in the table, or one with "!".
func (m *said) abbreviation() string {
	switch {
	case !m.Valid:
		return "!" + m.Message
	case m.Message == "BATCHED_OFFER_MESSAGE":
		return "B" + strconv.Itoa(len(m.Raw)/2)
	case m.Raw == "0000000100":
		return "OK"
	case m.Raw == "0000000101":
		return "INT"
	}
	return m.Message
}

// said is what the command says of messages, however it read them: what "capture"
// does not say.
type said struct {
	Message    string
	Valid      bool
	Raw        string
	Violations []any
}

// says runs a command with --json and returns the messages, and how many problems
// there are; there must be one or the other.
func says(t *testing.T, in io.Reader, command string) (messages []said, problems int) {
	t.Helper()
	messages, problems = listed(t, in, command)
	if len(messages)+problems == 0 {
		t.Errorf("%s: nothing found", command)
	}
	return messages, problems
}

// listed is says where there may be nothing.
func listed(t *testing.T, in io.Reader, command string) (messages []said, problems int) {
	t.Helper()
	var out, stderr bytes.Buffer
	status := run([]string{command, "--json", "--raw"}, in, &out, &stderr)
	for d := json.NewDecoder(&out); ; {
		var m said
		err := d.Decode(&m)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v %s", command, err, &stderr)
		}
		if m.Message == "CAPTURE_PROBLEM" {
			problems++
		} else {
			messages = append(messages, m)
		}
	}
	if problems > 0 && status != statusViolated {
		t.Errorf("%s: exit status %d with %d messages and %d problems: %s", command, status, len(messages), problems, &stderr)
	}
	return messages, problems
}

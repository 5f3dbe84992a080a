package seeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/corpus"
)

// ParseLines parses the lines of a replay file, see [fuzz.Message.AppendText].
// Empty lines and those that begin with # are passed over. An error names the
// line, and none of its bytes.
func ParseLines(text []byte) ([]Seed, error) {
	var seeds []Seed
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		var s Seed
		if err := s.UnmarshalText(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		seeds = append(seeds, s)
	}
	return seeds, nil
}

// isLines reports whether the first line that is no comment begins as those of
// a replay file do.
func isLines(file []byte) bool {
	for line := range bytes.Lines(file) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		word, _, _ := bytes.Cut(line, []byte(" "))
		for _, k := range Kinds() {
			if string(word) == k.Name {
				return true
			}
		}
		return false
	}
	return false
}

// ParseVectors parses a file of vectors, see package corpus.
func ParseVectors(text []byte) ([]Seed, error) {
	var file corpus.File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("is no file of vectors: %w", err)
	}
	if file.Groups == nil {
		return nil, errors.New("is no file of vectors: it has no groups")
	}
	var seeds []Seed
	for _, g := range file.Groups {
		s, err := FromVectors(g.Tests)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, s...)
	}
	return seeds, nil
}

// isVectors reports whether a file is a JSON object. No message begins so: its
// MinorVersion would be 123.
func isVectors(file []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(file, " \t\r\n"), []byte("{")) && json.Valid(file)
}

package seeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/corpus"
)

// ParseLines parses lines as [fuzz.Message.AppendText] writes them. Empty lines and
// those that begin with # are ignored. An error names the line, but does not quote
// its bytes.
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

// isLines reports whether the first line that is not a comment begins with a kind.
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
		return nil, fmt.Errorf("not a vector file: %w", err)
	}
	if file.Groups == nil {
		return nil, errors.New("not a vector file: no groups")
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

// isVectors reports whether a file is a JSON object. No valid message is one: its
// MinorVersion would be 123.
func isVectors(file []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(file, " \t\r\n"), []byte("{")) && json.Valid(file)
}

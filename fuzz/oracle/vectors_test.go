package oracle_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// vectorSeeds are the bytes of a file of vectors, one JSON object a line: those of the
// kind of requests, and all others.
func vectorSeeds(t testing.TB, name, kindOfRequests string) (requests, responses [][]byte) {
	lines, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(lines) {
		var v struct{ Kind, Hex string }
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind == kindOfRequests {
			requests = append(requests, b)
		} else {
			responses = append(responses, b)
		}
	}
	return requests, responses
}

package capture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestVectors reads the captures of other implementations, and checks every
// message.
func TestVectors(t *testing.T) {
	const folder = "../../cmd/pchc/testdata"
	files, err := filepath.Glob(folder + "/*.expected.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d expectations in %s, want 3 (%v)", len(files), folder, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var want struct {
				Capture    string
				ServerPort uint16 `json:"server_port"`
				Messages   []struct {
					Dir        string
					Conn       int
					ClientPort uint16 `json:"client_port"`
					Type       string
					Length     int    `json:"payload_length"`
					SHA256     string `json:"payload_sha256"`
					HTTP       struct {
						Path   string
						Status int
					}
				}
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			in, err := os.Open(filepath.Join(folder, want.Capture))
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			got := read(in)
			if got.err != nil || len(got.problems) != 0 || len(got.messages) != len(want.Messages) {
				t.Fatalf("%d messages, problems %q, %v; want %d messages", len(got.messages), got.problems, got.err, len(want.Messages))
			}
			types := map[string]uint16{"INITIAL_OFFER_MESSAGE": 1, "SEGMENT_INFO_MESSAGE": 2, "BATCHED_OFFER_MESSAGE": 3}
			asked := ""
			for i, w := range want.Messages {
				e := got.events[i]
				sum := sha256.Sum256(e.Body)
				client, server := e.Src, e.Dst
				if w.Dir == "s2c" {
					client, server = e.Dst, e.Src
				}
				if len(e.Body) != w.Length || hex.EncodeToString(sum[:]) != w.SHA256 ||
					e.Stream != w.Conn-1 || client.Port() != w.ClientPort || server.Port() != want.ServerPort || e.Method != "POST" {
					t.Errorf("message %d: %+v, want %+v", i, e, w)
				}
				if w.Dir == "c2s" {
					asked = w.Type
					if e.Kind != Request || e.Path != w.HTTP.Path {
						t.Errorf("message %d: kind %d on %s, want a request on %s", i, e.Kind, e.Path, w.HTTP.Path)
					}
				} else if e.Kind != Response || e.Status != w.HTTP.Status || e.RequestType != types[asked] {
					t.Errorf("message %d: kind %d, status %d, to type %d; want %d to %s", i, e.Kind, e.Status, e.RequestType, w.HTTP.Status, asked)
				}
			}
		})
	}
}

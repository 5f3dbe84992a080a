package capture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// TestTsharkConversations has tshark read drawn conversations: it sees the requests that
// were said, of clients that wait for responses: of these nine in ten, and of others fewer.
func TestTsharkConversations(t *testing.T) {
	tshark := testutil.Tool(t, "tshark")
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	seen, said := 0, 0
	for seed := range seeds {
		v := capturetest.Converse(seed, capturetest.Pathologies{Plain: true, Short: true, Spoken: true})
		path := filepath.Join(t.TempDir(), "drawn.pcap")
		if err := os.WriteFile(path, v.File, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tshark, "-r", path, "-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==8080-8099,http", "-Y", "http.request.method==POST",
			"-T", "fields", "-E", "occurrence=a", "-E", "separator=|", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "http.request.uri").Output()
		if err != nil {
			t.Fatal(err)
		}
		theirs, ours := map[string]int{}, map[string]int{}
		for _, m := range v.Said {
			if ends := fmt.Sprint(m.Src.Port(), " ", m.Dst.Port(), " "); m.Serial && m.Kind == "request" {
				ours[ends+m.Path]++
			}
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimSpace(line), "|")
			for _, uri := range strings.Split(f[2], ",") {
				if p := pathOf([]byte(uri)); new(Options).protocolOf(p) == PCHC {
					theirs[f[0]+" "+f[1]+" "+string(p)]++
				}
			}
		}
		for k, n := range ours {
			seen += min(n, theirs[k])
			said += n
		}
	}
	t.Logf("tshark sees %d of %d requests", seen, said)
	if said < 5 || seen*10 < said*9 {
		t.Errorf("tshark sees %d of %d requests", seen, said)
	}
}

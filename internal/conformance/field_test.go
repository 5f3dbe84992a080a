package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// field says what each capture in testdata/field shows, in both dialects.
var field = map[string]string{
	"bad01_interested_no_si":    "PCHC-3.2.5.1-SegmentInfo 5",
	"bad05_answers_empty_batch": "PCHC-2.2.1.5-MinDescriptors 4, PCHC-3.1.5.4-Drop 5",
	"bad13_basic_auth":          "PCHC-2.1-SPNEGO 5, PCHC-3.2.5.3-Resend 6",
	"bad14_401_v2":              "PCHC-1.7-Authentication 5",
	"bad16_put":                 "PCHC-2.1-POST 4",
	"bad22_si_twice":            "PCHC-2.2.1.4-Interested 8",
	"ok1_v1_full":               "",
	"ok3_401_resend":            "",
	"ok8_late_ignored":          "",
	"ok11_401_refused":          "",
	"x17_fin_crosses":           "",
	"x1_letter_partial":         "",
	"x2_read1":                  "PCHC-2.2.1.4-dwReadBytesInLastSegment 6",
	"x25_129_badhash_ok":        "PCHC-2.2.1.5-HashAlgorithm 9, PCHC-2.2.1.5-MaxDescriptors 9, PCHC-3.1.5.4-Drop 10",
}

// check reads a capture file and returns "rule frame" for each finding.
func check(t *testing.T, path string, o Options) string {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var got []string
	if _, err := Read(in, path, nil, o, func(f *Finding) error {
		got = append(got, fmt.Sprint(f.Rule, " ", f.Frame))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	eitherWayFile(t, path, o)
	return strings.Join(got, ", ")
}

func TestField(t *testing.T) {
	files, err := filepath.Glob("testdata/field/*.pcap")
	if err != nil || len(files) < len(field) {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".pcap")
		want, known := field[name]
		if !known {
			t.Errorf("%s: nobody says what it shows", name)
			continue
		}
		for _, windows := range []bool{false, true} {
			if diff := cmp.Diff(want, check(t, path, Options{Windows: windows})); diff != "" {
				t.Errorf("%s, Windows %v: %s", name, windows, diff)
			}
		}
	}
}

// wrong are the captures of the repository that show violations or problems, with what
// is wrong: the rules, each once.
var wrong = map[string]string{
	"cmd/pchc/testdata/ipv6.pcapng":    "PCHC-2.2.1.5-HashAlgorithm, PCHC-3.1.5.4-Drop, PCHC-2.2.1.2-Port",
	"cmd/pchc/testdata/keepalive.pcap": "PCHC-2.2.1.5-SizeOfContentTag, PCHC-3.1.5.4-Drop, PCHC-2.2.1.5-HashAlgorithm",
	"cmd/pchc/testdata/plain.pcap":     "PCHC-2.2.1.5-SizeOfContentTag, PCHC-3.1.5.4-Drop",

	// iPXE asks in the form of version 1.0 whatever the content.
	"internal/conversation/testdata/ipxe-discovery.pcap": "PCCRD-2.2.2-Form",
}

// TestRepository checks every capture in the repository, in both dialects.
func TestRepository(t *testing.T) {
	n := 0
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".pcap", ".pcapng"}, filepath.Ext(path)) || strings.Contains(path, "testdata/field") {
			return err
		}
		n++
		for _, windows := range []bool{false, true} {
			var rules []string
			for finding := range strings.SplitSeq(check(t, path, Options{Windows: windows, Decrypted: true}), ", ") {
				if rule, _, _ := strings.Cut(finding, " "); rule != "" && rule != CaptureNote && !slices.Contains(rules, rule) {
					rules = append(rules, rule)
				}
			}
			if diff := cmp.Diff(wrong[filepath.ToSlash(path[len("../../"):])], strings.Join(rules, ", ")); diff != "" {
				t.Errorf("%s, Windows %v: %s", path, windows, diff)
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d captures: %v", n, err)
	}
}

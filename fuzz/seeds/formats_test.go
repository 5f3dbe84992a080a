package seeds

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

// TestBothWays writes seeds in each format and reads them again.
func TestBothWays(t *testing.T) {
	var all []Seed
	for i, s := range shipped(t) {
		if s.Kind == spec.Response || len(s.Bytes) == 0 || i%5 == 0 { // files take time
			all = append(all, s)
		}
	}
	for _, f := range Formats() {
		dir := t.TempDir()
		write1(t, dir, f, Kinds(), all)
		want := slices.Clone(all)
		for i := range want {
			want[i].RequestType = 0 // these targets do not take it
		}
		if f == AFL {
			want = slices.DeleteFunc(want, func(s Seed) bool { return len(s.Bytes) == 0 })
		}
		var r Reader
		got := read1(t, &r, dir)
		if diff := cmp.Diff(unnamed(want), unnamed(got)); diff != "" {
			t.Errorf("%s: written (-) and read (+):\n%s", f, diff)
		}
		for _, s := range r.Skipped {
			if !strings.HasSuffix(s, ".dict: not an input") {
				t.Errorf("%s: %s", f, s)
			}
		}
		if f == Lines {
			continue // the targets' lines do not tell what is answered
		}
		dir = t.TempDir()
		write1(t, dir, f, Own(), all)
		if f == AFL {
			want = slices.DeleteFunc(slices.Clone(all), func(s Seed) bool { return len(s.Bytes) == 0 && s.Kind != spec.Response })
		} else {
			want = all
		}
		if diff := cmp.Diff(unnamed(want), unnamed(read1(t, &Reader{}, dir))); diff != "" {
			t.Errorf("%s: written (-) for our targets and read (+):\n%s", f, diff)
		}
	}
}

// TestFiles: the files are where and what the formats want.
func TestFiles(t *testing.T) {
	seeds := []Seed{
		request("two", 1, 2), request("two again", 1, 2), request("Two", 3), request("", 4), request("empty"),
		{Message: Kinds()[1].Seed("", []byte{0, 0, 0, 1, 1}).Message, RequestType: 3, Name: "../interested"},
	}
	const sha12, sha3, sha4, empty = "0ca623e2855f2c75c842ad302fe820e41b4d197d", "9842926af7ca0a8cca12604f945414f07b01e13d",
		"a42c6cf1de3abfdea9b95f34687cbbe92b9a7383", "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	answer := Target{"answers", spec.Response, true}
	for f, want := range map[Format][]string{
		Raw:       {"answers/_interested", "request/" + sha4, "request/Two-2", "request/empty", "request/two"},
		AFL:       {"answers/_interested", "pchc.dict", "request/" + sha4, "request/Two-2", "request/two"},
		GoTest:    {"testdata/fuzz/answers/_interested", "testdata/fuzz/request/" + sha4, "testdata/fuzz/request/Two-2", "testdata/fuzz/request/empty", "testdata/fuzz/request/two"},
		LibFuzzer: {"answers/" + Hash([]byte{3, 0, 0, 0, 1, 1}), "pchc.dict", "request/" + sha12, "request/" + sha3, "request/" + sha4, "request/" + empty},
		GoFuzz:    {"answers/corpus/" + Hash([]byte{3, 0, 0, 0, 1, 1}), "request/corpus/" + sha12, "request/corpus/" + sha3, "request/corpus/" + sha4, "request/corpus/" + empty},
		OSSFuzz:   {"answers.dict", "answers_seed_corpus.zip", "request.dict", "request_seed_corpus.zip"},
		Lines:     {"answers.txt", "request.txt"},
	} {
		dir := t.TempDir()
		for range 2 { // the second time over the files of the first
			write1(t, dir, f, []Target{Kinds()[0], answer}, seeds)
		}
		var got []string
		err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
			if !e.IsDir() {
				p, _ = filepath.Rel(dir, p)
				got = append(got, filepath.ToSlash(p))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: files wanted (-) and written (+):\n%s", f, diff)
		}
		switch f {
		case Lines:
			b, _ := os.ReadFile(filepath.Join(dir, "request.txt"))
			if string(b) != "# two\nrequest 0102\n# Two-2\nrequest 03\nrequest 04\n# empty\nrequest \n" {
				t.Errorf("%q", b)
			}
		case GoTest:
			b, _ := os.ReadFile(filepath.Join(dir, "testdata", "fuzz", "answers", "_interested"))
			if string(b) != "go test fuzz v1\n[]byte(\"\\x03\\x00\\x00\\x00\\x01\\x01\")\n" {
				t.Errorf("%q", b)
			}
		}
	}
}

func TestGoTestFormat(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, want := range []string{"", string(every), "\xef\xbf\xbd\xff", "a\"b`c\\", "é\u2028\x7f"} {
		got, err := ParseGoTest(AppendGoTest(nil, []byte(want)))
		if err != nil || string(got) != want {
			t.Errorf("%q becomes %q, %v", want, got, err)
		}
	}
	for file, want := range map[string]string{
		"go test fuzz v1\n[]byte(\"a\\x00\\u00e9\\101\")\n": "a\x00éA",
		"go test fuzz v1\r\n[]byte(\"a\")\r\n":              "a",
		"go test fuzz v1\n[]byte(`a\\x00`)":                 `a\x00`,
		"go test fuzz v1\nstring(\"b\")\n":                  "b",
		"go test fuzz v1\n\n  []byte ( \"c\" )  \n\n":       "c",
	} {
		if got, err := ParseGoTest([]byte(file)); err != nil || string(got) != want {
			t.Errorf("%q is %q, %v; want %q", file, got, err, want)
		}
	}
	for _, file := range []string{
		"", "go test fuzz v1", "go test fuzz v1\n", "go test fuzz v2\n[]byte(\"a\")\n", "go test fuzz v1\n[]byte(\"a\")\n[]byte(\"b\")\n",
		"go test fuzz v1\nint(7)\n", "go test fuzz v1\n[]byte(\"a\")x\n", "go test fuzz v1\n[]byte(\"a)\n", "go test fuzz v1\n[]byte('a')\n",
		"go test fuzz v1\n[]byte()\n", "go test fuzz v1\n[]byte(\"a\"+\"b\")\n", "go test fuzz v1\n[]byte(\"a\", \"b\")\n", "go test fuzz v1\n[]byte(\"\\xg0\")\n",
	} {
		if got, err := ParseGoTest([]byte(file)); err == nil {
			t.Errorf("%q is taken for %q", file, got)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for s, want := range map[string]Target{
		"request":                  {"request", spec.Request, false},
		"FuzzDifferentialResponse": {"FuzzDifferentialResponse", spec.Response, true},
		"FuzzMine:content":         {"FuzzMine", spec.Content, false},
		"FuzzMine:answer":          {"FuzzMine", spec.Response, true},
		"request:response":         {"request", spec.Response, false},
	} {
		if got, err := ParseTarget(s); err != nil || got != want {
			t.Errorf("%s is %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", ":request", "FuzzMine", "FuzzMine:", "FuzzMine:requests", "../x:request", "a/b:request", "-x:request", "con:request", "a b:request"} {
		if got, err := ParseTarget(s); err == nil {
			t.Errorf("%q is %+v", s, got)
		}
	}
}

// TestOwn: the targets of package engine are all there.
func TestOwn(t *testing.T) {
	var want, got []string
	for _, target := range Own() {
		want = append(want, target.Name)
	}
	files, err := filepath.Glob("../engine/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			after, ok := strings.CutPrefix(line, "func Fuzz")
			if name, _, _ := strings.Cut(after, "("); ok && !strings.HasPrefix(name, "Empty") { // which test nothing
				got = append(got, "Fuzz"+name)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("targets known (-) and in package engine (+):\n%s", diff)
	}
}

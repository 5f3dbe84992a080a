package seeds

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/spec"
)

func TestReadVectors(t *testing.T) {
	var r Reader
	names, err := fs.Glob(corpus.Files(), "vectors/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, _ := fs.ReadFile(corpus.Files(), name)
		if err := r.Read(put(t, text, t.TempDir(), "v.json")); err != nil {
			t.Error(err)
		}
		if err := r.Read(put(t, append([]byte("\xef\xbb\xbf"), text...), t.TempDir(), "mark.json")); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(unnamed(shipped(t)), unnamed(r.Seeds())); diff != "" {
		t.Error(diff)
	}
}

// TestEncodings: seeds in text come in the encodings of Windows, too.
func TestEncodings(t *testing.T) {
	wide := func(s string) []byte {
		b := []byte{0xff, 0xfe}
		for _, c := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return b
	}
	for _, text := range []string{
		"# a response\r\nresponse 0000000101\r\n",
		"go test fuzz v1\r\n[]byte(\"\\x00\\x00\\x00\\x01\\x01\")\r\n",
	} {
		for _, b := range [][]byte{[]byte("\ufeff" + text), wide(text), wide(text)[2:]} {
			got := read1(t, new(Reader), put(t, b, t.TempDir(), "response", "seed"))
			if want := (fuzz.Message{Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, 1}}); len(got) != 1 || !cmp.Equal(got[0].Message, want) {
				t.Errorf("%q: %+v", b, got)
			}
		}
	}
	b := wide("\x00\x01") // no text
	if got := read1(t, new(Reader), put(t, b, t.TempDir(), "request", "seed")); len(got) != 1 || string(got[0].Bytes) != string(b) {
		t.Errorf("%q: %+v", b, got)
	}
}

// TestReadFolders reads what fuzzers leave behind.
func TestReadFolders(t *testing.T) {
	dir := t.TempDir()
	put(t, []byte{1}, dir, "request", "default", "queue", "id:000000,orig:a")
	put(t, []byte{2}, dir, "request", "default", "crashes", "id:000000")
	put(t, []byte("text"), dir, "request", "default", "crashes", "README.txt")
	put(t, []byte("text"), dir, "request", "default", "fuzzer_stats")
	put(t, []byte("text"), dir, "request", "default", ".state", "x")
	put(t, []byte{3, 0, 0, 0, 1, 1}, dir, "FuzzDifferentialResponse", "corpus", "da39")
	put(t, []byte{2, 9}, dir, "FuzzDifferentialResponse", "crashers", "da40")
	put(t, []byte("text"), dir, "FuzzDifferentialResponse", "crashers", "da40.quoted")
	put(t, []byte("text"), dir, "FuzzDifferentialResponse", "crashers", "da40.output")
	put(t, []byte("text"), dir, "FuzzDifferentialResponse", "suppressions", "da40")
	put(t, []byte("x=\"y\""), dir, "pchc.dict")
	put(t, []byte("# found\n\nresponse 00\r\n  content 0102\n"), dir, "found.txt")
	put(t, []byte("go test fuzz v1\n[]byte(\"\\x05\")\n"), dir, "testdata", "fuzz", "FuzzDifferentialRequest", "seed")
	put(t, []byte{0, 2, 0, 3}, dir, "other", "batch")   // by its first bytes
	put(t, []byte{0, 0, 0, 1}, dir, "other", "answer")  // by its first bytes
	put(t, []byte{0, 2, 4, 0}, dir, "other", "content") // by its first bytes
	m := func(kind spec.Kind, request uint16, b ...byte) Seed {
		return Seed{fuzz.Message{Kind: kind, Bytes: b}, request, ""}
	}
	want := []Seed{
		m(spec.Request, 0, 1), m(spec.Request, 0, 2), m(spec.Response, 3, 0, 0, 0, 1, 1), m(spec.Response, 2, 9),
		m(spec.Response, 0, 0), m(spec.Content, 0, 1, 2), m(spec.Request, 0, 5),
		m(spec.Request, 0, 0, 2, 0, 3), m(spec.Response, 0, 0, 0, 0, 1), m(spec.Content, 0, 0, 2, 4, 0),
	}
	var r Reader
	if diff := cmp.Diff(unnamed(want), unnamed(read1(t, &r, dir))); diff != "" {
		t.Errorf("wanted (-) and read (+):\n%s", diff)
	}
	if len(r.Skipped) != 7 {
		t.Errorf("passed over: %q", r.Skipped)
	}
	// A folder within, read alone, is still of its target.
	got := read1(t, &Reader{}, filepath.Join(dir, "FuzzDifferentialResponse", "corpus"))
	if diff := cmp.Diff(unnamed(want[2:3]), unnamed(got)); diff != "" {
		t.Error(diff)
	}
	target, _ := ParseTarget("x:content")
	got = read1(t, &Reader{Target: &target}, filepath.Join(dir, "request", "default", "queue"))
	if len(got) != 1 || got[0].Kind != spec.Content {
		t.Errorf("%+v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"not a vector file":         []byte(`{"groups":7}`),
		"no groups":                 []byte(`{}`),
		"unknown kind":              []byte(`{"groups":[{"tests":[{"id":"a","kind":"x"}]}]}`),
		"line 2":                    []byte("request 00\nrequest 0g\n"),
		"begins with its kind":      []byte("request 00\nhello\n"),
		"not one value":             []byte("go test fuzz v1\nint(1)\n"),
		"zip: not a valid":          []byte("PK\x03\x04"),
		"larger than 1048576 bytes": make([]byte, MaxSeed+1),
	} {
		dir := t.TempDir()
		for _, what := range []string{put(t, b, dir, "file"), dir} {
			err := new(Reader).Read(what)
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), filepath.Join(dir, "file")) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	if err := new(Reader).Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	broken := errors.New("it broke")
	var format *FormatError
	if err := new(Reader).ReadFile("x", iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.As(err, &format) {
		t.Error(err)
	}
}

// TestReadCapture: the messages of a capture become seeds, and lose their keys
// unless they are to be kept.
func TestReadCapture(t *testing.T) {
	const name = "../../cmd/pchc/testdata/plain.pcap"
	kept := read1(t, &Reader{KeepSecrets: true}, name)
	replaced := read1(t, &Reader{}, name)
	if len(kept) == 0 || len(kept) != len(replaced) {
		t.Fatalf("%d seeds with their keys, %d without", len(kept), len(replaced))
	}
	changed := 0
	for i, s := range kept {
		if diff := cmp.Diff(s.WithoutSecrets(), replaced[i]); diff != "" {
			t.Errorf("seed %d without (-) and read without keys (+):\n%s", i, diff)
		}
		if !bytes.Equal(s.Bytes, replaced[i].Bytes) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the capture holds no key")
	}
	response := func(s Seed) bool { return s.Kind == spec.Response && s.RequestType != 0 }
	if !slices.ContainsFunc(kept, response) {
		t.Error("no response knows what it answers")
	}
	// So is one with a rarer magic: this has no packet.
	empty := append([]byte("\x34\xcd\xb2\xa1\x02\x00\x04\x00"), make([]byte, 16)...)
	if got := read1(t, &Reader{}, put(t, empty, t.TempDir(), "mod.pcap")); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	// In the folder of a target it is an input.
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	input := put(t, file, t.TempDir(), "request", "a.pcap")
	if got := read1(t, &Reader{}, input); len(got) != 1 || !bytes.Equal(got[0].Bytes, file) {
		t.Errorf("%+v", got)
	}
}

// TestLinks: nothing is read or written through a symbolic link.
func TestLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, []byte{1}, outside, "secret")
	put(t, []byte{2}, dir, "request", "a")
	for link, to := range map[string]string{"file": filepath.Join(outside, "secret"), "folder": outside} {
		if err := os.Symlink(to, filepath.Join(dir, "request", link)); err != nil {
			t.Skip("symbolic links cannot be made here: ", err)
		}
	}
	var r Reader
	if got := read1(t, &r, dir); len(got) != 1 || len(r.Skipped) != 2 {
		t.Errorf("%+v, passed over %q", got, r.Skipped)
	}
	for _, f := range []Format{Raw, Lines} {
		into := t.TempDir()
		if f == Raw {
			if err := os.Symlink(outside, filepath.Join(into, "request")); err != nil {
				t.Skip("symbolic links cannot be made here: ", err)
			}
		} else if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(into, "request.txt")); err != nil {
			t.Skip("symbolic links cannot be made here: ", err)
		}
		if _, err := Write(into, f, Kinds()[:1], []Seed{request("secret", 7)}); err == nil {
			t.Errorf("%s: written through a link", f)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(outside, "secret")); !bytes.Equal(b, []byte{1}) {
		t.Errorf("it became %x", b)
	}
}

// archive makes a zip archive of the files, each with the bytes of its own.
func archive(t *testing.T, headers ...*zip.FileHeader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, h := range headers {
		f, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, "/") {
			continue
		}
		if _, err := f.Write(bytes.Repeat([]byte{byte(i + 1)}, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileArchive(t *testing.T) {
	link := &zip.FileHeader{Name: "link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	b := archive(t, &zip.FileHeader{Name: "../../up"}, &zip.FileHeader{Name: "/etc/passwd"}, &zip.FileHeader{Name: `c:\x\y`}, link,
		&zip.FileHeader{Name: "__x/"}, &zip.FileHeader{Name: "README"}, &zip.FileHeader{Name: "response/a"})
	var r Reader
	got := read1(t, &r, put(t, b, t.TempDir(), "request"+zipSuffix))
	var names []string
	for _, s := range got {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"up", "passwd", "y", "a"}, names); diff != "" {
		t.Errorf("names wanted (-) and read (+):\n%s", diff)
	}
	if len(got) == 4 && (got[0].Kind != spec.Request || got[3].Kind != spec.Response) {
		t.Errorf("%+v", got)
	}
	if len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0], "regular") {
		t.Errorf("%q", r.Skipped)
	}

	// One that unpacks to more than it may.
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	f, _ := z.Create("bomb")
	for range 1 << 10 {
		_, _ = f.Write(make([]byte, 1<<12))
	}
	z.Close()
	if err := new(Reader).Read(put(t, bomb.Bytes(), t.TempDir(), "bomb.zip")); err == nil || !strings.Contains(err.Error(), "bomb: larger than 1048576") {
		t.Errorf("%d bytes unpack to 4 MiB: %v", bomb.Len(), err)
	}
	// Many that together have too much; they count although they are all alike.
	r = Reader{}
	large := request("", make([]byte, MaxSeed)...)
	for range MaxTotal / MaxSeed {
		if err := r.Add(large); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Add(request("", 1)); err == nil {
		t.Error("no limit to the bytes of all seeds")
	}
	r = Reader{seeds: make([]Seed, MaxSeeds)}
	if err := r.Add(request("", 1)); err == nil {
		t.Error("no limit to the number of seeds")
	}
}

func TestSafeName(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "batched_offer.128": "batched_offer.128", "../../etc/passwd": "_.._etc_passwd", "a/b\\c:d": "a_b_c_d", "..": "", ".x.": "x",
		"con": "_con", "COM1.txt": "_COM1.txt", "lpt": "_lpt", "common": "common", "a b\n\x1b[1mé": "a_b___1m_", "-rf": "_-rf",
		"README.md": "_README.md_", "x.dict": "_x.dict_", strings.Repeat("x", 200): strings.Repeat("x", 100), "fuzzer_stats": "_fuzzer_stats_",
		"-" + strings.Repeat("y", 98) + ".z": "_-" + strings.Repeat("y", 98), "readme" + strings.Repeat("z", 100): "_readme" + strings.Repeat("z", 92) + "_",
	} {
		got := safeName(name)
		if got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
		if safeName(got) != got {
			t.Errorf("%q becomes %q", got, safeName(got))
		}
	}
}

func TestMinimise(t *testing.T) {
	all := shipped(t)
	least := Minimise(all)
	if len(least) == 0 || len(least) >= len(all) {
		t.Fatalf("%d of %d seeds", len(least), len(all))
	}
	covered := points(all)
	if diff := cmp.Diff(covered, points(least)); diff != "" {
		t.Errorf("points of all (-) and of those kept (+):\n%s", diff)
	}
	for i, s := range least {
		if slices.Equal(points(slices.Delete(slices.Clone(least), i, i+1)), covered) {
			t.Errorf("%s is not needed", s.Name)
		}
		if i > 0 && len(s.Bytes) < len(least[i-1].Bytes) {
			t.Errorf("%s is smaller than the one before it", s.Name)
		}
	}
	again := slices.Clone(all)
	slices.Reverse(again)
	if diff := cmp.Diff(least, Minimise(again)); diff != "" {
		t.Errorf("in another order (+):\n%s", diff)
	}
	if got := Minimise(nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestEmptyFile skips a file without bytes, unless its folder names a target: an
// empty input is a seed like any other.
func TestEmptyFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"nothing", "response/nothing"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := new(Reader)
	if err := r.Read(dir); err != nil {
		t.Fatal(err)
	}
	if len(r.Seeds()) != 1 || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0], "empty") {
		t.Errorf("%d seeds, skipped %q", len(r.Seeds()), r.Skipped)
	}
}

// TestReadCaptureKinds: messages of all protocols become seeds of their kinds.
func TestReadCaptureKinds(t *testing.T) {
	var r Reader
	read1(t, &r, "../../internal/message/testdata/retrieval/wpts-flow-v1.pcap.gz")
	got := map[spec.Kind]int{}
	for _, s := range read1(t, &r, "../../internal/message/testdata/retrieval/ipxe-discovery.pcap.gz") {
		got[s.Kind]++
		if d := s.Dissect(); !d.Valid() {
			t.Errorf("%s: %v", s.GoString(), d.Violations)
		}
	}
	want := map[spec.Kind]int{spec.Request: 2, spec.Response: 2, spec.Content: 2, spec.RetrievalRequest: 8, spec.RetrievalResponse: 14, spec.Discovery: 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCaptureDatagrams: what is not of MS-PCCRD, or not all there, is no seed; what is too
// long is said to be.
func TestCaptureDatagrams(t *testing.T) {
	ours := []byte(`<x xmlns="http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"/>`)
	for _, c := range []struct {
		event capture.Event
		want  spec.Kind
	}{
		{capture.Event{Kind: capture.Datagram, Protocol: capture.PCCRD, Body: ours}, spec.Discovery},
		{capture.Event{Kind: capture.Datagram, Protocol: capture.PCCRD, Body: ours, Missing: 1}, 0},
		{capture.Event{Kind: capture.Datagram, Protocol: capture.PCCRD, Body: []byte("<x/>")}, 0},
		{capture.Event{Kind: capture.Plain, Protocol: capture.PCCRTP}, 0},
		{capture.Event{Kind: capture.Content, Protocol: capture.SMB2, Body: ours}, spec.Content},
		{capture.Event{Kind: capture.Failure, Protocol: capture.PCCRR}, 0},
		{capture.Event{Kind: capture.Note, Body: ours}, 0},
	} {
		if got := kindOf(&c.event); got != c.want {
			t.Errorf("%+v: %v, want %v", c.event, got, c.want)
		}
	}
	var file capturetest.Trace
	long := append(make([]byte, 0, MaxSeed+1), "\x00\x01\x02\x00"...)
	file.Conn(0).Send(capturetest.Message("GET /x HTTP/1.1", nil, "Accept-Encoding: peerdist")).Reply(capturetest.Message("HTTP/1.1 200 OK", long[:MaxSeed+1], "Content-Encoding: peerdist")).Close()
	var r Reader
	if got := read1(t, &r, put(t, file.Encode(capturetest.Format{}), t.TempDir(), "long.pcap")); len(got) != 0 || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0], "more than 1048576 bytes") {
		t.Errorf("%d seeds, %q", len(got), r.Skipped)
	}
}

// TestFolderOfAnInput: the folder that an input is in says what it is, and none around that,
// but for the folders of fuzzers.
func TestFolderOfAnInput(t *testing.T) {
	for where, want := range map[string]string{
		"/x/request/a": "request", "/request/x/a": "", "/response/content/a": "content", "/content/response/x/a": "", "/discovery/a": "discovery",
		"/request/corpus/a": "request", "/request/crashers/a": "request", "/request/x/corpus/a": "", "/request/corpus/x/a": "",
		"/request/queue/a": "request", "/request/default/queue/a": "request", "/request/main/crashes/a": "request", "/request/main/hangs/a": "request", "/request/x/main/queue/a": "",
		"request/a": "request", "a": "", "/a": "", "request_seed_corpus.zip": "request", "/content/request_seed_corpus.zip": "request", "/request/a_seed_corpus.zip": "request",
	} {
		got := ""
		if target := new(Reader).targetOf(where); target != nil {
			got = target.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
}

// TestGuessedKind: an input of which nothing else says what it is has the kind that its
// first bytes show, be it any.
func TestGuessedKind(t *testing.T) {
	for _, kind := range fuzz.Kinds() {
		tried := 0
		for _, s := range shipped(t) {
			if s.Kind != kind || len(s.Bytes) == 0 || spec.Guess(s.Bytes) != kind {
				continue
			}
			tried++
			if got := read1(t, new(Reader), put(t, s.Bytes, t.TempDir(), "input")); len(got) != 1 || got[0].Kind != kind {
				t.Errorf("%s: %v, want %v", s.Name, got, kind)
			}
		}
		if tried == 0 {
			t.Errorf("no vector of kind %v shows it", kind)
		}
	}
}

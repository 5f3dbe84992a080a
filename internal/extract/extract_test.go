package extract

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// extract reads a capture and writes its contents into a folder.
func extract(t testing.TB, file []byte, folder string, o Options) []Content {
	t.Helper()
	secrets := conversation.NewSecrets()
	x, err := New(folder, secrets, o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conversation.Read(bytes.NewReader(file), conversation.Options{
		Capture: capture.Options{ByFrame: true}, Secrets: secrets, Plain: true, Parts: true,
		Again: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil },
	}, x.Item)
	if err != nil {
		t.Fatal(err)
	}
	all, left, err := x.Finish()
	if err != nil || left > 0 {
		t.Fatalf("%v, %d left", err, left)
	}
	return all
}

// story returns a capture.
func story(tell func(s *ct.Story)) []byte {
	var s ct.Story
	tell(&s)
	return s.Encode(capturetest.Format{})
}

// TestCaptures: files have the SHA-256 of the contents from which other implementations
// made the captures, by their recipes.
func TestCaptures(t *testing.T) {
	for _, c := range []struct {
		file  string
		files map[string]string
	}{
		{"wpts-flow-v1", map[string]string{"v1.bin": sum(ct.Stream("pccrr-e2e-v1", 70000))}},
		{"ipxe-discovery", map[string]string{
			"v1.bin": sum(ct.Stream("pccrr-e2e-v1", 70000)), "v2.bin": sum(ct.Stream("pccrr-e2e-v2", 40001)),
			"script.ipxe": "c1d5506f25c409427018eff03ee30fe904b147ebc5b21a52b19d31c4e0f66145",
		}},
	} {
		b, err := os.ReadFile("../conversation/testdata/" + c.file + ".pcap")
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		for _, one := range extract(t, b, folder, Options{}) {
			if !one.Whole || len(one.Failures) > 0 || (one.Verified == one.Written) == (one.File == "script.ipxe") {
				t.Errorf("%s: %+v", c.file, one)
			}
		}
		if diff := cmp.Diff(c.files, sums(t, folder)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// sums returns the SHA-256 of each file in a folder.
func sums(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		b, err := os.ReadFile(filepath.Join(folder, one.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[one.Name()] = sum(b)
	}
	return all
}

// TestHoles: what is missing is listed, and zero in the file.
func TestHoles(t *testing.T) {
	c := ct.NewContent(1, "content", 3*65536+1000)
	folder := t.TempDir()
	all := extract(t, story(func(s *ct.Story) {
		s.Information(ct.Client, c)
		s.Blocks(ct.Client, ct.Cache, c, func(_, block int) bool { return block != 1 })
	}), folder, Options{})
	want := byterange.Ranges{{65536, 2 * 65536}}
	if len(all) != 1 || all[0].Whole || all[0].File != "content.partial" || all[0].Written != 2*65536+1000 || !cmp.Equal(all[0].Holes, want) {
		t.Errorf("%+v", all)
	}
	data := bytes.Clone(c.Data)
	clear(data[65536 : 2*65536])
	if got := sums(t, folder); !cmp.Equal(got, map[string]string{"content.partial": sum(data)}) {
		t.Error(got)
	}
}

// TestPlain: plain bytes count as verified where they have the hash of their block, and
// are taken away where they do not.
func TestPlain(t *testing.T) {
	for _, version := range []int{1, 2} {
		c := ct.NewContent(version, "content", 3*65536)
		changed := *c
		changed.Data = bytes.Clone(c.Data)
		changed.Data[65536+5]++
		for _, one := range []struct {
			name       string
			plain      *ct.Content
			start, end int
			holes      byterange.Ranges
			unverified byterange.Ranges
		}{
			{"whole blocks", c, 65536, 3 * 65536, byterange.Ranges{{0, 65536}}, nil},
			{"part of a block", c, 10, 70000, byterange.Ranges{{0, 10}, {70000, 3 * 65536}}, byterange.Ranges{{10, 70000}}},
			{"changed", &changed, 0, 3 * 65536, byterange.Ranges{{65536, 2 * 65536}}, nil},
		} {
			folder := t.TempDir()
			all := extract(t, story(func(s *ct.Story) {
				s.Information(ct.Client, c)
				s.MissingData(ct.Client, one.plain, one.start, one.end)
			}), folder, Options{})
			if len(all) != 1 || !cmp.Equal(all[0].Holes, one.holes) || !cmp.Equal(all[0].Unverified, one.unverified) || (len(all[0].Failures) > 0) != (one.plain == &changed) {
				t.Errorf("version %d, %s: %+v", version, one.name, all)
			}
			data := bytes.Clone(c.Data[:min(len(c.Data), one.end)])
			for _, h := range one.holes {
				clear(data[min(h[0], uint64(len(data))):min(h[1], uint64(len(data)))])
			}
			if got := sums(t, folder); !cmp.Equal(got, map[string]string{"content.partial": sum(data)}) {
				t.Errorf("version %d, %s: %v", version, one.name, got)
			}
		}
	}
}

// TestBlockWins: a verified block is neither overwritten by plain bytes, nor kept from
// replacing them.
func TestBlockWins(t *testing.T) {
	c := ct.NewContent(1, "content", 65536)
	changed := *c
	changed.Data = make([]byte, 65536)
	for _, blockFirst := range []bool{true, false} {
		folder := t.TempDir()
		all := extract(t, story(func(s *ct.Story) {
			s.Information(ct.Client, c)
			if blockFirst {
				s.Blocks(ct.Client, ct.Cache, c, ct.All)
			}
			s.MissingData(ct.Client, &changed, 0, 65536)
			if !blockFirst {
				s.Blocks(ct.Client, ct.Cache, c, ct.All)
			}
		}), folder, Options{})
		if got := sums(t, folder); len(all) != 1 || !all[0].Whole || !cmp.Equal(got, map[string]string{"content": sum(c.Data)}) {
			t.Errorf("%+v, %v", all, got)
		}
	}
}

// TestVersions: blocks of another content under the same URL are not mixed with it.
func TestVersions(t *testing.T) {
	one, two := ct.NewContent(1, "one", 65536), ct.NewContent(1, "two", 65536)
	two.Path = one.Path
	folder := t.TempDir()
	all := extract(t, story(func(s *ct.Story) {
		for _, c := range []*ct.Content{one, two} {
			s.Information(ct.Client, c)
			s.Blocks(ct.Client, ct.Cache, c, ct.All)
		}
	}), folder, Options{})
	if got := sums(t, folder); len(all) != 1 || len(all[0].Failures) != 1 || !strings.HasPrefix(all[0].Failures[0], "two versions: ") || got["one"] != sum(one.Data) {
		t.Errorf("%+v, %v", all, got)
	}
}

// TestSegment: without a URL the name is the HoHoDk; without a secret nothing is written.
func TestSegment(t *testing.T) {
	c := ct.NewContent(2, "content", 65536)
	file := story(func(s *ct.Story) { s.Blocks(ct.Client, ct.Cache, c, ct.All) })
	all := extract(t, file, t.TempDir(), Options{})
	id := hex.EncodeToString(c.Info.AppendHoHoDk(nil, 0))
	if len(all) != 1 || all[0].Name != id || all[0].File != "" || all[0].Whole || len(all[0].Failures) != 1 {
		t.Errorf("%+v", all)
	}
	secrets := conversation.NewSecrets()
	if err := secrets.Add(c.Wire, ""); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	x, err := New(folder, secrets, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conversation.Read(bytes.NewReader(file), conversation.Options{Secrets: secrets, Plain: true, Parts: true}, x.Item); err != nil {
		t.Fatal(err)
	}
	all, _, err = x.Finish()
	if err != nil || len(all) != 1 || !all[0].Whole || !cmp.Equal(sums(t, folder), map[string]string{"segment-" + id: sum(c.Data)}) {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestMany: more contents than files that may be open, of the same name.
func TestMany(t *testing.T) {
	folder, want := t.TempDir(), map[string]string{}
	all := extract(t, story(func(s *ct.Story) {
		var contents []*ct.Content
		for i := range maxOpen + 10 {
			c := ct.NewContent(1, fmt.Sprint("content ", i), 65536+100)
			c.Path = fmt.Sprintf("/%d/NAME.bin", i)
			contents = append(contents, c)
			want[numbered("NAME.bin", i+1)] = sum(c.Data)
			s.Information(ct.Client, c)
		}
		for k := range 2 { // one block of each in turn
			for _, c := range contents {
				s.MissingData(ct.Client, c, k*65536, min((k+1)*65536, len(c.Data)))
			}
		}
	}), folder, Options{})
	if diff := cmp.Diff(want, sums(t, folder)); diff != "" || len(all) != len(want) {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOpen: few files are open at a time, and one that another file took the place of is
// not written.
func TestOpen(t *testing.T) {
	folder := t.TempDir()
	x, err := New(folder, conversation.NewSecrets(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.folder.root.Close()
	for range 2 * maxOpen {
		if _, err := x.folder.create("name"); err != nil {
			t.Fatal(err)
		}
	}
	open := 0
	for _, f := range x.folder.files {
		if f.open != nil {
			open++
			defer f.open.Close()
		}
	}
	if open != maxOpen {
		t.Errorf("%d files are open, want %d", open, maxOpen)
	}
	first := filepath.Join(folder, "name"+partial)
	if err := os.Rename(first, first+" before"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(first, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := x.folder.writeAt(x.folder.files[0], []byte("x"), 0); err == nil || !strings.Contains(err.Error(), "was replaced by another file") {
		t.Errorf("%v", err)
	}
}

// TestExisting: files, folders and links that are there stay as they are, unless they are
// to be replaced; inputs stay in any case.
func TestExisting(t *testing.T) {
	c := ct.NewContent(1, "content", 1000)
	file := story(func(s *ct.Story) {
		s.Information(ct.Client, c)
		s.Blocks(ct.Client, ct.Cache, c, ct.All)
	})
	outside := filepath.Join(t.TempDir(), "outside")
	write := func(path string) {
		if err := os.WriteFile(path, []byte("before"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(outside)
	for _, name := range []string{"content", "content.partial"} {
		for what, make := range map[string]func(path string) error{
			"file":   func(path string) error { write(path); return nil },
			"link":   func(path string) error { return os.Symlink(outside, path) },
			"broken": func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "nowhere"), path) },
			"folder": func(path string) error { return os.Mkdir(path, 0o777) },
		} {
			for _, replace := range []bool{false, true} {
				folder := t.TempDir()
				if err := make(filepath.Join(folder, name)); err != nil {
					t.Skip("no symbolic links: ", err)
				}
				all := extract(t, file, folder, Options{Replace: replace})
				written := replace && what != "folder"
				if len(all) != 1 || all[0].Whole != written || (len(all[0].Failures) > 0) == written {
					t.Errorf("%s %s, replace %v: %+v", what, name, replace, all)
				}
				if b, _ := os.ReadFile(outside); string(b) != "before" {
					t.Fatalf("%s %s, replace %v: a file outside was written", what, name, replace)
				}
				if b, _ := os.ReadFile(filepath.Join(folder, "content")); bytes.Equal(b, c.Data) != written {
					t.Errorf("%s %s, replace %v: %d bytes", what, name, replace, len(b))
				}
			}
		}
	}
	folder := t.TempDir()
	write(filepath.Join(folder, "content"))
	info, err := os.Stat(filepath.Join(folder, "content"))
	if err != nil {
		t.Fatal(err)
	}
	all := extract(t, file, folder, Options{Replace: true, Keep: []os.FileInfo{info}})
	if b, _ := os.ReadFile(filepath.Join(folder, "content")); string(b) != "before" || all[0].Whole {
		t.Errorf("an input was replaced: %+v", all)
	}
}

// TestSafeName: whatever the URL, the name is that of a file in the folder.
func TestSafeName(t *testing.T) {
	for url, want := range map[string]string{
		"http://host/a/file.bin?x=y#z":      "file.bin",
		"http://host/a%2f..%2fb%5Cc":        "c",
		"http://host/..":                    "_..",
		"http://host/%2e%2e/":               "_..",
		"http://host/":                      "content",
		"http://host":                       "content",
		"http://host/.bashrc":               "_.bashrc",
		"http://host/-rf":                   "_-rf",
		"http://host/con.txt":               "_con.txt",
		"http://host/COM¹":                  "_COM¹",
		"http://host/nul":                   "_nul",
		"http://host/name.%20.":             "name",
		"http://host/a%00b%1b%5b31m%0a.txt": "a_b_[31m_.txt",
		"http://host/a:b*c%22":              "a_b_c_",
		"http://host/%e2%80%aegpj.exe":      "_gpj.exe",
		"http://host/%ff":                   "_",
		"http://%zz/../../etc/passwd":       "passwd",
		`\\server\share\a\b.iso`:            "b.iso",
		`\\server\share\..\..`:              "_..",
		"../../etc/one.ci":                  "one.ci.content",
	} {
		got := safeName(url)
		if want == "_.." && (got == "_" || got == "_..") {
			want = got
		}
		if got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	long := safeName("http://host/" + strings.Repeat("é", 500) + ".iso")
	if len(long) > maxName || !strings.HasSuffix(long, "é.iso") {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}

// FuzzSafeName: no name has what leads elsewhere.
func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"http://h/a", "http://h/..", "..", "/", `\\h\c`, "http://h/%00", "http://h/aux.h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		s := safeName(url)
		if s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\\x00\n\x1b") || len(s) > maxName+20 || !filepath.IsLocal(s) || strings.HasSuffix(s, ".") || s[0] == '.' {
			t.Errorf("%q: %q", url, s)
		}
	})
}

package seeds

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/corpus"
)

// Format is a file format for seeds, see the overview of the package.
type Format string

// The formats.
const (
	Raw       Format = "raw"
	GoTest    Format = "gotest"
	GoFuzz    Format = "gofuzz"
	LibFuzzer Format = "libfuzzer"
	AFL       Format = "afl"
	OSSFuzz   Format = "ossfuzz"
	Lines     Format = "lines"
)

// Formats returns all formats.
func Formats() []Format { return []Format{Raw, GoTest, GoFuzz, LibFuzzer, AFL, OSSFuzz, Lines} }

// Written is the number of inputs written for a target.
type Written struct {
	Target string
	Inputs int
}

// Write writes the inputs of each target, without duplicates, below the folder dir,
// which it creates if necessary. It replaces files of the same names; other files
// stay.
func Write(dir string, format Format, targets []Target, seeds []Seed) ([]Written, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir) // no link leads out of it
	if err != nil {
		return nil, err
	}
	defer root.Close()
	w := writer{root: root, format: format}
	var all []Written
	for _, t := range targets {
		n, err := w.target(t, seeds)
		if err != nil {
			return all, fmt.Errorf("%s: %w", dir, err)
		}
		all = append(all, Written{t.Name, n})
	}
	if format == LibFuzzer || format == AFL {
		if err := w.dictionary(dictionary); err != nil {
			return all, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return all, nil
}

// dictionary is the name of the dictionary, in package corpus and outside.
const dictionary = "pchc.dict"

type writer struct {
	root   *os.Root
	format Format
}

// input is a file to write.
type input struct {
	name  string
	bytes []byte
}

// inputs returns the inputs of a target, without duplicates. Names are unique even
// if case is ignored.
func inputs(t Target, seeds []Seed, hashed bool) (all []input) {
	seen, names := make(map[string]bool), make(map[string]bool)
	for _, s := range seeds {
		b, ok := t.Input(s)
		if !ok || seen[string(b)] {
			continue
		}
		seen[string(b)] = true
		name := safeName(s.Name)
		if hashed {
			name = ""
		}
		name = cmp.Or(name, Hash(b))
		unique := name
		for i := 2; names[strings.ToLower(unique)]; i++ {
			unique = name + "-" + strconv.Itoa(i)
		}
		names[strings.ToLower(unique)] = true
		all = append(all, input{unique, b})
	}
	return all
}

func (w *writer) target(t Target, seeds []Seed) (n int, err error) {
	all := inputs(t, seeds, w.format == GoFuzz || w.format == LibFuzzer)
	folder := t.Name
	switch w.format {
	case Lines:
		return len(all), w.lines(t, all)
	case OSSFuzz:
		return len(all), w.archive(t, all)
	case GoTest:
		folder = path.Join("testdata/fuzz", t.Name)
	case GoFuzz:
		folder = path.Join(t.Name, "corpus")
	}
	if err := w.root.MkdirAll(folder, 0o777); err != nil {
		return 0, err
	}
	for _, in := range all {
		b := in.bytes
		if w.format == AFL && len(b) == 0 {
			continue // AFL accepts no empty files
		}
		if w.format == GoTest {
			b = AppendGoTest(nil, b)
		}
		if err := w.root.WriteFile(path.Join(folder, in.name), b, 0o666); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// lines writes the messages of a target as lines, which do not say what request a
// response answers.
func (w *writer) lines(t Target, all []input) error {
	var text []byte
	for _, in := range all {
		if in.name != Hash(in.bytes) {
			text = append(text, "# "+in.name+"\n"...)
		}
		var err error
		if text, err = t.Seed(in.name, in.bytes).AppendText(text); err != nil {
			return err
		}
		text = append(text, '\n')
	}
	return w.root.WriteFile(t.Name+".txt", text, 0o666)
}

// archive writes the inputs of a target as an archive for OSS-Fuzz. It holds no
// times, so equal inputs make equal archives.
func (w *writer) archive(t Target, all []input) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, in := range all {
		f, err := z.Create(in.name)
		if err != nil {
			return err
		}
		if _, err := f.Write(in.bytes); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := w.root.WriteFile(t.Name+zipSuffix, b.Bytes(), 0o666); err != nil {
		return err
	}
	return w.dictionary(t.Name + ".dict")
}

func (w *writer) dictionary(name string) error {
	b, err := fs.ReadFile(corpus.Files(), dictionary)
	if err != nil {
		return err
	}
	return w.root.WriteFile(name, b, 0o666)
}

// longestName is the maximum length of a file name in bytes.
const longestName = 100

// safeName returns a file name that is valid on any system: letters, digits and
// "._-", not a device of Windows, no dot at either end, no leading "-", and none
// that a Reader skips. It is "" if nothing is left.
func safeName(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
			return c
		}
		return '_'
	}, name)
	name = strings.Trim(name[:min(len(name), longestName)], ".")
	device, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch strings.TrimRight(device, "0123456789") {
	case "con", "prn", "aux", "nul", "com", "lpt":
		name = "_" + name
	}
	switch {
	case name == "":
	case beside(name):
		name = "_" + name[:min(len(name), longestName-2)] + "_"
	case name[0] == '-':
		name = "_" + name
	}
	return strings.TrimRight(name[:min(len(name), longestName)], ".")
}

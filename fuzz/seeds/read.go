package seeds

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/internal/textenc"
	"github.com/hostedcache/pchc/spec"
)

// Limits of a [Reader].
const (
	MaxSeed  = 1 << 20   // bytes of one seed; AFL and OSS-Fuzz accept no larger ones
	MaxSeeds = 1 << 20   // number of seeds
	MaxTotal = 256 << 20 // bytes of all seeds together, and of one file
)

// FormatError is an error about the content of a file, not about reading it.
type FormatError struct{ Err error }

func (e *FormatError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

// Reader collects seeds. The zero value is ready to use. Set its fields before the
// first call.
type Reader struct {
	// Target is the target of raw inputs and those of go test. If it is nil,
	// that is the target after which the folder of the file is named, or the one
	// around the folders of a fuzzer's own (such as default/queue of AFL, corpus of
	// go-fuzz), or else guessed from the first bytes ([spec.Guess]).
	Target *Target
	// KeepSecrets keeps the keys in messages of packet captures. By default
	// they are replaced, see [Seed.WithoutSecrets].
	KeepSecrets bool

	// Skipped are the files that were skipped, each with the reason: symbolic
	// links, files that fuzzers store beside their inputs, and of captures the messages
	// that are longer than MaxSeed.
	Skipped []string

	seeds []Seed
	total int
}

// Seeds returns the seeds read so far, without duplicates.
func (r *Reader) Seeds() []Seed {
	type key struct {
		kind    spec.Kind
		request uint16
		bytes   string
	}
	seen := make(map[key]bool)
	var once []Seed
	for _, s := range r.seeds {
		if k := (key{s.Kind, s.RequestType, string(s.Bytes)}); !seen[k] {
			seen[k] = true
			once = append(once, s)
		}
	}
	return once
}

// Add adds seeds, and fails if they exceed a limit. The Reader keeps their bytes; it
// makes their names valid file names.
func (r *Reader) Add(seeds ...Seed) error {
	for _, s := range seeds {
		r.total += len(s.Bytes)
		switch {
		case len(s.Bytes) > MaxSeed:
			return fmt.Errorf("seed larger than %d bytes", MaxSeed)
		case r.total > MaxTotal:
			return fmt.Errorf("seeds larger than %d bytes in total", MaxTotal)
		case len(r.seeds) == MaxSeeds:
			return fmt.Errorf("more than %d seeds", MaxSeeds)
		}
		s.Name = safeName(s.Name)
		r.seeds = append(r.seeds, s)
	}
	return nil
}

// Read reads a file, or a folder and everything below it.
func (r *Reader) Read(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(name) // parent folders may name the target
	if err != nil {
		return err
	}
	if !info.IsDir() {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return r.file(name, filepath.ToSlash(absolute), f)
	}
	return r.folder(name, filepath.ToSlash(absolute))
}

// ReadFile reads an open file. Its name is for errors.
func (r *Reader) ReadFile(name string, f io.Reader) error { return r.file(name, name, f) }

// folder reads a folder. where is its absolute path.
func (r *Reader) folder(name, where string) error {
	root, err := os.OpenRoot(name) // no link leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		full := filepath.Join(name, filepath.FromSlash(p))
		switch {
		case err != nil:
			return err
		case p == ".":
			return nil
		case beside(p):
			r.skip(full, "not an input")
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			r.skip(full, "not a regular file")
			return nil
		}
		f, err := root.Open(filepath.FromSlash(p))
		if err != nil {
			return err
		}
		defer f.Close()
		return r.file(full, path.Join(where, p), f)
	})
}

func (r *Reader) skip(name, reason string) {
	r.Skipped = append(r.Skipped, name+": "+reason)
}

// beside reports whether people or fuzzers store a file or folder of that name
// beside inputs.
func beside(p string) bool {
	name := path.Base(p)
	if name[0] == '.' || strings.HasPrefix(strings.ToUpper(name), "README") {
		return true
	}
	switch path.Ext(name) {
	case ".dict", ".md", ".options", ".output", ".quoted":
		return true
	}
	switch name {
	case "suppressions", // go-fuzz
		"cmdline", "fastresume.bin", "fuzz_bitmap", "fuzzer_setup", "fuzzer_stats", "plot_data", "target_hash": // afl-fuzz
		return true
	}
	return false
}

// file reads a file. name is for errors, where may name the target.
func (r *Reader) file(name, where string, f io.Reader) error {
	err := r.content(where, f)
	if errors.Is(err, errEmpty) {
		r.skip(name, err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// errEmpty is an input without bytes that may be of any kind.
var errEmpty = errors.New("empty, and nothing says what kind of message it is")

func (r *Reader) content(where string, f io.Reader) error {
	target := r.targetOf(where)
	head := make([]byte, 24)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if target == nil && n == 0 {
		return errEmpty
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), f)
	if target == nil && isCapture(head[:n]) {
		return r.capture(where, whole)
	}
	b, err := read(whole, MaxTotal)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("PK\x05\x06")) {
		err = r.archive(where, b)
	} else {
		err = r.input(path.Base(where), target, b)
	}
	if err != nil {
		return &FormatError{err}
	}
	return nil
}

// read reads all of f, and fails if it is too large.
func read(f io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = &FormatError{fmt.Errorf("larger than %d bytes", limit)}
	}
	return b, err
}

// zipSuffix ends the name of a target's archive.
const zipSuffix = "_seed_corpus.zip"

// targetOf returns the target of a file by its path, nil if unknown.
func (r *Reader) targetOf(where string) *Target {
	if r.Target != nil {
		return r.Target
	}
	folder, name := path.Split(where)
	if t, ok := targetNamed(strings.TrimSuffix(name, zipSuffix)); ok && strings.HasSuffix(name, zipSuffix) {
		return &t
	}
	folder = strings.TrimSuffix(folder, "/")
	switch path.Base(folder) {
	case "corpus", "crashers": // go-fuzz
		folder = path.Dir(folder)
	case "queue", "crashes", "hangs": // AFL, perhaps in a folder of an instance
		folder = path.Dir(folder)
		if _, ok := targetNamed(path.Base(folder)); !ok {
			folder = path.Dir(folder)
		}
	}
	if t, ok := targetNamed(path.Base(folder)); ok {
		return &t
	}
	return nil
}

// archive reads a zip archive. Archives in it are inputs.
func (r *Reader) archive(where string, b []byte) error {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // only the last element of a path is used
		return err
	}
	outer := r.targetOf(where)
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasSuffix(name, "/") || name == "" || beside(name) {
			continue
		}
		if !f.Mode().IsRegular() {
			r.skip(where+" "+printable.String(name), "not a regular file")
			continue
		}
		target := r.targetOf(name)
		if target == nil {
			target = outer
		}
		if err := r.member(f, path.Base(name), target); err != nil {
			return fmt.Errorf("%s: %w", printable.String(name), err)
		}
	}
	return nil
}

func (r *Reader) member(f *zip.File, name string, target *Target) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	b, err := read(in, MaxSeed) // whatever the archive says of its size
	if err != nil {
		return err
	}
	return r.input(name, target, b)
}

// input adds the seeds of a file that is neither capture nor archive.
func (r *Reader) input(name string, target *Target, b []byte) error {
	var seeds []Seed
	var err error
	switch text := textenc.Decode(b); {
	case isLines(text):
		seeds, err = ParseLines(text)
	case isVectors(text):
		seeds, err = ParseVectors(text)
	case isGoTest(text):
		if b, err = ParseGoTest(text); err == nil {
			seeds = []Seed{of(name, target, b)}
		}
	default:
		seeds = []Seed{of(name, target, b)}
	}
	if err != nil {
		return err
	}
	return r.Add(seeds...)
}

// of returns an input as a seed, of the kind of its target, or without one by its first bytes.
func of(name string, target *Target, input []byte) Seed {
	if target != nil {
		return target.Seed(name, input)
	}
	return Seed{Message: fuzz.Message{Kind: spec.Guess(input), Bytes: input}, Name: name}
}

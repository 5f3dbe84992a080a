package extract

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// partial is at the end of the names of files with holes.
const partial = ".partial"

// maxOpen bounds the files that are open at a time.
const maxOpen = 32

// file is a file in the folder, open or not.
type file struct {
	name string // without partial
	open *os.File
	info fs.FileInfo // of the file that was created
	used int64       // when last
}

// folder is where files are written.
type folder struct {
	root    *os.Root
	replace bool
	keep    []fs.FileInfo // never replaced
	taken   map[string]bool
	files   []*file
	clock   int64
}

// create creates the file for a content with that name.
func (d *folder) create(name string) (*file, error) {
	for n := 1; n < 10000; n++ {
		f := &file{name: numbered(name, n)}
		key := strings.ToLower(f.name) // as file systems that ignore case
		if d.taken[key] || d.taken[key+partial] {
			continue
		}
		for _, path := range []string{f.name, f.name + partial} {
			if err := d.clear(path); err != nil {
				return nil, err
			}
		}
		d.taken[key] = true
		open, err := d.root.OpenFile(f.name+partial, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return nil, err
		}
		f.open = open
		if f.info, err = open.Stat(); err != nil {
			return nil, errors.Join(err, open.Close())
		}
		d.files = append(d.files, f)
		return f, d.touch(f)
	}
	return nil, fmt.Errorf("too many files are called %s", name)
}

// clear makes room for a file: what is there stays, unless it is to be replaced.
func (d *folder) clear(path string) error {
	info, err := d.root.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !d.replace || info.IsDir():
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	for _, one := range d.keep {
		if os.SameFile(one, info) {
			return &fs.PathError{Op: "create", Path: path, Err: errors.New("it is an input")}
		}
	}
	return d.root.Remove(path)
}

// touch makes sure that a file is open, and closes the one that is idle longest if there
// are too many.
func (d *folder) touch(f *file) (err error) {
	d.clock++
	f.used = d.clock
	if f.open == nil {
		if f.open, err = d.root.OpenFile(f.name+partial, os.O_RDWR, 0); err != nil {
			return err
		}
		if info, err := f.open.Stat(); err != nil || !os.SameFile(info, f.info) {
			err = errors.Join(err, f.open.Close())
			f.open = nil
			return errors.Join(fmt.Errorf("%s was replaced by another file", f.name+partial), err)
		}
	}
	open := 0
	var idle *file
	for _, one := range d.files {
		if one.open == nil {
			continue
		}
		if open++; one != f && (idle == nil || one.used < idle.used) {
			idle = one
		}
	}
	if open > maxOpen {
		err = idle.open.Close()
		idle.open = nil
	}
	return err
}

// writeAt and readAt are those of the file.
func (d *folder) writeAt(f *file, b []byte, at uint64) error {
	if err := d.touch(f); err != nil {
		return err
	}
	_, err := f.open.WriteAt(b, int64(at))
	return err
}

func (d *folder) readAt(f *file, b []byte, at uint64) error {
	if err := d.touch(f); err != nil {
		return err
	}
	n, err := f.open.ReadAt(b, int64(at))
	if n == len(b) && err == io.EOF {
		err = nil
	}
	return err
}

// finish closes a file, and gives it its name if it is whole. It returns the name.
func (d *folder) finish(f *file, whole bool) (name string, err error) {
	if f.open != nil {
		err = f.open.Close()
		f.open = nil
	}
	if !whole || err != nil {
		return f.name + partial, err
	}
	if err := d.clear(f.name); err != nil {
		return f.name + partial, err
	}
	if err := d.root.Rename(f.name+partial, f.name); err != nil {
		return f.name + partial, err
	}
	return f.name, nil
}

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writable returns an error if a file could not be written when the campaign ends.
func writable(path string) error {
	if path == "" || path == standard {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		folder, err := os.Stat(filepath.Dir(path))
		if err == nil && !folder.IsDir() {
			err = &os.PathError{Op: "open", Path: path, Err: errors.New("its parent is not a folder")}
		}
		if err != nil {
			return err
		}
		return writableFolder(filepath.Dir(path))
	case info.IsDir():
		return &os.PathError{Op: "open", Path: path, Err: errors.New("it is a folder")}
	case !info.Mode().IsRegular():
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		err = file.Close()
	}
	return err
}

// writableFolder returns an error if no file could be written in a folder, which need
// not exist.
func writableFolder(folder string) error {
	if folder == "" {
		return nil
	}
	info, err := os.Stat(folder)
	for ; errors.Is(err, fs.ErrNotExist) && filepath.Dir(folder) != folder; info, err = os.Stat(folder) {
		folder = filepath.Dir(folder)
	}
	if err == nil && !info.IsDir() {
		err = &os.PathError{Op: "open", Path: folder, Err: errors.New("it is not a folder")}
	}
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".pchc-*")
	if err != nil {
		return &os.PathError{Op: "open", Path: folder, Err: errors.Unwrap(err)}
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

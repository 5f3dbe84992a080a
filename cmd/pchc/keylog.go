package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/decrypt"
)

// withKeys ends the note about TLS.
const withKeys = "with its keys they are: --keylog FILE"

// addKeylog adds --keylog.
func (a *app) addKeylog(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.keylog, "keylog", "", "decrypt TLS with the keys in this `FILE` (SSLKEYLOGFILE), with tshark; keys within a pcapng capture are used without it")
}

// checkKeyLog finds out before a capture is read that TLS cannot be decrypted.
func (a *app) checkKeyLog(outputs []*output) error {
	switch a.keylog {
	case "":
		return nil
	case standard:
		return usagef("--keylog must be a file")
	}
	if _, err := decrypt.Find(); err != nil {
		return failed(err)
	}
	info, err := os.Stat(a.keylog)
	if err != nil {
		return failed(err)
	}
	for _, out := range outputs {
		if out.path != "" && isFile(out.path, info) {
			return usagef("%s is both key log and output", a.keylog)
		}
	}
	return failed(decrypt.CheckKeyLog(a.keylog))
}

// again returns how to open a capture once more, nil if that cannot be done.
func (a *app) again(name string) func() (io.ReadCloser, error) {
	if info, err := os.Stat(name); name == standard || err != nil || !info.Mode().IsRegular() {
		return nil
	}
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	return func() (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, err
		}
		return opened{decrypt.File(f, open, decrypt.Options{KeyLog: a.keylog}), f}, nil
	}
}

// opened is a capture that is closed with its file.
type opened struct {
	*decrypt.Input
	f io.Closer
}

func (o opened) Close() error { return errors.Join(o.Input.Close(), o.f.Close()) }

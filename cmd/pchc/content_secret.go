package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/pccrc"
)

// Environment variables with keys.
const (
	secretVariable     = "PCHC_SECRET"
	passphraseVariable = "PCHC_PASSPHRASE"
)

// hashNames are the values of --hash and --secret-hash.
var hashNames = []string{"sha256", "sha384", "sha512"}

// hashNamed returns the algorithm of version 1.0 that a flag names.
func hashNamed(flag, name string) (pccrc.HashAlgorithm, error) {
	for i, known := range hashNames {
		if strings.EqualFold(strings.ReplaceAll(name, "-", ""), known) {
			return pccrc.SHA256 + pccrc.HashAlgorithm(i), nil
		}
	}
	return 0, usagef("--%s must be sha256, sha384 or sha512, not %q", flag, clip(name))
}

// secretFlags say where the server secret key comes from, and which hash makes the
// server secret of it. There is no flag for the key itself: other users of the machine
// see the arguments of a process.
type secretFlags struct {
	file, keyFile, hash string
	cmd                 *cobra.Command
}

func (f *secretFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	flags := cmd.Flags()
	flags.StringVar(&f.file, "secret-file", "", "read the server secret key from this `FILE`, every byte of it (default: the environment variable "+secretVariable+")")
	flags.StringVar(&f.keyFile, "key-file", "", "read the server secret key from this `FILE` of netsh branchcache exportkey; its passphrase is asked for, unless "+passphraseVariable+" has it")
	flags.StringVar(&f.hash, "secret-hash", "", "`HASH` that makes the server secret of its key: sha256, sha384, sha512 (default: that of the Content Information)")
	_ = cmd.RegisterFlagCompletionFunc("secret-hash", cobra.FixedCompletions(hashNames, cobra.ShellCompDirectiveNoFileComp))
}

func (f *secretFlags) check(content string) error {
	switch {
	case f.file != "" && f.keyFile != "":
		return usagef("--secret-file and --key-file exclude each other")
	case f.file == standard && content == standard:
		return usagef("the content and the server secret key cannot both be on standard input")
	case f.hash != "":
		if _, err := hashNamed("secret-hash", f.hash); err != nil {
			return err
		}
	}
	for _, key := range []string{f.file, f.keyFile} {
		if info, err := os.Stat(key); err == nil && isFile(f.cmd.Flag("output").Value.String(), info) {
			return usagef("%s is both input and output", key)
		}
	}
	return nil
}

// serverSecret returns the server secret for Content Information with the algorithm of,
// without a length where none is given. ask asks for it on the terminal, then.
func (f *secretFlags) serverSecret(a *app, of pccrc.HashAlgorithm, ask bool) (none pccrc.Secret, err error) {
	if f.hash != "" {
		by, err := hashNamed("secret-hash", f.hash)
		if err != nil {
			return none, err
		}
		if by != pccrc.SHA512 || of != pccrc.TruncatedSHA512 {
			of = by
		}
	}
	key, err := f.key(a, ask)
	if key == nil || err != nil {
		return none, err
	}
	return of.ServerSecret(key.Bytes())
}

// key returns the server secret key, nil where none is given.
func (f *secretFlags) key(a *app, ask bool) (*pccrc.Secret, error) {
	variable, set := os.LookupEnv(secretVariable)
	var key []byte
	switch {
	case f.keyFile != "":
		return f.exportedKey(a)
	case f.file != "":
		var err error
		if key, err = a.readSmall(f.file); err != nil {
			return nil, err
		}
		switch last := len(key) - 1; {
		case len(key) == 0:
			a.warnEmpty(f.file)
		case key[last] == '\n' && bytes.Count(key, []byte("\n")) == 1:
			a.notef("pchc: note: %s ends with a line feed, which is part of the server secret key", f.file)
		}
	case set && variable != "":
		key = []byte(variable)
	case !ask:
		return nil, nil
	default:
		var err error
		if key, err = a.prompt("Server secret key: "); err == nil && len(key) == 0 {
			err = usagef("the server secret key is empty")
		}
		if errors.Is(err, errNoTerminal) {
			err = usagef("no server secret key: give --secret-file, --key-file or " + secretVariable)
		}
		if err != nil {
			return nil, err
		}
	}
	secret := pccrc.NewSecret(key)
	return &secret, nil
}

// warnEmpty warns of a server secret key that is empty.
func (a *app) warnEmpty(name string) {
	a.notef("pchc: warning: the server secret key in %s is empty, so anybody with the hashes of a content can derive its keys", name)
}

// exportedKey returns the key in the file of a Windows server.
func (f *secretFlags) exportedKey(a *app) (*pccrc.Secret, error) {
	file, err := a.readSmall(f.keyFile)
	if err != nil {
		return nil, err
	}
	passphrase, set := os.LookupEnv(passphraseVariable)
	if _, err := pccrc.ReadKeyFile(file, ""); !set && !errors.Is(err, pccrc.ErrKeyFile) { // that needs no passphrase
		typed, err := a.prompt("Passphrase of " + f.keyFile + ": ")
		if errors.Is(err, errNoTerminal) {
			err = usagef("no terminal to ask for the passphrase of %s; %s may have it", f.keyFile, passphraseVariable)
		}
		if err != nil {
			return nil, err
		}
		passphrase = string(typed)
	}
	key, err := pccrc.ReadKeyFile(file, passphrase)
	if err == nil && key.Len() == 0 {
		a.warnEmpty(f.keyFile)
	}
	if err != nil {
		return nil, &failure{statusViolated, fmt.Errorf("%s: %s", f.keyFile, strings.TrimPrefix(err.Error(), "pchc: "))}
	}
	return &key, nil
}

// readSmall reads a file with a key.
func (a *app) readSmall(name string) ([]byte, error) {
	const most = 1 << 20
	in, label := a.stdin, "standard input"
	if name != standard {
		f, err := os.Open(name)
		if err != nil {
			return nil, failed(err)
		}
		defer f.Close() // only read
		in, label = f, name
	}
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s is longer than %s, which is no key", label, message.Size(most))
	}
	return b, failed(err)
}

var errNoTerminal = errors.New("no terminal")

// prompt asks a question on the terminal, and returns the answer, which is not shown.
func (a *app) prompt(question string) ([]byte, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	terminal, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	defer terminal.Close() // nothing is buffered
	fd := int(terminal.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return nil, errNoTerminal
	}
	say := func(s string) {
		if _, err := io.WriteString(terminal, s); err != nil { // Windows
			fmt.Fprint(a.stderr, s)
		}
	}
	ctx, stop := interruptible()
	defer stop()
	say(printable.String(question))
	defer say("\n")
	type answer struct {
		b   []byte
		err error
	}
	got := make(chan answer, 1)
	go func() {
		b, err := term.ReadPassword(fd)
		got <- answer{b, err}
	}()
	select {
	case r := <-got:
		return r.b, failed(r.err)
	case <-ctx.Done():
		_ = term.Restore(fd, state) // or it would not echo any more
		return nil, errInterrupted
	}
}

package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/message"
)

// addInformation adds --content-information for captures.
func addInformation(cmd *cobra.Command, files *[]string) {
	cmd.Flags().StringArrayVar(files, "content-information", nil, "also take segment secrets from the Content Information in this `FILE`, in any form that pchc content show reads; repeatable")
}

// mostSecrets is how many bytes of Content Information captures are read with: all of it
// is in memory.
const mostSecrets = 256 << 20

// secretsOf returns the secrets in files with Content Information.
func (a *app) secretsOf(files []string, out *output) (*conversation.Secrets, error) {
	percent := debug.SetGCPercent(25)
	defer debug.SetGCPercent(percent) // readInformation changes it
	secrets := conversation.NewSecrets()
	for _, file := range files {
		if err := a.addSecrets(secrets, file, out); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (a *app) addSecrets(secrets *conversation.Secrets, file string, out *output) error {
	return a.eachInformation(file, out, func(b []byte) error { return secrets.Add(b, file) })
}

// eachInformation calls add for each Content Information in a file. Its error is about
// the bytes, which it may keep.
func (a *app) eachInformation(file string, out *output, add func([]byte) error) error {
	found, err := a.readInformation(file, out)
	if err != nil {
		return err
	}
	defer found.Close()
	for _, in := range found.All {
		if in.Size() > mostSecrets {
			return &failure{statusViolated, fmt.Errorf("%s has more than %s of Content Information", file, message.Size(mostSecrets))}
		}
		b := make([]byte, in.Size())
		if _, err := in.ReadAt(b, 0); err != nil && err != io.EOF {
			return informationError(file, err)
		}
		if err := add(b); err != nil {
			return &failure{statusViolated, fmt.Errorf("%s: %s (see pchc content show)", file, strings.TrimPrefix(err.Error(), "pchc: "))}
		}
	}
	return nil
}

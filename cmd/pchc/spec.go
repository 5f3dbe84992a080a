package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/kaitai"
	"github.com/hostedcache/pchc/spec/reference"
	"github.com/hostedcache/pchc/spec/wireshark"
)

func (a *app) specCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spec",
		Short: "Print layouts, requirements, and dissectors for other tools",
		Long: `spec prints reference documentation and dissectors for MS-PCHC, MS-PCCRR,
MS-PCCRD, MS-PCCRC and the hashes in MS-SMB2, generated from the tables that the other
commands use.`,
		Args: cobra.ArbitraryArgs,
		RunE: missingSubcommand,
	}
	cmd.AddCommand(
		a.specPart("wireshark", "Print a Wireshark dissector in Lua",
			`The dissector shows offers to hosted caches (display filter mspchc), retrieval of
blocks (mspccrr), Content Information in HTTP (mspccrc) and hashes in SMB2 (mssmb2hash),
with every field and most violations (mspchc.rule), and discovery (mspccrd). It finds
messages in HTTP by path or Content-Encoding, on every TCP port on which Wireshark sees
HTTP, and by Decode As.

Copy it to Wireshark's Personal Lua Plugins folder (Help, About Wireshark, Folders), or
pass it to tshark with -X lua_script:FILE.

With the preference mspccrr.decrypt it decrypts and verifies blocks whose Content
Information is in the capture before them. With mspccrc.show_secrets it shows keys.`,
			`  pchc spec wireshark -o ~/.local/lib/wireshark/plugins/pchc.lua
  pchc spec wireshark -o pchc.lua && tshark -X lua_script:pchc.lua -r capture.pcapng -Y mspchc -O mspchc
  tshark -X lua_script:pchc.lua -o mspccrr.decrypt:TRUE -r capture.pcapng -Y "mspccrr.verified == 0"`,
			noNames, func(string) (string, error) { return wireshark.Dissector(), nil }),
		a.specPart("kaitai [NAME]", "Print a definition for Kaitai Struct, or list them",
			`ms_pchc_request and ms_smb2_hash_based_response import ms_pccrc_v1, and
ms_smb2_file_based_response imports both versions: keep them in one directory.`,
			`  pchc spec kaitai
  pchc spec kaitai ms_pccrc_v1 -o ms_pccrc_v1.ksy`,
			kaitaiNames, specKaitai),
		a.specPart("layout [STRUCTURE]", "Print the layout of a structure, or of all, in Markdown",
			"A layout has a bit diagram, the fields and their rules.",
			`  pchc spec layout SegmentDescriptor
  pchc spec layout | less`,
			layoutNames, specLayout),
		a.specPart("requirement [ID]", "Print a requirement, or list all",
			"The list has the level, class, id and text of every requirement.",
			`  pchc spec requirement PCHC-2.2.1.5-MaxDescriptors
  pchc spec requirement | grep SHOULD`,
			requirementIDs, specRequirement),
	)
	return cmd
}

func noNames() []string { return nil }

func kaitaiNames() (names []string) {
	for _, d := range kaitai.Definitions() {
		names = append(names, d.Name)
	}
	return names
}

func layoutNames() (names []string) {
	for _, l := range spec.Layouts() {
		names = append(names, l.Name)
	}
	return names
}

func requirementIDs() (ids []string) {
	for _, r := range spec.Requirements() {
		ids = append(ids, r.ID)
	}
	return ids
}

// specPart returns a command that prints a text. It takes at most one argument, one
// of those that names returns; without any it calls text with "".
func (a *app) specPart(use, short, long, example string, names func() []string, text func(name string) (string, error)) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: arguments(0, strings.Count(use, "["), ""),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := text(strings.Join(args, ""))
			if err != nil {
				return unknownName(args[0], names())
			}
			out := a.output(file)
			_, err = out.Write([]byte(s))
			return out.close(err)
		},
	}
	addOutputFile(cmd, &file)
	return cmd
}

var errUnknownName = errors.New("unknown name")

// unknownName suggests a correction of an unknown name.
func unknownName(word string, names []string) error {
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			return usagef("unknown name %q; did you mean %s?", clip(word), name)
		}
	}
	if best := nearest(word, names, len(word)/2+1); best != "" {
		return usagef("unknown name %q; did you mean %s?", clip(word), best)
	}
	return usagef("unknown name %q", clip(word))
}

func specKaitai(name string) (string, error) {
	var list strings.Builder
	for _, d := range kaitai.Definitions() {
		if strings.EqualFold(strings.TrimSuffix(name, ".ksy"), d.Name) {
			return d.Text, nil
		}
		fmt.Fprintf(&list, "%s\n", d.Name)
	}
	if name != "" {
		return "", errUnknownName
	}
	return list.String(), nil
}

func specLayout(name string) (string, error) {
	var found []string
	if name == "" {
		for _, p := range reference.Pages() {
			found = append(found, p.Text)
		}
	}
	for _, l := range spec.Layouts() { // both versions may have a structure of that name
		if strings.EqualFold(l.Name, name) {
			found = append(found, reference.Structure(l))
		}
	}
	if found == nil {
		return "", errUnknownName
	}
	return strings.Join(found, "\n"), nil
}

func specRequirement(id string) (string, error) {
	var list strings.Builder
	for _, r := range spec.Requirements() {
		if strings.EqualFold(id, r.ID) {
			return string((&message.Printer{}).Requirement(nil, &r)), nil
		}
		fmt.Fprintf(&list, "%-6s  %-9s  %-42s  %s\n", r.Level, r.Class, r.ID, r.Text)
	}
	if id != "" {
		return "", errUnknownName
	}
	return list.String(), nil
}

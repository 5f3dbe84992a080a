package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/kaitai"
	"github.com/hostedcache/pchc/spec/reference"
	"github.com/hostedcache/pchc/spec/wireshark"
)

func (a *app) specCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spec",
		Short: "Write the specification: layouts, requirements, definitions for Wireshark and Kaitai Struct",
		Long: `spec writes what pchc knows of MS-PCHC and MS-PCCRC, for people and for other
programs. All of it comes from the same tables as the command's own output.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("pchc spec wants one of its commands; pchc spec --help lists them")
			}
			return unknownSpec("pchc spec", args[0], []string{"wireshark", "kaitai", "layout", "requirement"})
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(
		a.specPart("wireshark", "Write a Wireshark dissector in Lua",
			`The dissector shows the messages in HTTP on any port, with every field and most
violations of rules. Put it into Wireshark's folder of personal Lua plugins
(Help, About Wireshark, Folders), or give it to tshark with -X lua_script:.`,
			`  pchc spec wireshark -o ~/.local/lib/wireshark/plugins/pchc.lua
  pchc spec wireshark -o pchc.lua && tshark -X lua_script:pchc.lua -r capture.pcapng -Y mspchc -O mspchc`,
			noNames, func(string) (string, error) { return wireshark.Dissector(), nil }),
		a.specPart("kaitai [NAME]", "Write a definition for the Kaitai Struct compiler, or list them",
			"ms_pchc_request imports ms_pccrc_v1: keep the files in one folder.",
			`  pchc spec kaitai
  pchc spec kaitai ms_pccrc_v1 -o ms_pccrc_v1.ksy`,
			kaitaiNames, specKaitai),
		a.specPart("layout [STRUCTURE]", "Write the layout of a structure, or of all, as Markdown",
			"A page has a diagram of the bits, every field, and the rules that it must keep.",
			`  pchc spec layout SegmentDescriptor
  pchc spec layout | less`,
			layoutNames, specLayout),
		a.specPart("requirement [ID]", "Explain a requirement, or list all",
			"The list has the id, level and class of every requirement, and what it says.",
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

// specPart makes a command that writes a text. names returns the arguments of
// which it takes at most one; without, text is called with "".
func (a *app) specPart(use, short, long, example string, names func() []string, text func(name string) (string, error)) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: cobra.MaximumNArgs(strings.Count(use, "[")),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := text(strings.Join(args, ""))
			if err != nil {
				return unknownSpec(cmd.CommandPath(), args[0], names())
			}
			out := a.output(file)
			_, err = out.Write([]byte(s))
			return out.close(err)
		},
	}
	addOutputFile(cmd, &file)
	return cmd
}

var errUnknownName = errors.New("no such name")

// unknownSpec says what may have been meant by a name that is none.
func unknownSpec(command, word string, names []string) error {
	best, distance := "", len(word)/2+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(word), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	if best != "" {
		return usagef("%s has no %q; did you mean %s?", command, word, best)
	}
	return usagef("%s has no %q; pchc help spec tells more", command, word)
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
	for _, l := range spec.Layouts() { // both versions may have one of that name
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
			return explain(&r), nil
		}
		fmt.Fprintf(&list, "%-6s  %-9s  %-42s  %s\n", r.Level, r.Class, r.ID, r.Text)
	}
	if id != "" {
		return "", errUnknownName
	}
	return list.String(), nil
}

func explain(r *spec.Requirement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  %s\n\n", r.ID, r.Text)
	fmt.Fprintf(&b, "section  %s\nlevel    %s\nclass    %s\n", r.Section, r.Level, r.Class)
	if r.Check != "" {
		fmt.Fprintf(&b, "check    %s\n", r.Check)
	}
	if r.Unobservable != "" {
		fmt.Fprintf(&b, "no check %s\n", r.Unobservable)
	}
	return b.String()
}

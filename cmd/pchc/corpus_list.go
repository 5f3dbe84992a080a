package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// corpusLister is a run of pchc corpus list.
type corpusLister struct {
	seedSource
	file  string
	json  bool
	kinds []string
	rules []string
}

func (a *app) corpusListCommand() *cobra.Command {
	l := &corpusLister{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "list [FILE|DIR|-]...",
		Short: "List seeds: name, size, message and verdict",
		Example: `  pchc corpus list
  pchc corpus list --rule PCHC-2.2.1.5-MaxDescriptors
  pchc corpus list --json --kind response fuzz/testdata | jq -r .name`,
		RunE: func(_ *cobra.Command, args []string) error {
			out := l.output(l.file)
			return out.close(l.list(out, args))
		},
	}
	l.add(cmd)
	addOutputFile(cmd, &l.file)
	flags := cmd.Flags()
	flags.BoolVar(&l.json, "json", false, "write one JSON object per line")
	flags.StringSliceVar(&l.kinds, "kind", nil, "list only these `KINDS`: request, response, content")
	flags.StringSliceVar(&l.rules, "rule", nil, "list only violations of these `RULES`")
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kindNames[:], cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// corpusLine is a line of pchc corpus list --json.
type corpusLine struct {
	Name        string             `json:"name"`
	Kind        string             `json:"kind"`
	RequestType uint16             `json:"requestType,omitempty"`
	Message     string             `json:"message"`
	Length      int                `json:"length"`
	Valid       bool               `json:"valid"`
	Violations  []corpus.Violation `json:"violations"`
}

func (l *corpusLister) list(out *output, names []string) error {
	for _, k := range l.kinds {
		if !slices.Contains(kindNames[:], k) {
			return usagef("--kind %q: must be request, response or content", clip(k))
		}
	}
	for _, rule := range l.rules {
		if _, ok := spec.RequirementByID(rule); !ok {
			return usagef("--rule %q: unknown rule (see pchc check --list)", clip(rule))
		}
	}
	all, err := l.read(names)
	if err != nil {
		return err
	}
	for i := range all {
		s := &all[i]
		d := s.Dissect()
		violates := func(b spec.Violation) bool { return slices.Contains(l.rules, b.Rule) }
		if len(l.kinds) > 0 && !slices.Contains(l.kinds, s.Kind.String()) || len(l.rules) > 0 && !slices.ContainsFunc(d.Violations, violates) {
			continue
		}
		if err := l.line(out, s, d); err != nil {
			return err
		}
	}
	return nil
}

func (l *corpusLister) line(out *output, s *seeds.Seed, d *spec.Dissection) error {
	if !l.json {
		name := s.Name
		if name == "" {
			name = seeds.Hash(s.Bytes)
		}
		_, err := fmt.Fprintf(out, "%-40s %6d  %-24s %s\n", name, len(s.Bytes), d.Message, verdict(d))
		return err
	}
	line := corpusLine{s.Name, s.Kind.String(), s.RequestType, d.Message, len(s.Bytes), d.Valid(), []corpus.Violation{}}
	for _, b := range d.Violations {
		line.Violations = append(line.Violations, corpus.Violation{Rule: b.Rule, Offset: b.Offset})
	}
	return writeJSON(out, line)
}

// corpusShower is a run of pchc corpus show.
type corpusShower struct {
	*app
	flags outputFlags
}

func (a *app) corpusShowCommand() *cobra.Command {
	s := &corpusShower{app: a}
	cmd := &cobra.Command{
		Use:   "show NAME...",
		Short: "Explain shipped test vectors: purpose, source, fields",
		Long: `show explains test vectors that pchc ships. --json prints them as in the vector
files, including their keys, which protect nothing. To explain your own messages, use
pchc decode.`,
		Example: `  pchc corpus show batched_offer.128-and-1-byte
  pchc corpus show --json response.interested | jq -r .hex | pchc decode`,
		RunE: func(_ *cobra.Command, args []string) error {
			out := s.output(s.flags.file)
			return out.close(s.show(out, args))
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			all, _ := seeds.Shipped()
			var names []string
			for _, v := range all {
				names = append(names, v.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	s.flags.addBasic(cmd)
	cmd.Flags().BoolVar(&s.flags.showSecrets, "show-secrets", false, "show segment keys (SegmentSecret) instead of \"redacted\"")
	return cmd
}

func (s *corpusShower) show(out *output, names []string) error {
	if len(names) == 0 {
		return usagef("missing NAME (see pchc corpus list)")
	}
	printer, err := s.flags.printer(out)
	if err != nil {
		return err
	}
	files, err := corpus.Load()
	if err != nil {
		return err
	}
	for i, name := range names {
		f, g, v := findVector(files, name)
		if v == nil {
			return usagef("unknown vector %q%s", clip(name), nearVector(files, name))
		}
		if s.flags.json {
			err = writeJSON(out, struct {
				*corpus.Vector
				Source corpus.Source `json:"source"`
			}{v, g.Source})
		} else {
			if i > 0 {
				_, err = out.Write([]byte{'\n'})
			}
			err = errors.Join(err, s.explain(out, &printer.Text, f, g, v))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// findVector returns the vector with that id, its file and its group.
func findVector(files []corpus.File, name string) (*corpus.File, *corpus.Group, *corpus.Vector) {
	for i := range files {
		for j := range files[i].Groups {
			g := &files[i].Groups[j]
			for k := range g.Tests {
				if g.Tests[k].ID == name {
					return &files[i], g, &g.Tests[k]
				}
			}
		}
	}
	return nil, nil, nil
}

// nearVector suggests a correction of the id of a vector.
func nearVector(files []corpus.File, name string) string {
	var ids []string
	for _, f := range files {
		for _, g := range f.Groups {
			for _, v := range g.Tests {
				ids = append(ids, v.ID)
			}
		}
	}
	if best := nearest(name, ids, 1+len(name)/4); best != "" {
		return "; did you mean " + best + "?"
	}
	return " (see pchc corpus list)"
}

func (s *corpusShower) explain(out *output, text *message.Text, f *corpus.File, g *corpus.Group, v *corpus.Vector) error {
	all, err := seeds.FromVectors([]corpus.Vector{*v})
	if err != nil {
		return err
	}
	b := text.AppendNote(nil, v.ID+": "+v.Comment)
	for _, flag := range v.Flags {
		b = text.AppendNote(b, flag+": "+f.Notes[flag].Description)
	}
	b = text.AppendNote(b, "from "+g.Source.Name+", "+g.Source.Licence)
	if v.Neighbour != "" {
		b = text.AppendNote(b, "compare "+v.Neighbour)
	}
	b = text.Append(b, message.New(all[0].Kind, all[0].Bytes, all[0].RequestType))
	_, err = out.Write(b)
	return err
}

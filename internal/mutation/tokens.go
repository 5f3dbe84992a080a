package main

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A language is what the changes to a file that is not Go need to know: where its tokens
// are, and which lines are statements.
type language struct {
	tokens  *regexp.Regexp // groups: what to skip, a string, a number, a word, an operator
	swaps   map[string]string
	strings map[string]string // literals to exchange
	removed []string          // tokens that are removed
	nothing string            // a statement that does nothing
	keep    *regexp.Regexp    // lines that are no statements by themselves
	ends    string            // of a statement
}

const (
	numberToken   = `(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\b`
	wordToken     = `([A-Za-z_]\w*)`
	operatorToken = `(<<=|>>=|\*\*|//|->|<=|>=|==|!=|&&|\|\||<<|>>|\+\+|--|\+=|-=|\*=|/=|\|=|&=|[-+*/%<>!&|^])`
)

// languages are those of the example decoders, by the ending of a file's name.
var languages = map[string]*language{
	".py": {
		tokens: regexp.MustCompile(`(?m)(#.*|"""(?s:.*?)""")|("(?:\\.|[^"\\\n])*")|` + numberToken + `|` + wordToken + `|` + operatorToken),
		swaps: with(swaps, map[string]string{
			"and": "or", "or": "and", "True": "False", "False": "True", "//": "*", "in": "not in",
		}),
		strings: map[string]string{`"big"`: `"little"`, `"little"`: `"big"`},
		removed: []string{"not"},
		nothing: "pass",
		keep:    regexp.MustCompile(`^(@|#|"|(def|class|if|elif|else|for|while|try|except|import|from|with|pass)\b)`),
	},
	".c": c11, ".h": c11,
}

var c11 = &language{
	tokens:  regexp.MustCompile(`(?m)(/\*(?s:.*?)\*/|^#.*|'(?:\\.|[^'\\])+')|("(?:\\.|[^"\\\n])*")|` + numberToken + `|` + wordToken + `|` + operatorToken),
	swaps:   swaps,
	removed: []string{"!"},
	nothing: ";",
	keep:    regexp.MustCompile(`^(static|const|u?int\w*|size_t|long|bool|char|void|struct|enum|case|default|for|while|typedef)\b`),
	ends:    ";",
}

func with(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// mutantsIn are all the changes to a file in a language that this program knows, in the
// order of its text. Some are none of the language: they do not compile.
func (l *language) mutantsIn(name, src string) (all []mutant) {
	add := func(from, to int, now string) {
		if src[from:to] == now { // a loop with nothing in it
			return
		}
		begin := strings.LastIndexByte(src[:from], '\n') + 1
		line, _, _ := strings.Cut(src[begin:], "\n")
		all = append(all, mutant{name, 1 + strings.Count(src[:from], "\n"), from - begin + 1, from, to, src[from:to], now, strings.TrimSpace(line)})
	}
	plain := []byte(src) // without comments and strings
	for _, at := range l.tokens.FindAllStringSubmatchIndex(src, -1) {
		token := src[at[0]:at[1]]
		switch {
		case at[2] >= 0 || at[4] >= 0: // a comment, or a string
			for i := at[0]; i < at[1]; i++ {
				if plain[i] != '\n' || at[2] >= 0 {
					plain[i] = '_'
				}
			}
			if now := l.strings[token]; now != "" {
				add(at[0], at[1], now)
			}
		case at[6] >= 0:
			n, err := strconv.ParseUint(src[at[6]:at[7]], 0, 64)
			if err != nil {
				continue
			}
			add(at[6], at[7], strconv.FormatUint(n+1, 10))
			if n > 0 {
				add(at[6], at[7], strconv.FormatUint(n-1, 10))
			}
		case slices.Contains(l.removed, token):
			add(at[0], at[1], "")
		case l.swaps[token] != "":
			add(at[0], at[1], l.swaps[token])
		}
	}
	depth, begin := 0, 0
	for line := range strings.SplitAfterSeq(string(plain), "\n") {
		before := depth
		for _, c := range line {
			switch c {
			case '(', '[':
				depth++
			case ')', ']':
				depth--
			}
			if l.ends == "" && c == '{' { // a value, not a block
				depth++
			} else if l.ends == "" && c == '}' {
				depth--
			}
		}
		text := strings.TrimSpace(line)
		from := begin + strings.Index(line, text)
		whole := strings.TrimSpace(src[begin : begin+len(line)])
		if text != "" && before == 0 && depth == 0 && line[0] == ' ' && strings.HasSuffix(text, l.ends) && !l.keep.MatchString(text) && strings.Trim(text, "_") != "" {
			add(from, from+len(whole), l.nothing)
		}
		begin += len(line)
	}
	slices.SortStableFunc(all, func(a, b mutant) int { return a.from - b.from })
	return all
}

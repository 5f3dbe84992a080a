package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
)

var (
	//go:embed base.css
	baseStyle string
	//go:embed base.js
	baseScript string
	//go:embed frame.html
	frame string
)

// Head is what a page begins and ends with.
type Head struct {
	Title  string
	Style  template.CSS // beside the common one
	Script template.JS  // after the common one; "" for a page without any script
}

// NewHead returns the head of a page with a style and a script of its own, which are
// parts of this program.
func NewHead(title, style, script string) Head {
	h := Head{Title: title, Style: template.CSS("\n" + baseStyle + style)}
	if script != "" {
		h.Script = template.JS("\n\"use strict\";\n" + baseScript + script)
	}
	return h
}

// Policy forbids everything but the style and the script of the page, which it knows
// by their hashes.
func (h Head) Policy() string {
	p := "default-src 'none'; style-src " + hash(string(h.Style))
	if h.Script != "" {
		p += "; script-src " + hash(string(h.Script))
	}
	return p + "; base-uri 'none'; form-action 'none'"
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Parse returns the template of a page, which panics if it is wrong.
func Parse(text string, funcs template.FuncMap) *template.Template {
	return template.Must(template.Must(template.New("page").Funcs(funcs).Parse(frame)).Parse(text))
}

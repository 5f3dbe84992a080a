// Package page has what the HTML pages have in common: the head with a policy that
// forbids every request, the style in light and dark, and for pages with a script the
// virtual list, with which 10 000 rows take no more elements than the window shows.
//
// A page is one self-contained file. [Parse] makes a template that begins with
// {{template "begin" .Head}} and ends with {{template "end" .Head}}.
package page

package generate

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// An Element is an element of a message of MS-PCCRD. Its texts stand in the message as
// they are: nothing is escaped.
type Element struct {
	Name       string // with its prefix
	Attributes []Attribute
	Text       string // before Children
	Children   []*Element
}

// An Attribute is one, or a namespace declaration.
type Attribute struct{ Name, Value string }

// Discovery is a message of MS-PCCRD.
type Discovery struct {
	Root          *Element
	Before, After string // what stands before and behind Root
	Space         string // before each start tag and end tag of an element that has others in it
	Quote         string // of attributes
	Empty         bool   // elements without content have one tag
}

// Append appends the message to dst.
func (d *Discovery) Append(dst []byte) []byte {
	dst = append(dst, d.Before...)
	dst = d.element(dst, d.Root)
	return append(dst, d.After...)
}

func (d *Discovery) element(dst []byte, e *Element) []byte {
	dst = append(append(dst, '<'), e.Name...)
	for _, a := range e.Attributes {
		dst = append(append(append(dst, ' '), a.Name...), '=')
		dst = append(append(append(dst, d.Quote...), a.Value...), d.Quote...)
	}
	if d.Empty && e.Text == "" && len(e.Children) == 0 {
		return append(dst, "/>"...)
	}
	dst = append(append(dst, '>'), e.Text...)
	for _, c := range e.Children {
		dst = d.element(append(dst, d.Space...), c)
	}
	if len(e.Children) > 0 {
		dst = append(dst, d.Space...)
	}
	return append(append(append(dst, "</"...), e.Name...), '>')
}

func (d *Discovery) message() fuzz.Message {
	return fuzz.Message{Kind: spec.Discovery, Bytes: d.Append(make([]byte, 0, 2048))}
}

// local returns the name without its prefix.
func (e *Element) local() string { return e.Name[strings.IndexByte(e.Name, ':')+1:] }

// find returns the first element at a path of local names below e, nil if there is none.
func (e *Element) find(path string) *Element {
	for name := range strings.SplitSeq(path, ".") {
		i := slices.IndexFunc(e.Children, func(c *Element) bool { return c.local() == name })
		if i < 0 {
			return nil
		}
		e = e.Children[i]
	}
	return e
}

// set sets the text of the element at a path, if it is there.
func (e *Element) set(path, text string) {
	if found := e.find(path); found != nil {
		found.Text = text
	}
}

// drop removes the element at a path.
func (e *Element) drop(path string) {
	within := e
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		within, path = e.find(path[:i]), path[i+1:]
	}
	within.Children = slices.DeleteFunc(within.Children, func(c *Element) bool { return c.local() == path })
}

// attribute returns the attribute of that name, which e has.
func (e *Element) attribute(name string) *Attribute {
	return &e.Attributes[slices.IndexFunc(e.Attributes, func(a Attribute) bool { return a.Name == name })]
}

package neighbours

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// Kind is a kind of input of one protocol.
type Kind struct {
	Name string // "wusp:fault"
	// Text: the input is text, such as XML. Otherwise it is bytes, which may be given
	// in hex.
	Text bool
	// Decode reads b. What cannot be read has a violation of a format rule.
	Decode func(b []byte) Result
}

// Result is what was read.
type Result struct {
	Fields     message.Fields // as far as they could be read
	Violations []spec.Violation
	Notes      []message.Remark
}

// Machine checks an order of calls.
type Machine interface {
	// Event takes the next event, an object of JSON. Its error says why the event is
	// damaged, or not one of the protocol; it is then not checked.
	Event(event json.RawMessage) error
	// Breaks returns the requirements that are broken, first break first. complete
	// says that the whole session was there.
	Breaks(complete bool) []Break
}

// Break is a requirement that is broken.
type Break struct {
	Rule, Level string
	At          int // index of the event
	Detail      string
}

// protocol is one neighbour.
type protocol struct {
	name  string // of traces: "MS-WUSP"
	kinds []Kind
	// machine returns a new Machine. context is an object of JSON, or nothing.
	machine      func(context json.RawMessage) (Machine, error)
	requirements func() []message.Entry

	page string                 // of Pages, "" for none
	more func(*strings.Builder) // what the page has beside requirements, nil for nothing
}

// protocols are the neighbours.
var protocols = []protocol{wuspProtocol, wsusssProtocol, oxcfxicsProtocol, webdavProtocol}

// What checks a requirement.
const (
	CallTrace    = "order of calls in a trace"
	MessageBytes = "bytes of a message"
)

// Lookup returns the kind of that name.
func Lookup(name string) (Kind, bool) {
	for _, p := range protocols {
		if i := slices.IndexFunc(p.kinds, func(k Kind) bool { return k.Name == name }); i >= 0 {
			return p.kinds[i], true
		}
	}
	return Kind{}, false
}

// Names returns the names of all kinds.
func Names() (names []string) {
	for _, p := range protocols {
		for _, k := range p.kinds {
			names = append(names, k.Name)
		}
	}
	return names
}

// Requirements returns the requirements of all protocols, with what checks each.
func Requirements() (all []message.Entry) {
	for _, p := range protocols {
		all = append(all, p.requirements()...)
	}
	return append(all, soapRequirements(soapfault.FormatRequirements())...)
}

package soapfault

import (
	"slices"
	"strings"
)

// Text is the text of an element that may be absent.
type Text struct {
	Value   string
	Present bool
}

// Fault is a SOAP fault.
type Fault struct {
	SOAP   SOAP
	Code   string // faultcode, or Code of SOAP 1.2: the local name, "Client"
	Reason string // faultstring, or the first Text of Reason
	Actor  Text   // faultactor, or Role

	// Application is what the protocol puts into the fault. It is nil where the fault
	// has no detail, or one of another product.
	Application *Application

	// Detail are the names of the elements in detail, in their order.
	Detail []Name
	// EnvelopeDetail: a fault of SOAP 1.2 has the Detail of SOAP, too, which the
	// protocols do not use.
	EnvelopeDetail bool

	Notes []Note
}

// Name is the name of an element.
type Name struct{ Namespace, Local string }

// Application is the application data of a fault.
type Application struct {
	ErrorCode Text
	Message   Text
	ID        string // a GUID in lower case, "" if there is none
	Method    Text   // with the quotes that senders put around it
}

// Code returns the ErrorCode, "" if there is none.
func (f *Fault) ErrorCode() string {
	if f.Application == nil {
		return ""
	}
	return f.Application.ErrorCode.Value
}

// DecodeFault decodes b, a whole envelope of at most MaxFaultLen bytes with a fault.
// The result has no bytes of b. The error, if any, is an *Error for the first rule
// that b violates.
func (p *Profile) DecodeFault(b []byte) (Fault, error) {
	var r reader
	var f Fault
	r.message(p, b, MaxFaultLen, func() {
		if !r.named(r.envelope, "Fault") {
			r.fail(RuleBody, "Body", r.xml.Offset, string(r.xml.Local), "has %, not a Fault")
			return
		}
		f.SOAP = r.soap
		if r.soap == SOAP11 {
			r.fault11(&f)
		} else {
			r.fault12(&f)
		}
	})
	if r.err != nil {
		return Fault{}, r.err
	}
	f.Notes = r.notes
	return f, nil
}

// The children of a Fault, and their paths: no path is put together where nothing is
// wrong.
var (
	children11 = []string{"faultcode", "faultstring", "faultactor", "detail"}
	fields11   = paths("Fault.", children11)
)

func paths(in string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = in + name
	}
	return all
}

// fault11 reads the Fault of SOAP 1.1 that was just opened.
func (r *reader) fault11(f *Fault) {
	at := r.xml.Offset
	var seen [4]bool
	for r.child(RuleFault, "Fault") {
		offset := r.xml.Offset
		i := index(children11, r.xml.Local)
		if len(r.xml.URI) > 0 {
			if i >= 0 {
				r.fail(RuleFault, fields11[i], offset, string(r.xml.URI), "is in the namespace %, must be in none")
				return
			}
			r.note("Fault", offset, "has an element of another namespace")
			r.skip()
			continue
		}
		if i < 0 {
			r.fail(RuleFault, "Fault", offset, string(r.xml.Local), "has the element %, which SOAP 1.1 does not have")
			return
		}
		field := fields11[i]
		if seen[i] {
			r.fail(RuleFault, field, offset, "", "is there twice")
			return
		}
		seen[i] = true
		switch i {
		case 0:
			f.Code = r.qualifiedName(RuleFault, field)
		case 1:
			f.Reason = r.leaf(RuleFault, field)
		case 2:
			f.Actor = Text{r.leaf(RuleFault, field), true}
		case 3:
			r.detail(f, r.profile.Rules.Detail, field, fieldsDetail)
		}
	}
	for i := range 2 {
		if !seen[i] {
			r.fail(RuleFault, fields11[i], at, "", "is missing")
		}
	}
}

// qualifiedName reads the qualified name in the element that was just opened, and
// returns its local name.
func (r *reader) qualifiedName(rule Rule, field string) string {
	at := r.xml.Offset
	text := trim(r.leaf(rule, field))
	prefix, local, prefixed := strings.Cut(text, ":")
	if !prefixed {
		prefix, local = "", text
	}
	if _, ok := r.xml.Resolve([]byte(prefix)); !ok || local == "" || prefixed && prefix == "" || strings.ContainsAny(local, ": \t\r\n") {
		r.fail(rule, field, at, text, "is %, which is no qualified name")
	}
	return local
}

var (
	children12 = []string{"Code", "Reason", "Node", "Role", "Detail"}
	fields12   = paths("Fault.", children12)
)

// fault12 reads the Fault of SOAP 1.2 that was just opened. The Detail of the
// protocols is one without a namespace, for whose place nothing is stated.
func (r *reader) fault12(f *Fault) {
	at, last, bare := r.xml.Offset, -1, false
	var seen [5]bool
	for r.child(RuleFault12, "Fault") {
		offset := r.xml.Offset
		if r.named("", "Detail") {
			if bare {
				r.fail(RuleFault12, "Fault.Detail", offset, "", "is there twice")
				return
			}
			bare = true
			r.detail(f, r.profile.Rules.Detail12, "Fault.Detail", fieldsDetail12)
			continue
		}
		i := index(children12, r.xml.Local)
		if i < 0 || string(r.xml.URI) != r.envelope {
			r.fail(RuleFault12, "Fault", offset, string(r.xml.Local), "has the element %, which SOAP 1.2 does not have in this namespace")
			return
		}
		field := fields12[i]
		switch {
		case seen[i]:
			r.fail(RuleFault12, field, offset, "", "is there twice")
			return
		case i < last:
			r.fail(RuleFault12, field, offset, "", "is not in its place: Code, Reason, Node, Role, Detail")
			return
		}
		seen[i], last = true, i
		switch i {
		case 0:
			f.Code = r.code(field)
		case 1:
			f.Reason = r.reason(field)
		case 2:
			r.leaf(RuleFault12, field)
		case 3:
			f.Actor = Text{r.leaf(RuleFault12, field), true}
		case 4:
			f.EnvelopeDetail = true
			r.envelopeDetail(field)
		}
	}
	for i := range 2 {
		if !seen[i] {
			r.fail(RuleFault12, fields12[i], at, "", "is missing")
		}
	}
}

// code reads Code, whose first child is Value.
func (r *reader) code(field string) (local string) {
	at, n := r.xml.Offset, 0
	for r.child(RuleFault12, field) {
		if n++; n > 1 {
			if !r.named(r.envelope, "Subcode") || n > 2 {
				r.fail(RuleFault12, field, r.xml.Offset, string(r.xml.Local), "has the element %, must have Value and perhaps Subcode")
				return ""
			}
			r.skip()
			continue
		}
		if !r.named(r.envelope, "Value") {
			r.fail(RuleFault12, field, r.xml.Offset, string(r.xml.Local), "begins with the element %, not with Value")
			return ""
		}
		local = r.qualifiedName(RuleFault12, field+".Value")
	}
	if n == 0 {
		r.fail(RuleFault12, field+".Value", at, "", "is missing")
	}
	return local
}

// reason reads Reason and returns its first Text.
func (r *reader) reason(field string) (text string) {
	at, n := r.xml.Offset, 0
	for r.child(RuleFault12, field) {
		if !r.named(r.envelope, "Text") {
			r.fail(RuleFault12, field, r.xml.Offset, string(r.xml.Local), "has the element %, must have Text")
			return ""
		}
		if n++; n == 1 {
			text = r.leaf(RuleFault12, field+".Text")
		} else {
			r.skip()
		}
	}
	if n == 0 {
		r.fail(RuleFault12, field+".Text", at, "", "is missing")
	}
	return text
}

// envelopeDetail reads the Detail of SOAP 1.2.
func (r *reader) envelopeDetail(field string) {
	for r.child("", field) {
		if r.named("", "ErrorCode") {
			r.note(field, r.xml.Offset, "has an ErrorCode, which belongs in a Detail without namespace, so it is not read")
		}
		r.skip()
	}
}

var (
	childrenDetail = []string{"ErrorCode", "Message", "ID", "Method"}
	fieldsDetail   = paths("Fault.detail.", childrenDetail)
	fieldsDetail12 = paths("Fault.Detail.", childrenDetail)
)

// detail reads the detail, or Detail, that was just opened. fields are the paths of
// its children.
func (r *reader) detail(f *Fault, rule Rule, field string, fields []string) {
	p := r.profile
	at, last, foreign := r.xml.Offset, -1, -1
	var seen [4]bool
	var app Application
	r.beside = false
	f.Detail = make([]Name, 0, len(seen))
	for r.child("", field) {
		offset := r.xml.Offset
		i := index(childrenDetail, r.xml.Local)
		name := Name{Namespace: string(r.xml.URI)}
		if i >= 0 {
			name.Local = childrenDetail[i]
		} else {
			name.Local = string(r.xml.Local)
		}
		f.Detail = append(f.Detail, name)
		switch {
		case i < 0:
			if foreign < 0 {
				foreign = offset
			}
			r.skip()
			continue
		case len(r.xml.URI) > 0:
			r.fail(rule, fields[i], offset, string(r.xml.URI), "is in the namespace %, must be in none")
			return
		case seen[i]:
			r.fail(rule, fields[i], offset, "", "is there twice")
			return
		case p.Ordered && i < last:
			r.fail(rule, fields[i], offset, "", "is not in its place: ErrorCode, Message, ID, Method")
			return
		}
		seen[i], last = true, i
		child := fields[i]
		text := Text{r.leaf(rule, child), true}
		switch i {
		case 0:
			app.ErrorCode = text
			r.errorCode(text.Value, child, offset)
		case 1:
			app.Message = text
		case 2:
			var ok bool
			if app.ID, ok = guid(text.Value); !ok {
				r.fail(p.Rules.ID, child, offset, text.Value, "is %, which is no GUID")
			}
		case 3:
			app.Method = text
		}
	}
	if r.err != nil {
		return
	}
	if seen == [4]bool{} {
		r.note(field, at, "has no application data of "+p.Protocol)
		return
	}
	f.Application = &app
	if foreign >= 0 {
		r.note(field, foreign, "has an element that "+p.Protocol+" does not have")
	}
	if r.beside {
		r.note(field, at, "has text beside its elements, which is left out")
	}
	switch {
	case !seen[0] && p.Ordered:
		r.fail(rule, fields[0], at, "", "is missing")
	case !seen[0]:
		r.note(field, at, "has no ErrorCode")
	case !seen[1] && p.MessageRequired:
		r.fail(rule, fields[1], at, "", "is missing")
	case !seen[2]:
		r.fail(p.Rules.ID, fields[2], at, "", "is missing")
	}
}

func (r *reader) errorCode(code, field string, offset int) {
	p := r.profile
	if slices.Contains(p.Codes, code) {
		return
	}
	detail := "is %, which is no ErrorCode of " + p.Protocol
	if why := p.Misspelt[code]; why != "" {
		detail += ": " + why
	}
	r.fail(p.Rules.ErrorCode, field, offset, code, detail)
}

// guid returns a GUID in lower case.
func guid(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	for i := range len(s) {
		c := s[i] | 0x20 // lower case
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if s[i] != '-' {
				return "", false
			}
		case !isDigit(s[i]) && (c < 'a' || c > 'f'):
			return "", false
		}
	}
	return strings.ToLower(s), true
}

// index returns the position of a name, -1 if it is not in the list.
func index(names []string, name []byte) int {
	for i, n := range names {
		if n == string(name) {
			return i
		}
	}
	return -1
}

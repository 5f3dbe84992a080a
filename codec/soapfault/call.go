package soapfault

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
)

// Call is a request or a response.
type Call struct {
	SOAP      SOAP
	Operation string // the local name of the element in the Body: "GetCookie", "GetCookieResponse"
	Namespace string

	Cookies              []Cookie
	AuthorizationCookies []AuthorizationCookie
	AuthPlugIns          []AuthPlugIn // of an answer to GetConfig or GetAuthConfig
	Properties           []Property   // of an answer to GetConfig

	// Fields are all other elements that have no elements in them, in their order.
	Fields []Field

	Notes []Note
}

// Field is an element with a text.
type Field struct {
	Name   string // the local name
	In     string // the local name of the element around it
	Value  string // without white space around it
	Nil    bool   // it has xsi:nil
	Offset int
}

// AuthPlugIn is one AuthPlugInInfo: how a caller authorizes itself.
type AuthPlugIn struct {
	PlugInID   string
	ServiceURL string // ServiceUrl; may be relative
	Parameter  string
}

// Property is one ConfigurationProperty.
type Property struct{ Name, Value string }

// Field returns the first field of that local name.
func (c *Call) Field(name string) (Field, bool) {
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return c.Fields[i], true
}

// Cookie returns the cookie of that name: "cookie", "oldCookie", "GetCookieResult",
// "NewCookie".
func (c *Call) Cookie(name string) (Cookie, bool) {
	i := slices.IndexFunc(c.Cookies, func(k Cookie) bool { return k.Name == name })
	if i < 0 {
		return Cookie{}, false
	}
	return c.Cookies[i], true
}

// DecodeRequest decodes b, a whole envelope of at most MaxLen bytes with a request.
// The result has no bytes of b. The error, if any, is an *Error for the first rule
// that b violates.
func (p *Profile) DecodeRequest(b []byte) (Call, error) { return p.decodeCall(b, false) }

// DecodeResponse is DecodeRequest for a response that is no fault.
func (p *Profile) DecodeResponse(b []byte) (Call, error) { return p.decodeCall(b, true) }

func (p *Profile) decodeCall(b []byte, response bool) (Call, error) {
	var r callReader
	r.message(p, b, MaxLen, func() { r.operation(response) })
	if r.err != nil {
		return Call{}, r.err
	}
	r.call.Notes = r.notes
	return r.call, nil
}

// callReader reads a request or a response.
type callReader struct {
	reader
	call Call
	use  CookieUse // of the operation
}

// operation reads the operation that was just opened.
func (r *callReader) operation(response bool) {
	p, at := r.profile, r.xml.Offset
	name, namespace := string(r.xml.Local), string(r.xml.URI)
	base, answers := strings.CutSuffix(name, "Response")
	switch {
	case r.named(r.envelope, "Fault"):
		r.fail(RuleBody, "Body", at, "", "has a Fault")
		return
	case answers != response:
		r.fail(p.Rules.Operation, "Body", at, name, "has %, which is a "+map[bool]string{true: "response", false: "request"}[answers])
		return
	}
	op, known := p.operation(base, namespace)
	switch {
	case !known:
		r.fail(p.Rules.Operation, clip(name), at, namespace, "is in the namespace %, which is none of "+p.Protocol)
		return
	case op == nil:
		r.note("Body", at, "has an operation that is not known")
	case op.Namespace != namespace:
		r.fail(p.Rules.Operation, name, at, namespace, "is in the namespace %, must be in "+op.Namespace)
		return
	default:
		r.use = op.Cookie
	}
	r.call.SOAP, r.call.Operation, r.call.Namespace = r.soap, name, namespace
	for r.child(p.Rules.Operation, clip(name)) {
		r.element(name, 1)
	}
	if _, ok := r.call.Cookie("cookie"); !ok && !response && r.use == IssuedCookie {
		r.fail(p.Rules.CookieNeeded, name+".cookie", at, "", "is missing")
	}
}

// element reads the element that was just opened. It is in the element in, and so
// many levels below the Body.
func (r *callReader) element(in string, level int) {
	p, at := r.profile, r.xml.Offset
	if string(r.xml.URI) == r.call.Namespace {
		switch name := string(r.xml.Local); {
		case level == 1 && (name == "cookie" || name == "oldCookie" || name == "GetCookieResult"), level == 2 && name == "NewCookie":
			r.cookie(name)
			return
		case level == 1 && name == "GetAuthorizationCookieResult", name == "AuthorizationCookie":
			r.authorizationCookie(name)
			return
		case name == "AuthPlugInInfo":
			v := r.record(p.Rules.AuthInfo, name, "PlugInID", "ServiceUrl", "Parameter")
			r.call.AuthPlugIns = append(r.call.AuthPlugIns, AuthPlugIn{v[0].text, v[1].text, v[2].text})
			return
		case name == "ConfigurationProperty":
			v := r.record(p.Rules.Operation, name, "Name", "Value")
			r.call.Properties = append(r.call.Properties, Property{v[0].text, v[1].text})
			return
		}
	}
	name, isNil := string(r.xml.Local), r.isNil()
	plugIns, cookies := len(r.call.AuthPlugIns), len(r.call.AuthorizationCookies)
	children, mixed := 0, false
	r.text = r.text[:0]
	for {
		switch r.next() {
		case strictxml.Text:
			r.text = append(r.text, r.xml.Text...)
			continue
		case strictxml.Start:
			children++
			mixed = mixed || !isBlank(r.text)
			r.element(name, level+1)
			r.text = r.text[:0]
			continue
		case strictxml.End:
			return
		}
		break
	}
	text := trim(string(r.text))
	mixed = mixed || children > 0 && text != ""
	switch {
	case isNil && (children > 0 || text != ""):
		r.fail(RuleNil, clip(name), at, "", "has xsi:nil, and yet content")
	case p.OneAuthPlugIn && name == "AuthInfo" && len(r.call.AuthPlugIns) != plugIns+1:
		r.fail(p.Rules.AuthInfo, name, at, "", "has not exactly one AuthPlugInInfo")
	case p.OneAuthPlugIn && name == "authCookies" && len(r.call.AuthorizationCookies) != cookies+1:
		r.fail(p.Rules.AuthCookie, name, at, "", "has not exactly one AuthorizationCookie")
	case mixed:
		r.note(clip(name), at, "has text beside its elements, which is left out")
	}
	if children > 0 {
		return
	}
	r.call.Fields = append(r.call.Fields, Field{Name: name, In: in, Value: text, Nil: isNil, Offset: at})
	if !isNil {
		r.typed(name, text, at)
	}
}

// typed checks the value of an element whose type is known.
func (r *callReader) typed(name, text string, at int) {
	switch name {
	case "LastChange", "lastChange", "currentTime":
		if d, detail := parseDateTime(text); detail != "" {
			r.fail(RuleDateTime, name, at, text, detail)
		} else {
			r.zone(name, at, d)
		}
	case "IsRegistrationRequired", "GetConfig":
		if text != "true" && text != "false" && text != "1" && text != "0" {
			r.fail(RuleBoolean, name, at, text, "is %, must be true, false, 1 or 0")
		}
	}
}

// zone notes that a dateTime has no zone.
func (r *reader) zone(field string, at int, d DateTime) {
	if d.Zone == "" {
		r.note(field, at, "has no zone and is read as UTC")
	}
}

// isNil reports whether the element that was just opened has xsi:nil.
func (r *reader) isNil() bool {
	for _, a := range r.xml.Attributes() {
		if string(a.Local) == "nil" && string(a.URI) == namespaceInstance {
			v := trim(string(a.Value))
			return v == "true" || v == "1"
		}
	}
	return false
}

// part is one element of a record.
type part struct {
	there bool
	at    int
	text  string
}

// record reads the children of the element that was just opened: texts with these
// names in the namespace of the operation, each once at most.
func (r *callReader) record(rule Rule, field string, names ...string) []part {
	parts := make([]part, len(names))
	for r.child(rule, field) {
		at, i := r.xml.Offset, index(names, r.xml.Local)
		switch {
		case i < 0:
			r.fail(rule, field, at, string(r.xml.Local), "has the element %, must have "+strings.Join(names, ", "))
		case string(r.xml.URI) != r.call.Namespace:
			r.fail(rule, field+"."+names[i], at, string(r.xml.URI), "is in the namespace %, not in that of the operation")
		case parts[i].there:
			r.fail(rule, field+"."+names[i], at, "", "is there twice")
		default:
			parts[i] = part{true, at, trim(r.leaf(rule, field+"."+names[i]))}
		}
	}
	return parts
}

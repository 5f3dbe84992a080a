package soapfault

import "strconv"

// Rule names one rule, such as "WUSP-2.2.2.4-ErrorCode": the document, the section,
// and what the rule is about. Rules are comparable constants and errors, so
// errors.Is(err, RuleXML) tells whether err reports that rule.
type Rule string

// Error returns the rule's name.
func (r Rule) Error() string { return string(r) }

// Section returns where the rule stands, for instance "MS-WUSP 2.2.2.4", and "" for
// something that is no rule.
func (r Rule) Section() string {
	document, rest := cut(string(r))
	section, name := cut(rest)
	if name == "" {
		return ""
	}
	switch document {
	case "XML":
		document = "XML 1.0"
	case "XSD":
		document = "XML Schema"
	case "SOAP11":
		document = "SOAP 1.1"
	case "SOAP12":
		document = "SOAP 1.2"
	default:
		document = "MS-" + document
	}
	return document + " " + section
}

func cut(s string) (before, after string) {
	for i := range len(s) {
		if s[i] == '-' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// The rules that both protocols share. Those of one protocol are in its Profile.
const (
	RuleXML      Rule = "XML-2.1-WellFormed"      // XML 1.0 with namespaces in UTF-8, no document type or processing instruction (SOAP 1.1 3), bounded
	RuleEnvelope Rule = "SOAP11-4-Envelope"       // an Envelope of SOAP 1.1 or 1.2 with one Body, perhaps after a Header
	RuleBody     Rule = "SOAP11-4.3-Body"         // the Body has one element: the operation, or a Fault
	RuleFault    Rule = "SOAP11-4.4-Fault"        // faultcode, faultstring, perhaps faultactor and detail: once, without namespace
	RuleFault12  Rule = "SOAP12-5.4-Fault"        // Code and Reason, perhaps Node, Role and Detail, in this order
	RuleDateTime Rule = "XSD-3.2.7-dateTime"      // a dateTime with at most seven digits of a second's fraction
	RuleBase64   Rule = "XSD-3.2.16-base64Binary" // base64 with its padding
	RuleBoolean  Rule = "XSD-3.2.2-boolean"       // true, false, 1 or 0
	RuleNil      Rule = "XSD-2.6.2-nil"           // an element with xsi:nil has no content
)

// Error is the first violation of a rule in a message.
type Error struct {
	Rule Rule
	// Field is the path of the element at fault, such as "Fault.detail.ErrorCode".
	Field string
	// Offset is the place of the element, or of the byte, at fault, in bytes from the
	// start of the message. What is missing is missed in the element there.
	Offset int
	// Value is what was found, at most 128 bytes of it; "" where nothing was, or where
	// it is the data of a cookie.
	Value string

	detail string
}

// maxValue is the length in bytes to which an Error or a Note cuts a value.
const maxValue = 128

// newError returns an error. detail is a clause with % for the value in quotes.
func newError(rule Rule, field string, offset int, value, detail string) *Error {
	return &Error{Rule: rule, Field: field, Offset: offset, Value: clip(value), detail: detail}
}

// NewError returns the error of a package that reads another text of its protocol,
// such as a version. detail is a clause with % for the value in quotes.
func NewError(rule Rule, field string, offset int, value, detail string) *Error {
	return newError(rule, field, offset, value, detail)
}

func clip(s string) string {
	if len(s) <= maxValue {
		return s
	}
	n := maxValue
	for n > 0 && s[n]&0xC0 == 0x80 { // within a character
		n--
	}
	return s[:n]
}

// Detail returns one clause that says what is wrong, such as `is "x", which is no
// GUID`.
func (e *Error) Detail() string {
	var b []byte
	for i := range len(e.detail) {
		if e.detail[i] == '%' {
			b = strconv.AppendQuote(b, e.Value)
		} else {
			b = append(b, e.detail[i])
		}
	}
	return string(b)
}

// Error returns one line such as
//
//	pchc: Fault.detail.ErrorCode is "Nope", which is no ErrorCode of MS-WUSP (offset 152, MS-WUSP 2.2.2.4)
func (e *Error) Error() string {
	return "pchc: " + e.Field + " " + e.Detail() + " (offset " + strconv.Itoa(e.Offset) + ", " + e.Rule.Section() + ")"
}

// Unwrap returns the rule, so that errors.Is finds it.
func (e *Error) Unwrap() error { return e.Rule }

// Note is something in a well-formed message that is worth knowing.
type Note struct {
	Field  string // as in Error
	Offset int
	Detail string // a clause
}

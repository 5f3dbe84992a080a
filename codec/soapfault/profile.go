package soapfault

// Profile is what the messages of one protocol have of their own.
type Profile struct {
	Protocol string // "MS-WUSP"

	// Codes are the values of ErrorCode. Case matters.
	Codes []string
	// Misspelt are other values that a text of the protocol has, and what is wrong
	// with them, in a clause.
	Misspelt map[string]string
	// Ordered: the children of detail come as ErrorCode, Message, ID, Method, and
	// ErrorCode is required.
	Ordered bool
	// MessageRequired: detail with an ErrorCode has a Message, perhaps an empty one.
	MessageRequired bool

	// Operations are the operations that are known. Others in the same namespaces are
	// decoded, with a Note.
	Operations []Operation

	// OneAuthPlugIn: an AuthInfo has exactly one AuthPlugInInfo, and authCookies one
	// AuthorizationCookie.
	OneAuthPlugIn bool

	Rules Rules
}

// Operation is an operation of a protocol.
type Operation struct {
	Name, Namespace string
	// Cookie is what the child cookie of a request must be.
	Cookie CookieUse
}

// CookieUse says which cookie a request carries.
type CookieUse uint8

// The uses.
const (
	NoCookie        CookieUse = iota // none is required; if there is one, it is an issued one
	IssuedCookie                     // it is required, and one that the server issued
	ReportingCookie                  // if there is one, its EncryptedData may be empty
)

// Rules are the names of the rules of a protocol.
type Rules struct {
	Detail       Rule // the children of detail: names, order, number
	Detail12     Rule // likewise of Detail in SOAP 1.2
	ErrorCode    Rule // its values
	ID           Rule // a GUID
	Operation    Rule // the operation: namespace, request or response
	Cookie       Rule // Expiration, then EncryptedData
	CookieNeeded Rule // a request has its cookie
	AuthCookie   Rule // PlugInId, CookieData
	AuthInfo     Rule // AuthPlugInInfo
}

// operation returns the known operation of that name, and whether the namespace is
// one of the protocol.
func (p *Profile) operation(name, namespace string) (op *Operation, known bool) {
	for i := range p.Operations {
		o := &p.Operations[i]
		if o.Name == name {
			op = o
		}
		known = known || o.Namespace == namespace
	}
	return op, known
}

package spec

// Kind says what a byte string is taken for.
type Kind uint8

const (
	Request   Kind = iota + 1 // body of an HTTP POST, MS-PCHC 2.2.1
	Response                  // body of an HTTP response, MS-PCHC 2.2.2
	Content                   // Content Information, of version 2.0 if its second byte is 2, else of 1.0
	ContentV1                 // Content Information, taken for version 1.0 (MS-PCCRC 2.3)
	ContentV2                 // Content Information, taken for version 2.0 (MS-PCCRC 2.4)
)

// Dissection is an explained message.
type Dissection struct {
	Message    string      // "BATCHED_OFFER_MESSAGE", ..., "UNKNOWN"
	Root       Node        // its Children are the top-level fields
	Violations []Violation // in order of offset
}

// Valid reports whether the message breaks no format rule.
func (d *Dissection) Valid() bool {
	_, violated := d.First()
	return !violated
}

// First returns the first violation of a format rule.
func (d *Dissection) First() (Violation, bool) {
	for _, v := range d.Violations {
		if v.Class == Format {
			return v, true
		}
	}
	return Violation{}, false
}

// Violation is one rule broken at one place.
type Violation struct {
	Rule    string // "PCHC-2.2.1.5-SizeOfContentTag"
	Class   Class
	Offset  int    // of the field that is wrong
	Field   string // its path: "SegmentDescriptor[3].SizeOfContentTag"
	Detail  string // one clause: "is 0, must be 16"
	Section string // "MS-PCHC 2.2.1.5"

	// Value is the number found: the value of an integer, the number of bytes
	// present of a byte string or of a truncated field, the number of elements
	// in a list, or which element one is (129 for the 129th). 0 where no bytes
	// are at fault.
	Value uint64
}

// String returns Field and Detail: "SegmentDescriptor[3].SizeOfContentTag is 0,
// must be 16".
func (v Violation) String() string { return sentence(v.Field, v.Detail) }

// sentence puts a path before what is wrong there. A detail that begins with a
// number is set off by a colon.
func sentence(path, detail string) string {
	switch {
	case path == "":
		return detail
	case detail != "" && '0' <= detail[0] && detail[0] <= '9':
		return path + ": " + detail
	}
	return path + " " + detail
}

package spec

// Dissection is a dissected message.
type Dissection struct {
	Message    string      // "BATCHED_OFFER_MESSAGE", ..., "UNKNOWN"
	Root       Node        // its Children are the top-level fields
	Violations []Violation // in order of offset

	// Unread is how many bytes at the end of the message are not in the tree because it has
	// more than [Dissector.MaxNodes] nodes. Nothing is known of them.
	Unread int

	beyond bool
}

// BeyondLimits reports whether the message is not read because it is longer, deeper or
// wider than PCCRD-2.1-XML says that this project reads: that is no fault by the
// specification.
func (d *Dissection) BeyondLimits() bool { return d.beyond }

// Valid reports whether the message violates no format rule.
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

// Violation is one violated rule at one place.
type Violation struct {
	Rule    string // "PCHC-2.2.1.5-SizeOfContentTag"
	Class   Class
	Offset  int    // of the field at fault
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

// sentence joins a path and what is wrong there, with a colon if that begins
// with a number.
func sentence(path, detail string) string {
	switch {
	case path == "":
		return detail
	case detail != "" && '0' <= detail[0] && detail[0] <= '9':
		return path + ": " + detail
	}
	return path + " " + detail
}

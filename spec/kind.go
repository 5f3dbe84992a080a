package spec

// kindNames are the names of the kinds, from 1.
var kindNames = [...]string{"request", "response", "content", "content-v1", "content-v2"}

// String returns the name of the kind: "request", "response", "content",
// "content-v1" or "content-v2"; "unknown" for other values.
func (k Kind) String() string {
	if k < Request || k > ContentV2 {
		return "unknown"
	}
	return kindNames[k-Request]
}

// ParseKind returns the kind of that name, see [Kind.String].
func ParseKind(name string) (Kind, bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i) + Request, true
		}
	}
	return 0, false
}

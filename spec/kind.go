package spec

// Kind is the kind of message that a byte string is read as.
type Kind uint8

const (
	Request   Kind = iota + 1 // body of an HTTP POST, MS-PCHC 2.2.1
	Response                  // body of an HTTP response, MS-PCHC 2.2.2
	Content                   // Content Information, of version 2.0 if its second byte is 2, else of 1.0
	ContentV1                 // Content Information, read as version 1.0 (MS-PCCRC 2.3)
	ContentV2                 // Content Information, read as version 2.0 (MS-PCCRC 2.4)

	HashRequest  // input of FSCTL_SRV_READ_HASH, MS-SMB2 2.2.31.2
	HashResponse // output of FSCTL_SRV_READ_HASH, MS-SMB2 2.2.32.4

	RetrievalRequest  // body of an HTTP POST, MS-PCCRR 2.2.1
	RetrievalResponse // body of an HTTP response, MS-PCCRR 2.2.2

	Discovery // UDP datagram with XML, MS-PCCRD 2.2.2
)

// kindNames are the names of the kinds, from 1.
var kindNames = [...]string{"request", "response", "content", "content-v1", "content-v2", "hash-request", "hash-response", "retrieval-request", "retrieval-response", "discovery"}

// String returns the name of the kind: "request", "response", "content",
// "content-v1", "content-v2", "hash-request", "hash-response", "retrieval-request",
// "retrieval-response" or "discovery"; "unknown" for other values.
func (k Kind) String() string {
	if k < Request || k > Discovery {
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

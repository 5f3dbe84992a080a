package codec

// ContentTagLen is the length of a ContentTag in bytes.
const ContentTagLen = 16

// ContentTag tells which higher layer on the client has the content (MS-PCHC
// 2.2.1.4, 2.2.1.5, 3.2.1). Any 16 bytes may stand there.
type ContentTag [ContentTagLen]byte

// The content tags that Windows clients use (MS-PCHC appendix A <9>). The text
// does not say how the shorter ones are filled up to 16 bytes; zeros are assumed.
// ContentTag([]byte(ContentTagBITS)) makes a tag of one.
const (
	ContentTagWinINet = "WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	ContentTagWebIO   = "WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	ContentTagBITS    = "BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"
	ContentTagSMB     = "\x35\xDB\x04\x5D\x14\x23\x45\x53\xA0\x51\x0D\xC2\xE1\x5E\x6C\x4C"
)

// String returns the name of a known tag: "WinINet", "WebIO", "BITS-4.0" or
// "SMB"; any other tag is "Other".
func (t *ContentTag) String() string {
	switch string(t[:]) {
	case ContentTagWinINet:
		return "WinINet"
	case ContentTagWebIO:
		return "WebIO"
	case ContentTagBITS:
		return "BITS-4.0"
	case ContentTagSMB:
		return "SMB"
	}
	return "Other"
}

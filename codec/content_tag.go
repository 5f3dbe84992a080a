package codec

import (
	"encoding/hex"
	"errors"
)

// ContentTagLen is the length of a ContentTag in bytes.
const ContentTagLen = 16

// ContentTag tells which higher layer on the client has the content (MS-PCHC
// 2.2.1.4, 2.2.1.5, 3.2.1). Any 16 bytes may stand there.
type ContentTag [ContentTagLen]byte

// The content tags that Windows clients use (MS-PCHC appendix A <9>). The text
// does not say how the shorter ones are filled up to 16 bytes; zeros are
// assumed.
var (
	TagWinINet = ContentTag{'W', 'i', 'n', 'I', 'N', 'e', 't'}
	TagWebIO   = ContentTag{'W', 'e', 'b', 'I', 'O'}
	TagBITS    = ContentTag{'B', 'I', 'T', 'S', '-', '4', '.', '0'}
	TagSMB     = ContentTag{0x35, 0xDB, 0x04, 0x5D, 0x14, 0x23, 0x45, 0x53, 0xA0, 0x51, 0x0D, 0xC2, 0xE1, 0x5E, 0x6C, 0x4C}
)

// NewContentTag returns the tag that begins with the bytes of s and has zeros
// after them. s must not be longer than ContentTagLen.
func NewContentTag(s string) (ContentTag, error) {
	var t ContentTag
	if len(s) > len(t) {
		return t, errors.New("pchc: a ContentTag has at most 16 bytes (MS-PCHC 2.2.1.5)")
	}
	copy(t[:], s)
	return t, nil
}

// String returns the name of a known tag, "WinINet", "WebIO", "BITS-4.0" or
// "SMB", and the bytes of any other in hexadecimal.
func (t ContentTag) String() string {
	switch t {
	case TagWinINet:
		return "WinINet"
	case TagWebIO:
		return "WebIO"
	case TagBITS:
		return "BITS-4.0"
	case TagSMB:
		return "SMB"
	}
	return hex.EncodeToString(t[:])
}

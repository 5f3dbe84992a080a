package smb2hash_test

import (
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/codec/smb2hash"
)

// A client asks for the first 64 KiB of a Content Information File.
func ExampleNewReadHashRequest() {
	r := smb2hash.NewReadHashRequest(smb2hash.HashVersion1, 0, 1<<16)
	b, err := r.MarshalBinary()
	fmt.Println(hex.EncodeToString(b), err)
	// Output: 010000000100000001000000000001000000000000000000 <nil>
}

// Errors tell the rule, the place and the value.
func ExampleDecodeReadHashResponse() {
	b, _ := hex.DecodeString("0000000000000000" + "ff000000" + "00000000" + "01000000")
	_, err := smb2hash.DecodeReadHashResponse(b, smb2hash.HashBased)
	fmt.Println(err)
	// Output: pchc: SRV_READ_HASH_RESPONSE: BufferLength is 255, not the number of bytes in Buffer (offset 8, MS-SMB2 2.2.32.4.2)
}

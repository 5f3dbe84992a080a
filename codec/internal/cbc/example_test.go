package cbc_test

import (
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/codec/internal/cbc"
)

// The first block of F.2.2 in NIST SP 800-38A.
func Example() {
	key, _ := hex.DecodeString("2b7e151628aed2a6abf7158809cf4f3c")
	iv, _ := hex.DecodeString("000102030405060708090a0b0c0d0e0f")
	text, _ := hex.DecodeString("7649abac8119b246cee98e9b12e9197d")
	cbc.Decrypt(text, text, key, iv)
	fmt.Printf("%x\n", text)
	// Output: 6bc1bee22e409f96e93d7e117393172a
}

package cbc

import (
	"crypto/aes"
	"crypto/cipher"
)

// BlockLen is the length in bytes of what AES decrypts at once.
const BlockLen = aes.BlockSize

// Decrypt sets the first len(src) bytes of dst to src, decrypted. len(key) is 16, 24 or
// 32, len(iv) is BlockLen, and len(src) a multiple of it that dst has room for; anything
// else panics. dst and src are the same memory or do not overlap. Nothing is allocated
// if no call of the standard library is needed, and nothing is kept.
func Decrypt(dst, src, key, iv []byte) {
	switch {
	case len(iv) != BlockLen:
		panic("cbc: the initialization vector is not one block")
	case len(src)%BlockLen != 0:
		panic("cbc: the input is not whole blocks")
	case len(dst) < len(src):
		panic("cbc: the output is shorter than the input")
	case len(src) > 0 && decryptFast(dst, src, key, iv):
		return
	}
	decryptSlow(dst, src, key, iv)
}

// decryptSlow leaves it to the standard library.
func decryptSlow(dst, src, key, iv []byte) {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("cbc: " + err.Error())
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(dst, src)
}

package pccrc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// The errors of [ReadKeyFile].
var (
	ErrKeyFile    = errors.New("pchc: not an exported server secret key: its length must be a multiple of 16, at least 48 (MS-PCCRC 2.5)")
	ErrPassphrase = errors.New("pchc: the passphrase is wrong, or the file is damaged (MS-PCCRC 2.5)")
)

// ReadKeyFile returns the server secret key in a file that a Windows server exported
// (netsh branchcache exportkey), which passphrase protects (MS-PCCRC 2.5). It is the
// argument of [HashAlgorithm.ServerSecret].
//
// The file is AES-256-CBC without a random initialisation vector: the same key and
// passphrase give the same file.
func ReadKeyFile(file []byte, passphrase string) (Secret, error) {
	if len(file)%aes.BlockSize != 0 || len(file) < sha256.Size+aes.BlockSize {
		return Secret{}, ErrKeyFile
	}
	plain := make([]byte, len(file))
	block, iv := keyFileCipher(passphrase)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, file)
	// The hash tells whether all is right, so a padding error need not be told apart.
	padding := int(plain[len(plain)-1])
	if padding < 1 || padding > aes.BlockSize || !bytes.Equal(plain[len(plain)-padding:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		return Secret{}, ErrPassphrase
	}
	key := plain[sha256.Size : len(plain)-padding]
	if sum := sha256.Sum256(key); subtle.ConstantTimeCompare(sum[:], plain[:sha256.Size]) != 1 {
		return Secret{}, ErrPassphrase
	}
	return NewSecret(key), nil
}

// AppendKeyFile appends a file with the server secret key, as ReadKeyFile reads it.
func AppendKeyFile(dst []byte, serverSecretKey Secret, passphrase string) []byte {
	key := serverSecretKey.Bytes()
	sum := sha256.Sum256(key)
	at := len(dst)
	dst = append(append(dst, sum[:]...), key...)
	padding := aes.BlockSize - (len(dst)-at)%aes.BlockSize
	dst = append(dst, bytes.Repeat([]byte{byte(padding)}, padding)...)
	block, iv := keyFileCipher(passphrase)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(dst[at:], dst[at:])
	return dst
}

// keyFileCipher returns AES-256 with the SHA-256 of the passphrase in UTF-16LE as its
// key, and an initialisation vector of zeros.
func keyFileCipher(passphrase string) (cipher.Block, []byte) {
	var text []byte
	for _, unit := range utf16.Encode([]rune(passphrase)) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	key := sha256.Sum256(text)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are a key of AES-256
	}
	return block, make([]byte, aes.BlockSize)
}

package pccrc

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
)

// HashAlgorithm is the hash function of a Content Information: the value of
// dwHashAlgo (version 1.0, MS-PCCRC 2.3) or of bHashAlgo (version 2.0,
// MS-PCCRC 2.4). The two fields have no value in common.
type HashAlgorithm uint32

const (
	SHA256          HashAlgorithm = 0x0000800C // dwHashAlgo: SHA-256, 32 bytes
	SHA384          HashAlgorithm = 0x0000800D // dwHashAlgo: SHA-384, 48 bytes
	SHA512          HashAlgorithm = 0x0000800E // dwHashAlgo: SHA-512, 64 bytes
	TruncatedSHA512 HashAlgorithm = 0x04       // bHashAlgo: the first 32 bytes of SHA-512
)

// MaxHashLen is the length in bytes of the longest hash, that of SHA512.
const MaxHashLen = sha512.Size

// Size returns the length in bytes of a's hashes and keys, and 0 where a is
// none of the constants above.
func (a HashAlgorithm) Size() int {
	switch a {
	case SHA256, TruncatedSHA512:
		return 32
	case SHA384:
		return 48
	case SHA512:
		return 64
	}
	return 0
}

// String returns the algorithm's usual name.
func (a HashAlgorithm) String() string {
	switch a {
	case SHA256:
		return "SHA-256"
	case SHA384:
		return "SHA-384"
	case SHA512:
		return "SHA-512"
	case TruncatedSHA512:
		return "Truncated SHA-512"
	}
	return "unknown"
}

// New returns a's hash function, and nil where a is unknown. That of
// TruncatedSHA512 is the full SHA-512: hashes and HMACs are cut to Size bytes
// only when they are finished.
func (a HashAlgorithm) New() hash.Hash {
	switch a {
	case SHA256:
		return sha256.New()
	case SHA384:
		return sha512.New384()
	case SHA512, TruncatedSHA512:
		return sha512.New()
	}
	return nil
}

// segmentIdentifierConstant is C2 of MS-PCCRC 2.2: "MS_P2P_CACHING" and a
// terminator. The text says ASCII; every implementation uses UTF-16LE.
const segmentIdentifierConstant = "M\x00S\x00_\x00P\x002\x00P\x00_\x00C\x00A\x00C\x00H\x00I\x00N\x00G\x00\x00\x00"

// What functions with keys and hashes as arguments reject them for.
var (
	ErrHashAlgorithm = errors.New("pchc: the hash algorithm is unknown (MS-PCCRC 2.3, 2.4)")
	ErrHashLength    = errors.New("pchc: a key or hash does not have the hash algorithm's length (MS-PCCRC 2.2)")
)

// AppendHash appends Hash(data) to dst: Size bytes. It gives a BlockHash from a
// block, and HoD from the block hashes of a whole segment one after the other
// (version 1.0) or from the bytes of a segment (version 2.0) (MS-PCCRC 2.2).
func (a HashAlgorithm) AppendHash(dst, data []byte) ([]byte, error) {
	h := a.New()
	if h == nil {
		return dst, ErrHashAlgorithm
	}
	h.Write(data)
	return appendSum(dst, h, a.Size()), nil
}

// appendSum appends size bytes of the sum of h, and writes nothing behind them.
func appendSum(dst []byte, h hash.Hash, size int) []byte {
	if h.Size() == size {
		return h.Sum(dst)
	}
	return append(dst, h.Sum(nil)[:size]...)
}

// ServerSecret returns Ks = Hash(key), made from the server secret key, which
// may be any bytes (MS-PCCRC 2.5).
func (a HashAlgorithm) ServerSecret(key []byte) (Secret, error) {
	ks, err := a.AppendHash(nil, key)
	return NewSecret(ks), err
}

// SegmentSecret returns Kp = HMAC(Ks, HoD) (MS-PCCRC 2.2). segmentHashOfData
// (HoD) must have Size bytes. serverSecret (Ks) has as many where it was made
// with the same algorithm, as MS-PCCRC 2.5 wants; one of another length will
// do.
func (a HashAlgorithm) SegmentSecret(serverSecret Secret, segmentHashOfData []byte) (Secret, error) {
	kp, err := a.appendHMAC(nil, serverSecret, segmentHashOfData, "")
	return NewSecret(kp), err
}

// AppendHoHoDk appends HoHoDk = HMAC(Kp, HoD + C2) to dst: Size bytes, the
// public identifier of a segment (MS-PCCRC 2.2). Both segmentSecret, which is
// Kp and not the server secret, and segmentHashOfData (HoD) must have Size
// bytes. The methods of ContentInformationV1 and V2 take both from a segment.
func (a HashAlgorithm) AppendHoHoDk(dst []byte, segmentSecret Secret, segmentHashOfData []byte) ([]byte, error) {
	if n := a.Size(); n != 0 && segmentSecret.Len() != n {
		return dst, ErrHashLength
	}
	return a.appendHMAC(dst, segmentSecret, segmentHashOfData, segmentIdentifierConstant)
}

func (a HashAlgorithm) appendHMAC(dst []byte, key Secret, segmentHashOfData []byte, suffix string) ([]byte, error) {
	size := a.Size()
	if size == 0 {
		return dst, ErrHashAlgorithm
	}
	if len(segmentHashOfData) != size {
		return dst, ErrHashLength
	}
	h := hmac.New(a.New, key.Bytes())
	h.Write(segmentHashOfData)
	h.Write([]byte(suffix))
	return appendSum(dst, h, size), nil
}

package pccrr

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// cipherBlockLen is the length in bytes of what AES encrypts at once.
const cipherBlockLen = aes.BlockSize

// What decryption and encryption reject, beside violations of a rule.
var (
	ErrNoBlock     = errors.New("pchc: MSG_BLK has no block: the server does not have it, or is busy (MS-PCCRR 2.2.5.3)")
	ErrSecretShort = errors.New("pchc: the segment secret is shorter than the key of the encryption (MS-PCCRR 2.2.3)")
)

// AppendPlain appends the block that m holds to dst, decrypted with the secret of
// its segment (Kp), whose first 16, 24 or 32 bytes are the key, as
// m.CryptoAlgoId says. With CryptoNone it copies.
//
// length is that of the block in bytes, as Content Information has it; the
// padding is then not looked at, and neither is anything else that follows. With
// a negative length the padding (PKCS#7) tells, which must be right.
//
// dst may be m.Block[:0], which is then decrypted in place; no other overlap of what is
// appended with m is allowed.
//
// The error is ErrNoBlock, ErrSecretShort, or an *Error for a Block that is too
// short or has no padding. dst is then returned as it was, but there may be
// plain text in its spare capacity.
func (m MsgBlk) AppendPlain(dst []byte, segmentSecret pccrc.Secret, length int) ([]byte, error) {
	if len(m.Block) == 0 {
		return dst, ErrNoBlock
	}
	if length > len(m.Block) {
		return dst, failed(m.blockLengthViolation("is %, less than the block"))
	}
	if m.CryptoAlgoId == CryptoNone {
		if length < 0 {
			length = len(m.Block)
		}
		return append(dst, m.Block[:length]...), nil
	}
	j := checkHead(TypeBlk, m.CryptoAlgoId, m.EncodedLen())
	m.checkBlock(&j, m.offBlock())
	m.checkIVBlock(&j, m.offIVBlock())
	if j.violated {
		return dst, failed(j.violation)
	}
	key, err := m.CryptoAlgoId.cipher(segmentSecret)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	out := slices.Grow(dst, len(m.Block))[:at+len(m.Block)]
	decryptCBC(key, out[at:], m.Block, m.IVBlock)
	if length < 0 {
		pad := int(out[len(out)-1])
		if pad == 0 || pad > cipherBlockLen || bytes.Count(out[len(out)-pad:], out[len(out)-1:]) != pad {
			return dst, failed(m.paddingViolation(len(m.Block)-1, out[len(out)-1], "ends in %, and not as padding of RFC 5652 6.3 does"))
		}
		length = len(m.Block) - pad
	}
	return out[:at+length], nil
}

// decryptCBC sets dst to src decrypted: as many bytes, some multiple of 16 that is not 0.
// They may be the same bytes, but not overlap otherwise.
//
// Decrypting all of it before adding what goes before, in one pass, takes little more
// than half the time of cipher.NewCBCDecrypter, which does both 16 bytes at a time.
func decryptCBC(key cipher.Block, dst, src, iv []byte) {
	if &dst[0] == &src[0] {
		cipher.NewCBCDecrypter(key, iv).CryptBlocks(dst, src)
		return
	}
	for at := 0; at < len(src); at += cipherBlockLen {
		key.Decrypt(dst[at:at+cipherBlockLen], src[at:at+cipherBlockLen])
	}
	subtle.XORBytes(dst, dst[:cipherBlockLen], iv)
	subtle.XORBytes(dst[cipherBlockLen:], dst[cipherBlockLen:], src)
}

// cipher returns AES with the key of a, the head of the segment secret.
func (a CryptoAlgoId) cipher(segmentSecret pccrc.Secret) (cipher.Block, error) {
	n := a.KeyLen()
	if segmentSecret.Len() < n {
		return nil, ErrSecretShort
	}
	return aes.NewCipher(segmentSecret.Bytes()[:n])
}

func (m *MsgBlk) blockLengthViolation(detail string) Error {
	e := newError(TypeBlk, RuleBlockLength, "MESSAGE_BODY.SizeOfBlock", m.offBlock(), uint64(len(m.Block)), detail)
	e.Sender = true
	return e
}

// CheckBlockLength returns an *Error unless Block has the length that a block of
// length bytes has: as many bytes, with AES up to 16 more for the padding.
func (m MsgBlk) CheckBlockLength(length int) error {
	padded := length
	if m.CryptoAlgoId != CryptoNone {
		padded += cipherBlockLen - length%cipherBlockLen
	}
	if length >= 0 && len(m.Block) == padded {
		return nil
	}
	return failed(m.blockLengthViolation("is %, not the length of the block with its padding"))
}

// CheckPadding returns an error unless Block has the length that a block of length bytes
// has, and what follows that in it, decrypted with the secret of its segment (Kp), is
// PKCS#7 padding: 1 to 16 bytes, each of which is their number. It decrypts these only.
// The error is ErrNoBlock, ErrSecretShort, or an *Error. A receiver that knows the length
// need not care.
func (m MsgBlk) CheckPadding(segmentSecret pccrc.Secret, length int) error {
	if len(m.Block) == 0 {
		return ErrNoBlock
	}
	if err := m.CheckBlockLength(length); err != nil || m.CryptoAlgoId == CryptoNone {
		return err
	}
	var buf [cipherBlockLen]byte
	last := m
	at := len(m.Block) - cipherBlockLen
	if last.Block = m.Block[max(at, 0):]; at > 0 {
		last.IVBlock = m.Block[max(at-cipherBlockLen, 0):at]
	}
	out, err := last.AppendPlain(buf[:0], segmentSecret, len(last.Block))
	if err != nil {
		return err
	}
	pad := len(m.Block) - length
	for i := len(out) - pad; i < len(out); i++ {
		if int(out[i]) != pad {
			return failed(m.paddingViolation(at+i, out[i], "has % in its padding, not the number of bytes of that (RFC 5652 6.3)"))
		}
	}
	return nil
}

// paddingViolation is about byte i of Block, decrypted.
func (m *MsgBlk) paddingViolation(i int, value byte, detail string) Error {
	e := newError(TypeBlk, RulePadding, "MESSAGE_BODY.Block", m.offBlock()+4+i, uint64(value), detail)
	e.Sender = true
	return e
}

// BlockInfo is what Content Information says about a block.
type BlockInfo struct {
	SegmentSecret pccrc.Secret        // Kp of its segment, a key
	HashAlgorithm pccrc.HashAlgorithm // of Hash
	Hash          []byte              // of the block
	Length        int                 // of the block in bytes
}

// InfoOf returns what Content Information says about the block of segment s with
// this index. In version 2.0 a segment is one block, and its hash is
// SegmentHashOfData. In version 1.0 the list of block hashes is taken to begin
// with block 0; of a list that begins later (MS-PCCRC 2.3.1.2) the caller takes
// Hash itself. ok is false if there is no such block, or its hash is not listed.
func InfoOf(s pccrc.Segment, index uint32) (info BlockInfo, ok bool) {
	info = BlockInfo{SegmentSecret: s.SegmentSecret(), HashAlgorithm: s.HashAlgorithm()}
	start := uint64(index) * uint64(s.BlockSize)
	if start >= uint64(s.Length) {
		return BlockInfo{}, false
	}
	info.Length = int(min(uint64(s.BlockSize), uint64(s.Length)-start))
	if s.HashAlgorithm() == pccrc.TruncatedSHA512 {
		info.Hash = s.SegmentHashOfData()
		return info, true
	}
	blocks := s.Blocks()
	if uint64(index) >= uint64(blocks.Len()) {
		return BlockInfo{}, false
	}
	info.Hash = blocks.At(int(index))
	return info, true
}

// AppendVerified appends the block that m holds to dst, as AppendPlain does, if
// it has its hash. Otherwise the error is an *Error of RuleBlockHash, or one of
// AppendPlain; dst is then returned as it was, but there may be plain text in its
// spare capacity. That m is the answer to a request, its SegmentId and BlockIndex
// tell.
func (m MsgBlk) AppendVerified(dst []byte, info BlockInfo) ([]byte, error) {
	out, err := m.AppendPlain(dst, info.SegmentSecret, max(0, info.Length))
	if err != nil {
		return dst, err
	}
	var buf [pccrc.MaxHashLen]byte
	hash, err := info.HashAlgorithm.AppendHash(buf[:0], out[len(dst):])
	if err != nil {
		return dst, err
	}
	if !bytes.Equal(hash, info.Hash) {
		e := newError(TypeBlk, RuleBlockHash, "MESSAGE_BODY.Block", m.offBlock()+4, uint64(len(m.Block)), "of % bytes does not have the hash of the block")
		return dst, failed(e)
	}
	return out, nil
}

// Encrypt sets Block, IVBlock and CryptoAlgoId of m to the block plain, encrypted
// with the secret of its segment (Kp) and a random initialization vector. They
// are appended to buf, which may be nil and is not kept otherwise; with CryptoNone
// Block is plain itself. The error is ErrSecretShort, or an *Error for an unknown
// algorithm; m is then unchanged.
func (m *MsgBlk) Encrypt(buf, plain []byte, a CryptoAlgoId, segmentSecret pccrc.Secret) error {
	if a == CryptoNone {
		m.CryptoAlgoId, m.Block, m.IVBlock = a, plain[:len(plain):len(plain)], nil
		return nil
	}
	if j := checkHead(TypeBlk, a, 0); j.violated {
		return failed(j.violation)
	}
	key, err := a.cipher(segmentSecret)
	if err != nil {
		return err
	}
	pad := cipherBlockLen - len(plain)%cipherBlockLen
	at, n := len(buf), len(plain)+pad
	out := slices.Grow(buf, n+cipherBlockLen)[:at+n+cipherBlockLen]
	block, iv := out[at:at+n:at+n], out[at+n:]
	copy(block, plain)
	for i := len(plain); i < n; i++ {
		block[i] = byte(pad)
	}
	if _, err := rand.Read(iv); err != nil {
		return err
	}
	cipher.NewCBCEncrypter(key, iv).CryptBlocks(block, block)
	m.CryptoAlgoId, m.Block, m.IVBlock = a, block, iv
	m.ZeroPad2 = [3]byte{}
	return nil
}

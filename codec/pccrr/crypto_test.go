package pccrr_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// stream is the content recipe of the vectors.
func stream(label string, n int) []byte {
	var b []byte
	for i := uint32(0); len(b) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(label), i))
		b = append(b, sum[:]...)
	}
	return b[:n]
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *vector) info(t testing.TB) pccrr.BlockInfo {
	a := map[string]pccrc.HashAlgorithm{"sha256": pccrc.SHA256, "sha512-trunc": pccrc.TruncatedSHA512}[v.Input.Hash]
	return pccrr.BlockInfo{SegmentSecret: pccrc.NewSecret(unhex(t, v.Input.Kp)), HashAlgorithm: a, Hash: unhex(t, v.Input.BlockHash), Length: v.Input.PlainLength}
}

// Every block of the vectors is decrypted and has its hash, and SegmentId is its
// segment's.
func TestBlockVectors(t *testing.T) {
	blocks := 0
	for _, v := range messages(t) {
		if v.Input.PlainLength == 0 {
			continue
		}
		blocks++
		t.Run(v.ID, func(t *testing.T) {
			m, err := pccrr.DecodeMsgBlk(v.b)
			if err != nil {
				t.Fatal(err)
			}
			info := v.info(t)
			id, err := info.HashAlgorithm.AppendHoHoDk(nil, info.SegmentSecret, unhex(t, v.Input.HoD))
			if err != nil || !bytes.Equal(id, m.SegmentId) {
				t.Errorf("SegmentId is %x, want %x (%v)", m.SegmentId, id, err)
			}
			plain, err := m.AppendVerified([]byte("before"), info)
			if strings.HasSuffix(v.ID, ".as-emitted") {
				// The suite's key is the whole secret, whatever it says.
				checkError(t, err, pccrr.RuleBlockHash, 68, false)
				if string(plain) != "before" {
					t.Errorf("AppendVerified returns %q with an error", plain)
				}
				m.CryptoAlgoId = pccrr.CryptoAES256
				plain, err = m.AppendVerified([]byte("before"), info)
			}
			if err != nil || !bytes.HasPrefix(plain, []byte("before")) {
				t.Fatal(err)
			}
			plain = plain[len("before"):]
			if sha256Of(plain) != v.Input.PlainSHA256 || len(plain) != v.Input.PlainLength {
				t.Errorf("%d bytes, want %d, or other ones", len(plain), v.Input.PlainLength)
			}
			if err := m.CheckBlockLength(len(plain)); err != nil {
				t.Error(err)
			}
			if err := m.CheckPadding(info.SegmentSecret, len(plain)); err != nil {
				t.Error(err)
			}
			if unpadded, err := m.AppendPlain(nil, info.SegmentSecret, -1); err != nil || !bytes.Equal(unpadded, plain) {
				t.Errorf("by its padding it has %d bytes (%v), want %d", len(unpadded), err, len(plain))
			}
			for _, length := range []int{0, 1, len(plain) - 1} {
				if part, err := m.AppendPlain(nil, info.SegmentSecret, length); err != nil || !bytes.Equal(part, plain[:length]) {
					t.Errorf("the first %d bytes are others (%v)", length, err)
				}
				if length != len(plain) {
					checkError(t, m.CheckBlockLength(length-17), pccrr.RuleBlockLength, 64, true)
				}
			}
			_, err = m.AppendPlain(nil, info.SegmentSecret, len(m.Block)+1)
			checkError(t, err, pccrr.RuleBlockLength, 64, true)
			// Another hash, another key.
			wrong := info
			wrong.Hash = bytes.Clone(info.Hash)
			wrong.Hash[31]++
			_, err = m.AppendVerified(nil, wrong)
			checkError(t, err, pccrr.RuleBlockHash, 68, false)
			if m.CryptoAlgoId != pccrr.CryptoNone {
				wrong = info
				key := bytes.Clone(info.SegmentSecret.Bytes())
				key[0]++
				wrong.SegmentSecret = pccrc.NewSecret(key)
				_, err = m.AppendVerified(nil, wrong)
				checkError(t, err, pccrr.RuleBlockHash, 68, false)
			}
		})
	}
	if blocks == 0 {
		t.Error("no blocks")
	}
}

// iPXE took the blocks that verify, but for plain ones, which it never does.
func TestIPXEBlocks(t *testing.T) {
	plain := stream("pccrr-oracle", 4000)
	hash := sha256.Sum256(plain)
	for _, v := range load(t, "ipxe-verdicts") {
		info := pccrr.BlockInfo{SegmentSecret: pccrc.NewSecret(unhex(t, v.Input.Kp)), HashAlgorithm: pccrc.SHA256, Hash: hash[:], Length: len(plain)}
		r, err := pccrr.DecodeResponseMessage(v.b)
		m, bodyErr := r.DecodeBlk()
		got, blockErr := m.AppendVerified(nil, info)
		switch {
		case v.IPXEAccepts && bodyErr == nil, strings.HasSuffix(v.ID, ".plain"), strings.HasSuffix(v.ID, ".BlockIndex-1"):
			if blockErr != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s: %v", v.ID, blockErr)
			}
		case !v.IPXEAccepts && err == nil && bodyErr == nil && blockErr == nil:
			t.Errorf("%s: the block verifies", v.ID)
		}
	}
}

// What Go's own cipher decrypts is what Encrypt made, for every algorithm and
// every length modulo 16, and AppendPlain gives it back.
func TestEncrypt(t *testing.T) {
	secret := pccrc.NewSecret(bytes.Clone(testutil.Key[:32]))
	for _, a := range []pccrr.CryptoAlgoId{pccrr.CryptoNone, pccrr.CryptoAES128, pccrr.CryptoAES192, pccrr.CryptoAES256} {
		for _, n := range []int{1, 15, 16, 17, 31, 32, 1000, 65536} {
			plain := stream(fmt.Sprint(a, n), n)
			m := pccrr.NewMsgBlk(make([]byte, 32), 7)
			buf := append(make([]byte, 0, 70000), "kept"...)
			if err := m.Encrypt(buf, plain, a, secret); err != nil {
				t.Fatal(err)
			}
			if string(buf) != "kept" || m.CryptoAlgoId != a {
				t.Errorf("%q, %s", buf, m.CryptoAlgoId)
			}
			if a != pccrr.CryptoNone {
				if &m.Block[0] != &buf[:5][4] {
					t.Error("it did not use the room in buf")
				}
				key, err := aes.NewCipher(secret.Bytes()[:8+8*a])
				if err != nil {
					t.Fatal(err)
				}
				want := bytes.Clone(plain)
				pad := 16 - n%16
				want = append(want, bytes.Repeat([]byte{byte(pad)}, pad)...)
				got := make([]byte, len(m.Block))
				cipher.NewCBCDecrypter(key, m.IVBlock).CryptBlocks(got, m.Block)
				if !bytes.Equal(got, want) {
					t.Errorf("%s, %d bytes: cipher text of something else", a, n)
				}
			}
			b, err := m.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pccrr.DecodeMsgBlk(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, length := range []int{-1, n} {
				if back, err := got.AppendPlain(nil, secret, length); err != nil || !bytes.Equal(back, plain) {
					t.Errorf("%s, %d bytes: %d came back, %v", a, n, len(back), err)
				}
			}
			if err := got.CheckBlockLength(n); err != nil {
				t.Error(err)
			}
		}
	}
	// The initialization vector is another one each time.
	var one, two pccrr.MsgBlk
	if one.Encrypt(nil, []byte("x"), pccrr.CryptoAES128, secret) != nil || two.Encrypt(nil, []byte("x"), pccrr.CryptoAES128, secret) != nil ||
		bytes.Equal(one.IVBlock, two.IVBlock) {
		t.Error("two blocks have the same initialization vector")
	}
}

func TestCryptoRefuses(t *testing.T) {
	secret := pccrc.NewSecret(bytes.Clone(testutil.Key[:23]))
	m := pccrr.NewMsgBlk(make([]byte, 32), 0)
	if _, err := m.AppendPlain(nil, secret, -1); err != pccrr.ErrNoBlock {
		t.Error(err)
	}
	if _, err := m.AppendVerified(nil, pccrr.BlockInfo{}); err != pccrr.ErrNoBlock {
		t.Error(err)
	}
	if err := m.Encrypt(nil, []byte("plain"), pccrr.CryptoAES192, secret); err != pccrr.ErrSecretShort || m.Block != nil || m.CryptoAlgoId != 0 {
		t.Error(err, m)
	}
	checkError(t, m.Encrypt(nil, []byte("plain"), 4, secret), pccrr.RuleCryptoAlgoId, 16, false)
	if err := m.Encrypt(nil, []byte("plain"), pccrr.CryptoAES128, secret); err != nil {
		t.Fatal(err)
	}
	m.CryptoAlgoId = pccrr.CryptoAES256
	if _, err := m.AppendPlain(nil, secret, 5); err != pccrr.ErrSecretShort {
		t.Error(err)
	}
	m.CryptoAlgoId = pccrr.CryptoAES128
	if _, err := m.AppendVerified(nil, pccrr.BlockInfo{SegmentSecret: secret, Length: 5}); err != pccrc.ErrHashAlgorithm {
		t.Error(err)
	}
	m.IVBlock = m.IVBlock[:15]
	_, err := m.AppendPlain(nil, secret, 5)
	checkError(t, err, pccrr.RuleIVBlock, 68+16+4, false)
	m.Block = m.Block[:15]
	_, err = m.AppendPlain(nil, secret, 5)
	checkError(t, err, pccrr.RuleBlock, 64, false)
	// Padding that is none: the last byte says 0, 17, or more than its like.
	for _, tail := range []string{"\x00", "\x11", "\x01\x02", "\x10"} {
		plain := append(bytes.Repeat([]byte{0xEE}, 32-len(tail)), tail...)
		key, _ := aes.NewCipher(secret.Bytes()[:16])
		m = pccrr.MsgBlk{CryptoAlgoId: pccrr.CryptoAES128, Block: make([]byte, 32), IVBlock: make([]byte, 16)}
		cipher.NewCBCEncrypter(key, m.IVBlock).CryptBlocks(m.Block, plain)
		_, err := m.AppendPlain(nil, secret, -1)
		checkError(t, err, pccrr.RulePadding, 67, true)
		if got, err := m.AppendPlain(nil, secret, 32); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("with its length: %x, %v", got, err)
		}
	}
}

// CheckPadding finds each byte of padding that is wrong, whatever the length of the key.
func TestCheckPadding(t *testing.T) {
	secret := pccrc.NewSecret(bytes.Clone(testutil.Key[:32]))
	var m pccrr.MsgBlk
	encrypt := func(a pccrr.CryptoAlgoId, plain []byte, padding ...byte) {
		key, err := aes.NewCipher(secret.Bytes()[:a.KeyLen()])
		if err != nil {
			t.Fatal(err)
		}
		plain = append(bytes.Clone(plain), padding...)
		m = pccrr.MsgBlk{CryptoAlgoId: a, Block: make([]byte, len(plain)), IVBlock: bytes.Repeat([]byte{7}, 16)}
		cipher.NewCBCEncrypter(key, m.IVBlock).CryptBlocks(m.Block, plain)
	}
	for _, a := range []pccrr.CryptoAlgoId{pccrr.CryptoAES128, pccrr.CryptoAES192, pccrr.CryptoAES256} {
		for _, n := range []int{1, 15, 16, 17, 31, 32, 100} {
			plain, pad := stream("padding", n), 16-n%16
			right := bytes.Repeat([]byte{byte(pad)}, pad)
			encrypt(a, plain, right...)
			if err := m.CheckPadding(secret, n); err != nil {
				t.Errorf("%v, %d bytes: %v", a, n, err)
			}
			checkError(t, m.CheckPadding(secret, n+pad), pccrr.RuleBlockLength, 32, true)
			for i := range pad {
				for _, with := range []byte{0, byte(pad) - 1, byte(pad) + 1, 0x80, 0xFF} {
					wrong := bytes.Clone(right)
					wrong[i] = with
					encrypt(a, plain, wrong...)
					checkError(t, m.CheckPadding(secret, n), pccrr.RulePadding, 36+n+i, true)
				}
			}
		}
	}
	const text = "pchc: MSG_BLK: MESSAGE_BODY.Block has 255 in its padding, not the number of bytes of that (RFC 5652 6.3) (offset 147, MS-PCCRR 2.2.5.3)"
	if err := m.CheckPadding(secret, 100); err == nil || err.Error() != text {
		t.Errorf("%v, want %s", err, text)
	}
	if err := m.CheckPadding(pccrc.NewSecret(make([]byte, 31)), 100); err != pccrr.ErrSecretShort {
		t.Error(err)
	}
	m.IVBlock = nil
	if err := m.CheckPadding(secret, 100); err == nil || !errors.Is(err, pccrr.RulePadding) { // the last block needs none
		t.Error(err)
	}
	m = pccrr.MsgBlk{Block: []byte("plain")}
	if err := m.CheckPadding(pccrc.Secret{}, 5); err != nil {
		t.Error(err)
	}
	m = pccrr.MsgBlk{CryptoAlgoId: pccrr.CryptoAES128, Block: make([]byte, 16), IVBlock: make([]byte, 16)}
	for _, length := range []int{-1, -15, -16, -17, math.MinInt} {
		checkError(t, m.CheckPadding(secret, length), pccrr.RuleBlockLength, 32, true)
	}
	m.CryptoAlgoId = pccrr.CryptoNone
	checkError(t, m.CheckPadding(pccrc.Secret{}, 4), pccrr.RuleBlockLength, 32, true)
	if err := (pccrr.MsgBlk{}).CheckPadding(secret, 0); err != pccrr.ErrNoBlock {
		t.Error(err)
	}
}

// In place: the cipher text's room is good for the plain text, too.
func TestDecryptInPlace(t *testing.T) {
	secret := pccrc.NewSecret(bytes.Clone(testutil.Key[:32]))
	plain := stream("in place", 100)
	var m pccrr.MsgBlk
	if err := m.Encrypt(nil, plain, pccrr.CryptoAES256, secret); err != nil {
		t.Fatal(err)
	}
	if got, err := m.AppendPlain(m.Block[:0], secret, 100); err != nil || !bytes.Equal(got, plain) || &got[0] != &m.Block[0] {
		t.Errorf("%x, %v", got, err)
	}
}

// InfoOf finds what AppendVerified needs in Content Information of both versions.
func TestInfoOf(t *testing.T) {
	content := stream("content", 150000)
	secret := pccrc.NewSecret(bytes.Clone(testutil.Key[:32]))
	v1 := pccrc.NewV1(pccrc.SHA256)
	var hashes []byte
	for at := 0; at < len(content); at += 65536 {
		hashes, _ = pccrc.SHA256.AppendHash(hashes, content[at:min(len(content), at+65536)])
	}
	hod, _ := pccrc.SHA256.AppendHash(nil, hashes)
	if err := v1.Append(pccrc.SegmentFieldsV1{CbSegment: 150000, CbBlockSize: 65536, SegmentHashOfData: hod, SegmentSecret: secret, BlockHashes: hashes[:64]}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range v1.Segments() {
		for i, want := range []int{65536, 65536} {
			info, ok := pccrr.InfoOf(s, uint32(i))
			if !ok || info.Length != want {
				t.Fatal(i, info, ok)
			}
			m := pccrr.NewMsgBlk(s.AppendHoHoDk(nil), uint32(i))
			if err := m.Encrypt(nil, content[i*65536:][:want], pccrr.CryptoAES128, secret); err != nil {
				t.Fatal(err)
			}
			if _, err := m.AppendVerified(nil, info); err != nil {
				t.Error(err)
			}
			found++
		}
		for _, i := range []uint32{2, 3, 1 << 31, 1<<32 - 1} { // not listed, not there
			if info, ok := pccrr.InfoOf(s, i); ok {
				t.Error(i, info)
			}
		}
	}
	var v2 pccrc.ContentInformationV2
	hod, _ = pccrc.TruncatedSHA512.AppendHash(nil, content[:1000])
	if err := v2.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: 1000, SegmentHashOfData: hod, SegmentSecret: secret}); err != nil {
		t.Fatal(err)
	}
	for _, s := range v2.Segments() {
		info, ok := pccrr.InfoOf(s, 0)
		m := pccrr.NewMsgBlk(s.AppendHoHoDk(nil), 0)
		if err := m.Encrypt(nil, content[:1000], pccrr.CryptoNone, secret); err != nil || !ok {
			t.Fatal(err)
		}
		if _, err := m.AppendVerified(nil, info); err != nil {
			t.Error(err)
		}
		if info, ok := pccrr.InfoOf(s, 1); ok {
			t.Error(info)
		}
		found++
	}
	if found != 3 {
		t.Errorf("%d blocks", found)
	}
	testutil.Redacted(t, pccrr.BlockInfo{SegmentSecret: pccrc.NewSecret(testutil.Key), Hash: hod})
}

func checkError(t testing.TB, err error, rule pccrr.Rule, offset int, sender bool) {
	t.Helper()
	var e *pccrr.Error
	if !errors.As(err, &e) {
		t.Errorf("error is %v, want a violation of %s", err, rule)
	} else if e.Rule != rule || e.Offset != offset || e.Sender != sender || !errors.Is(err, rule) {
		t.Errorf("violation is %s at %d (sender %t), want %s at %d (sender %t)", e.Rule, e.Offset, e.Sender, rule, offset, sender)
	}
}

package pccrr_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// The benchmarks work on a full MSG_BLK of version 1.0, 64 KiB in AES-128, and
// on MSG_GETBLKS. Compare BenchmarkDecode with BenchmarkDecodeSmall, which reads a
// block of 16 bytes, and BenchmarkVerified with BenchmarkPeerDecryptHash.

var sink uint64

// fullBlock returns a MSG_BLK with a block of n bytes, and what is known of it.
func fullBlock(t testing.TB, n int) ([]byte, pccrr.BlockInfo) {
	plain := stream("full", n)
	hash := sha256.Sum256(plain)
	info := pccrr.BlockInfo{SegmentSecret: pccrc.NewSecret(bytes.Clone(testutil.Key[:32])), HashAlgorithm: pccrc.SHA256, Hash: hash[:], Length: n}
	m := pccrr.NewMsgBlk(make([]byte, 32), 0)
	if err := m.Encrypt(nil, plain, pccrr.CryptoAES128, info.SegmentSecret); err != nil {
		t.Fatal(err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b, info
}

func getBlks(t testing.TB) []byte {
	b, err := pccrr.NewMsgGetBlks(make([]byte, 32), 7).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bench(b *testing.B, in []byte, f func(in, dst []byte)) {
	dst := make([]byte, 2*len(in)+1024)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		f(in, dst)
	}
}

//go:noinline
func decodeBlk(in, _ []byte) {
	m, err := pccrr.DecodeMsgBlk(in)
	if err != nil {
		panic(err)
	}
	sink += uint64(len(m.Block)) + uint64(m.BlockIndex)
}

func BenchmarkDecode(b *testing.B) {
	in, _ := fullBlock(b, 65536)
	bench(b, in, decodeBlk)
}

func BenchmarkDecodeSmall(b *testing.B) {
	in, _ := fullBlock(b, 16)
	bench(b, in, decodeBlk)
}

func BenchmarkDecodeRequest(b *testing.B) {
	bench(b, getBlks(b), func(in, _ []byte) {
		m, err := pccrr.DecodeMsgGetBlks(in)
		if err != nil {
			panic(err)
		}
		sink += uint64(m.ReqBlockRanges.At(0).Index)
	})
}

// BenchmarkReject refuses a MSG_BLK for its last field.
func BenchmarkReject(b *testing.B) {
	in, _ := fullBlock(b, 65536)
	in[len(in)-17]++
	bench(b, in, func(in, _ []byte) {
		if _, err := pccrr.DecodeMsgBlk(in); err == nil {
			panic("accepted")
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	in, _ := fullBlock(b, 65536)
	m, err := pccrr.DecodeMsgBlk(in)
	if err != nil {
		b.Fatal(err)
	}
	bench(b, in, func(_, dst []byte) {
		if _, err := m.AppendBinary(dst[:0]); err != nil {
			panic(err)
		}
	})
}

func BenchmarkVerified(b *testing.B) {
	in, info := fullBlock(b, 65536)
	bench(b, in, func(in, dst []byte) {
		m, err := pccrr.DecodeMsgBlk(in)
		if err != nil {
			panic(err)
		}
		if _, err := m.AppendVerified(dst[:0], info); err != nil {
			panic(err)
		}
	})
}

// BenchmarkPeerDecryptHash is what cannot be saved: the cipher and the hash.
func BenchmarkPeerDecryptHash(b *testing.B) {
	in, info := fullBlock(b, 65536)
	block, iv := in[68:len(in)-24], in[len(in)-16:]
	key, err := aes.NewCipher(info.SegmentSecret.Bytes()[:16])
	if err != nil {
		b.Fatal(err)
	}
	bench(b, in, func(_, dst []byte) {
		cipher.NewCBCDecrypter(key, iv).CryptBlocks(dst[:len(block)], block)
		if sha256.Sum256(dst[:65536]) != [32]byte(info.Hash) {
			panic("other plain text")
		}
	})
}

// Accepting allocates nothing, rejecting one error.
func TestAllocations(t *testing.T) {
	full, info := fullBlock(t, 65536)
	all := []vector{{ID: "full", Kind: "pccrr-answer", b: full}}
	for _, v := range append(all, load(t, "pccrr")...) {
		response := v.Kind == "pccrr-answer"
		dst := make([]byte, 2*len(v.b)+64)
		want := 0
		if _, err := decode(v.b, response); err != nil {
			want = 1
		}
		testutil.Allocs(t, want, func() { consume(v.b, dst[:0], response) })
		testutil.Allocs(t, 0, func() {
			if e, ok := check(v.b, response); !ok {
				sink += uint64(e.Offset)
			}
		})
		if t.Failed() {
			t.Fatal(v.ID)
		}
	}
	// The cipher, its mode, the hash and its sum, whatever the block's length.
	m, err := pccrr.DecodeMsgBlk(full)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 0, 70000)
	testutil.Allocs(t, 4, func() {
		if _, err := m.AppendVerified(dst, info); err != nil {
			t.Error(err)
		}
	})
	testutil.Allocs(t, 3, func() {
		if err := m.Encrypt(dst, full[:65536], pccrr.CryptoAES256, info.SegmentSecret); err != nil {
			t.Error(err)
		}
	})
}

// consume decodes a message, reads all of it, checks the sender rules if it has
// none against it, and encodes it to dst.
func consume(b, dst []byte, response bool) {
	if response {
		r, err := pccrr.DecodeResponseMessage(b)
		if err != nil {
			return
		}
		switch r.MessageHeader.MsgType {
		case pccrr.TypeNegoResp:
			m, err := r.DecodeNegoResp()
			if err == nil {
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeBlkList:
			m, err := r.DecodeBlkList()
			if err == nil {
				readRanges(m.BlockRanges)
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeBlk:
			m, err := r.DecodeBlk()
			if err == nil {
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeSegList:
			m, err := r.DecodeSegList()
			if err == nil {
				readRanges(m.SegmentRanges)
				dst, _ = m.AppendLenient(dst)
			}
		}
	} else {
		r, err := pccrr.DecodeRequestMessage(b)
		if err != nil {
			return
		}
		switch r.MessageHeader.MsgType {
		case pccrr.TypeNegoReq:
			m, err := r.DecodeNegoReq()
			if err == nil {
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeGetBlkList:
			m, err := r.DecodeGetBlkList()
			if err == nil {
				readRanges(m.NeededBlockRanges)
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeGetBlks:
			m, err := r.DecodeGetBlks()
			if err == nil {
				readRanges(m.ReqBlockRanges)
				dst, _ = m.AppendLenient(dst)
			}
		case pccrr.TypeGetSegList:
			m, err := r.DecodeGetSegList()
			if err == nil {
				for i, id := range m.SegmentIDs.All() {
					sink += uint64(i + len(id))
				}
				sink += uint64(len(m.SegmentIDs.At(0)))
				if len(m.ExtensibleBlob) >= 8 {
					e, _ := pccrr.DecodeExtensibleBlob(m.ExtensibleBlob)
					for _, a := range e.All() {
						sink += uint64(a.Age)
					}
				}
				dst, _ = m.AppendLenient(dst)
			}
		}
	}
	sink += uint64(len(dst))
}

func readRanges(r pccrr.Ranges) {
	for i, one := range r.All() {
		sink += uint64(i) + uint64(one.Count)
	}
}

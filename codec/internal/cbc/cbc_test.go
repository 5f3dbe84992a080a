package cbc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
)

// vectors are CBC-AES128, CBC-AES192 and CBC-AES256 of NIST SP 800-38A, F.2.
var vectors = []struct{ key, encrypted string }{
	{"2b7e151628aed2a6abf7158809cf4f3c",
		"7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
	{"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		"4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"},
	{"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		"f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
}

const (
	vectorIV    = "000102030405060708090a0b0c0d0e0f"
	vectorPlain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		b := unhex(v.encrypted)
		if Decrypt(b, b, unhex(v.key), unhex(vectorIV)); !bytes.Equal(b, unhex(vectorPlain)) {
			t.Errorf("key %s: %x", v.key, b)
		}
	}
}

// random returns bytes of which each seed has its own.
func random(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// All lengths up to three times as much as is decrypted at a time, at any address, in
// place and not, and nothing beside is written.
func TestLikeStandard(t *testing.T) {
	for _, keyLen := range []int{16, 24, 32} {
		for blocks := range 25 {
			for seed := range byte(4) {
				n := blocks * BlockLen
				key, iv, src := random(seed, keyLen), random(seed+100, BlockLen), random(seed+200, n)
				want := make([]byte, n)
				decryptSlow(want, src, key, iv)
				got := random(seed, n+64)
				before, at := bytes.Clone(got), int(seed)*5+1
				Decrypt(got[at:], src, key, iv)
				if !bytes.Equal(got[at:at+n], want) {
					t.Fatalf("key of %d bytes, %d blocks:\n%x\nis not\n%x", keyLen, blocks, got[at:at+n], want)
				}
				if !bytes.Equal(got[:at], before[:at]) || !bytes.Equal(got[at+n:], before[at+n:]) {
					t.Fatalf("key of %d bytes, %d blocks: written beside", keyLen, blocks)
				}
				if Decrypt(src, src, key, iv); !bytes.Equal(src, want) {
					t.Fatalf("key of %d bytes, %d blocks in place:\n%x\nis not\n%x", keyLen, blocks, src, want)
				}
			}
		}
	}
}

func FuzzLikeStandard(f *testing.F) {
	f.Add([]byte("key"), []byte("vector"), bytes.Repeat([]byte("encrypted"), 99))
	f.Fuzz(func(t *testing.T, k, v, src []byte) {
		src = src[:len(src)/BlockLen*BlockLen]
		iv := append(v, make([]byte, BlockLen)...)[:BlockLen]
		for _, n := range []int{16, 24, 32} {
			key := append(bytes.Clone(k), make([]byte, n)...)[:n]
			got, want := make([]byte, len(src)), make([]byte, len(src))
			Decrypt(got, src, key, iv)
			decryptSlow(want, src, key, iv)
			if !bytes.Equal(got, want) {
				t.Fatalf("%x is not %x", got, want)
			}
		}
	})
}

func TestPanics(t *testing.T) {
	for _, n := range []struct{ dst, src, key, iv int }{
		{16, 15, 16, 16}, {15, 16, 16, 16}, {16, 16, 15, 16}, {16, 16, 0, 16}, {16, 16, 33, 16}, {16, 16, 16, 15}, {16, 16, 16, 17}, {0, 0, 20, 16},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", n)
				}
			}()
			Decrypt(make([]byte, n.dst), make([]byte, n.src), make([]byte, n.key), make([]byte, n.iv))
		}()
	}
}

func BenchmarkDecrypt(b *testing.B) {
	for _, keyLen := range []int{16, 32} {
		b.Run(fmt.Sprint(8*keyLen), func(b *testing.B) { bench(b, keyLen, Decrypt) })
	}
}

// BenchmarkPeerStandard is what the standard library takes for the same.
func BenchmarkPeerStandard(b *testing.B) {
	for _, keyLen := range []int{16, 32} {
		b.Run(fmt.Sprint(8*keyLen), func(b *testing.B) {
			bench(b, keyLen, func(dst, src, key, iv []byte) {
				block, err := aes.NewCipher(key)
				if err != nil {
					b.Fatal(err)
				}
				cipher.NewCBCDecrypter(block, iv).CryptBlocks(dst, src)
			})
		})
	}
}

func bench(b *testing.B, keyLen int, decrypt func(dst, src, key, iv []byte)) {
	key, iv, src := random(1, keyLen), random(2, BlockLen), random(3, 64<<10)
	dst := make([]byte, len(src))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		decrypt(dst, src, key, iv)
	}
}

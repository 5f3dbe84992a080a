package pccrc_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/pccrc"
)

// TestDeriver compares it with crypto/hmac, over keys of any length.
func TestDeriver(t *testing.T) {
	for _, a := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512, pccrc.TruncatedSHA512} {
		d := a.NewDeriver()
		hod := lcg(a.Size())
		for n := range 300 {
			ks := pccrc.NewSecret(lcg(n))
			want, err := a.SegmentSecret(ks, hod)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.AppendSegmentSecret([]byte("x"), ks, hod)
			if err != nil || !bytes.Equal(got, append([]byte("x"), want.Bytes()...)) {
				t.Fatalf("%v, a key of %d bytes: %v", a, n, err)
			}
			id, err := a.AppendHoHoDk(nil, want, hod)
			got, err2 := d.AppendHoHoDk(nil, want, hod)
			if err != nil || err2 != nil || !bytes.Equal(got, id) {
				t.Fatalf("%v: %x, want %x, %v, %v", a, got, id, err, err2)
			}
		}
		if _, err := d.AppendHoHoDk(nil, pccrc.NewSecret(hod[1:]), hod); !errors.Is(err, pccrc.ErrHashLength) {
			t.Error(err)
		}
		if _, err := d.AppendSegmentSecret(nil, serverSecret, hod[1:]); !errors.Is(err, pccrc.ErrHashLength) {
			t.Error(err)
		}
	}
}

// TestKeyFile reads what it writes, and tells a wrong passphrase and damage.
func TestKeyFile(t *testing.T) {
	// Made with openssl: SHA-256 of the key and the key, enc -aes-256-cbc, -K the
	// SHA-256 of the passphrase in UTF-16LE, -iv zeros.
	const known = "04469b75fcaf443fb929c5b822bef592799fb92c4f7c064a47825e6485cd085e8dadf5c7faae7eeeff90b3300a7b0b41"
	for _, key := range []string{"", "k", "a key of 16 bytes", strings.Repeat("long", 100)} {
		for _, passphrase := range []string{"", "passphrase", "P\u00e4ssw\u00f6rter \U0001f511"} {
			file := pccrc.AppendKeyFile([]byte("before"), pccrc.NewSecret([]byte(key)), passphrase)[len("before"):]
			got, err := pccrc.ReadKeyFile(file, passphrase)
			if err != nil || string(got.Bytes()) != key {
				t.Fatalf("%q, %q: %q, %v", key, passphrase, got.Bytes(), err)
			}
			if _, err := pccrc.ReadKeyFile(file, passphrase+"x"); !errors.Is(err, pccrc.ErrPassphrase) {
				t.Errorf("another passphrase: %v", err)
			}
			for at := range file {
				damaged := bytes.Clone(file)
				damaged[at] ^= 0x10
				if _, err := pccrc.ReadKeyFile(damaged, passphrase); !errors.Is(err, pccrc.ErrPassphrase) {
					t.Errorf("byte %d is damaged: %v", at, err)
				}
				if _, err := pccrc.ReadKeyFile(file[:at], passphrase); err == nil || strings.Contains(err.Error(), key) && key != "k" && key != "" {
					t.Errorf("cut at %d: %v", at, err)
				}
			}
		}
	}
	file, err := hex.DecodeString(known)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pccrc.ReadKeyFile(file, "passphrase")
	if err != nil || string(got.Bytes()) != "server secret" {
		t.Errorf("%q, %v", got.Bytes(), err)
	}
	if text := fmt.Sprintf("%v %+v %#v %x", got, got, got, got); strings.Contains(text, "server") || strings.Contains(text, hex.EncodeToString([]byte("server"))) {
		t.Error(text)
	}
}

// TestAppendInPlace appends to a slice that has room for the result and no more, and
// leaves what follows alone.
func TestAppendInPlace(t *testing.T) {
	for _, a := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512, pccrc.TruncatedSHA512} {
		hod := lcg(a.Size())
		for name, f := range map[string]func(dst []byte) ([]byte, error){
			"AppendHash":           func(dst []byte) ([]byte, error) { return a.AppendHash(dst, hod) },
			"AppendHoHoDk":         func(dst []byte) ([]byte, error) { return a.AppendHoHoDk(dst, pccrc.NewSecret(hod), hod) },
			"Deriver.AppendHoHoDk": func(dst []byte) ([]byte, error) { return a.NewDeriver().AppendHoHoDk(dst, pccrc.NewSecret(hod), hod) },
		} {
			room := make([]byte, 200)
			got, err := f(room[:0:a.Size()])
			if err != nil || len(got) != a.Size() || &got[0] != &room[0] {
				t.Errorf("%v, %s: not in place, %v", a, name, err)
			}
			room = make([]byte, 200)
			if _, err = f(room[:0]); err != nil || !bytes.Equal(room[a.Size():], make([]byte, 200-a.Size())) {
				t.Errorf("%v, %s: it writes behind the result, %v", a, name, err)
			}
		}
	}
}

package message

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// checkSound holds what is written without a dissection against what is written with
// one, byte for byte. A message that violates something is never written without.
func checkSound(t interface {
	Helper()
	Fatalf(string, ...any)
}, m fuzz.Message, request uint16) bool {
	t.Helper()
	at := &capture.Place{File: "a\"b.pcap", Frame: 7, Time: time.Unix(1, 5), Stream: 3, Direction: "request", Method: "POST", Path: codec.PathV2,
		Src: netip.MustParseAddrPort("10.0.0.1:40000"), Dst: netip.MustParseAddrPort("[fd00::1]:80")}
	for i, p := range []Printer{{Form: FormJSON}, {Form: FormJSON, Raw: true, Text: Text{ShowSecrets: true}}} {
		it := &Item{Kind: m.Kind, Body: m.Bytes, Request: request, Input: "hex"}
		if i > 0 {
			at = nil
		}
		dirty := []byte("before")
		got, ok := p.soundObject(dirty, it, at)
		d := it.dissect(new(spec.Dissector))
		if want := (m.Kind == spec.Response || d.Dissection.Message == "BATCHED_OFFER_MESSAGE") && len(d.Dissection.Violations) == 0; ok != want {
			t.Fatalf("%v %x: written without a dissection: %v; %v", m.Kind, m.Bytes, ok, d.Dissection.Violations)
		}
		if !ok {
			if len(got) != len(dirty) {
				t.Fatalf("%v %x: %q is left", m.Kind, m.Bytes, got)
			}
			return false
		}
		if want := p.object([]byte("before"), d, it, at); !bytes.Equal(got, want) {
			t.Fatalf("%v %x:\n%s\nwith a dissection:\n%s", m.Kind, m.Bytes, got, want)
		}
	}
	return true
}

// TestSound draws messages of all kinds, right, broken and mutated.
func TestSound(t *testing.T) {
	kinds := []spec.Kind{spec.Request, spec.Response}
	sound, broken := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		for _, g := range []*rapid.Generator[fuzz.Message]{rapidgen.Message(kind), rapidgen.Mutated(kind)} {
			m := g.Draw(t, "message")
			request := rapid.Uint16Range(0, 4).Draw(t, "request")
			if checkSound(t, m, request) {
				sound++
			} else {
				broken++
			}
		}
	})
	for _, kind := range kinds {
		for m := range generate.Systematic(kind) {
			checkSound(t, m, 0)
		}
	}
	if sound == 0 || broken == 0 {
		t.Errorf("%d sound messages, %d others", sound, broken)
	}
}

// TestSoundBytes changes each byte of messages to others, and cuts them everywhere.
func TestSoundBytes(t *testing.T) {
	two := append(bytes.Clone(batch), batch[16:]...)
	for _, m := range []fuzz.Message{{Kind: spec.Request, Bytes: two}, {Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, 0}}, {Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, 1}}} {
		for i := range m.Bytes {
			checkSound(t, fuzz.Message{Kind: m.Kind, Bytes: m.Bytes[:i]}, 1)
			for _, v := range []byte{0, 1, 2, 3, 4, 9, 10, 16, 99, 255, m.Bytes[i] ^ 1, m.Bytes[i] + 1} {
				b := bytes.Clone(m.Bytes)
				b[i] = v
				checkSound(t, fuzz.Message{Kind: m.Kind, Bytes: b}, 1)
			}
		}
		checkSound(t, fuzz.Message{Kind: m.Kind, Bytes: append(bytes.Clone(m.Bytes), 0)}, 1)
	}
}

// TestAppendDigits: each byte at each place, and each length.
func TestAppendDigits(t *testing.T) {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(i * 7)
	}
	for c := range 256 {
		for n := range 13 {
			b[n] = byte(c)
			if got, want := string(appendDigits([]byte("x"), b[:n+1])), "x"+hex.EncodeToString(b[:n+1]); got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
	for n := range b {
		if got, want := string(appendDigits(nil, b[:n])), hex.EncodeToString(b[:n]); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

// TestIsPlain: what is called plain is what is written as it is.
func TestIsPlain(t *testing.T) {
	for r := range rune(0x3000) {
		s := string(r)
		if r < 256 {
			s = string([]byte{byte(r)})
		}
		one, _ := utf8.DecodeRuneInString(s)
		asItIs := one < utf8.RuneSelf && one != '"' && one != '\\' && one >= ' ' && one != 0x7f
		if isPlain(s) != asItIs {
			t.Errorf("%q: %v", s, isPlain(s))
		}
		if got := string(appendString(nil, s)); asItIs && got != fmt.Sprintf("%q", s) {
			t.Errorf("%q is written as %s", s, got)
		}
	}
}

// TestSoundAllocations: a batch is written without allocation where there is room.
func TestSoundAllocations(t *testing.T) {
	full := append(bytes.Clone(batch[:16]), bytes.Repeat(batch[16:], 128)...)
	e := capture.Event{Kind: capture.Request, Body: full, Place: capture.Place{File: "a.pcap", Frame: 7}}
	p := Printer{Form: FormJSON}
	dst, _ := p.Event(nil, &e)
	if n := testing.AllocsPerRun(100, func() { dst, _ = p.Event(dst[:0], &e) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

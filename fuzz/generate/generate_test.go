package generate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// kinds are those of messages.
var kinds = fuzz.Kinds()

// decode returns the error of this project's own decoder.
func decode(m fuzz.Message) (err error) {
	switch m.Kind {
	case spec.Response:
		_, err = codec.DecodeResponseMessage(m.Bytes, codec.TypeUnknown)
	case spec.Content:
		if len(m.Bytes) > 1 && m.Bytes[1] == 2 {
			_, err = pccrc.DecodeV2(m.Bytes)
		} else {
			_, err = pccrc.DecodeV1(m.Bytes)
		}
	case spec.Discovery:
		_, err = pccrd.Decode(m.Bytes)
	case spec.HashRequest:
		_, err = smb2hash.DecodeReadHashRequest(m.Bytes)
	case spec.HashResponse:
		_, err = smb2hash.DecodeReadHashResponse(m.Bytes, 0)
	case spec.RetrievalRequest:
		var r pccrr.RequestMessage
		if r, err = pccrr.DecodeRequestMessage(m.Bytes); err == nil {
			_, err = r.DecodeBody()
		}
	case spec.RetrievalResponse:
		var r pccrr.ResponseMessage
		if r, err = pccrr.DecodeResponseMessage(m.Bytes); err == nil {
			_, err = r.DecodeBody()
		}
	default:
		var r codec.RequestMessage
		if r, err = codec.DecodeRequestMessage(m.Bytes); err != nil {
			return err
		}
		switch r.MessageHeader.Type {
		case codec.TypeInitialOffer:
			_, err = r.DecodeInitialOffer()
		case codec.TypeSegmentInfo:
			_, err = r.DecodeSegmentInfo()
		default:
			_, err = r.DecodeBatchedOffer()
		}
	}
	return err
}

// text shows a message, or its beginning.
func text(m fuzz.Message) string {
	b, _ := m.MarshalText()
	return fmt.Sprintf("%.300s (%d bytes)", b, len(m.Bytes))
}

// rules returns the rules that a message breaks, each once.
func rules(d *spec.Dissection) []string {
	var ids []string
	for _, b := range d.Violations {
		if !slices.Contains(ids, b.Rule) {
			ids = append(ids, b.Rule)
		}
	}
	return ids
}

func TestValid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, kind := range kinds {
		for range 3000 {
			m := generate.Valid(r, kind)
			if m.Kind != kind {
				t.Fatalf("kind %d, want %d", m.Kind, kind)
			}
			if d := m.Dissect(); len(d.Violations) != 0 {
				t.Fatalf("%+v: %s", d.Violations, text(m))
			}
			if err := decode(m); err != nil {
				t.Fatalf("%v: %s", err, text(m))
			}
		}
	}
}

// Rules can be broken in every kind of message that Kinds tells, and in no
// other.
func TestBrokenAs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 11))
	for _, rule := range generate.Rules() {
		found := make(map[spec.Kind]bool)
		for range 200 {
			found[generate.Broken(r, rule).Kind] = true
		}
		for _, kind := range kinds {
			possible := slices.Contains(generate.Kinds(rule), kind)
			if possible != found[kind] {
				t.Errorf("%s: kind %d: %t", rule, kind, found[kind])
			}
			if !possible {
				continue
			}
			for range 100 {
				m := generate.BrokenAs(r, kind, rule)
				if m.Kind != kind || !slices.Contains(rules(m.Dissect()), rule) {
					t.Fatalf("%s is not broken: %s", rule, text(m))
				}
			}
		}
	}
}

// seldomAlone are rules that cannot be violated alone, or in few ways, with the number
// of 400 messages in which they are.
var seldomAlone = map[string]int{
	"PCCRR-2.2.1.1-Index":                  0,  // no Count fits
	"PCCRR-2.2-Alignment":                  40, // what has padding is a block, or an identifier of a wrong length
	"PCCRR-2.2-ZeroPad":                    40, // likewise
	"PCCRR-2.2.4.4-CountOfSegmentIDs":      20, // what follows is taken for an identifier
	"PCCRR-2.2.5.2-BlockRangeCount":        40, // NextBlockIndex is taken for an Index
	"SMB2-2.2.32.4.1-SourceFileNameLength": 0,  // the name is truncated, too
}

func TestBroken(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, rule := range generate.Rules() {
		requirement, _ := spec.RequirementByID(rule)
		alone, n := 0, 400
		for range n {
			m := generate.Broken(r, rule)
			d := m.Dissect()
			got := rules(d)
			if !slices.Contains(got, rule) {
				t.Fatalf("%s is not broken, but %v: %s", rule, got, text(m))
			}
			for _, other := range got {
				if other != rule && !slices.Contains(generate.ImpliedViolations(rule), other) {
					t.Errorf("%s: %s is broken too: %s", rule, other, text(m))
				}
			}
			if len(got) != len(d.Violations) && rule != "PCCRD-2.2.1-Envelope" { // one that is none of SOAP has no Body, either
				t.Fatalf("%s: a rule is broken at two places: %+v: %s", rule, d.Violations, text(m))
			}
			if len(got) == 1 {
				alone++
			}
			first, malformed := d.First()
			if malformed != (requirement.Class == spec.Format) || malformed && first.Rule != rule {
				t.Fatalf("%s: the first format rule broken is %q: %s", rule, first.Rule, text(m))
			}
			if (decode(m) != nil) != malformed {
				t.Fatalf("%s: decoded with %v: %s", rule, decode(m), text(m))
			}
		}
		if least, ok := seldomAlone[rule]; !ok && alone < n*2/5 || ok && (alone < least || alone > n*2/5) {
			t.Errorf("%s is broken alone in %d of %d messages", rule, alone, n)
		}
	}
}

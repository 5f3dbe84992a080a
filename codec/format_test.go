package codec_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

func withKey(t *testing.T) codec.SegmentInfoMessage {
	t.Helper()
	v := pccrc.NewV1(pccrc.SHA512)
	if err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 9, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: make([]byte, 64),
		SegmentSecret: pccrc.NewSecret(testutil.Key), BlockHashes: make([]byte, 64)}); err != nil {
		t.Fatal(err)
	}
	return codec.NewSegmentInfoMessage(8080, codec.TagBITS, v)
}

// No type that can hold a key prints it.
func TestRedacted(t *testing.T) {
	m := withKey(t)
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	r, err := codec.DecodeRequestMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	body, err := r.DecodeBody()
	if err != nil {
		t.Fatal(err)
	}
	all := []any{m, r, body}
	for _, v := range all {
		testutil.Redacted(t, v)
	}
}

func TestJSON(t *testing.T) {
	m := withKey(t)
	got, err := json.Marshal(m)
	if want := `{"MessageHeader":{"MinorVersion":0,"MajorVersion":1,"Type":2,"Padding":"00000000"},` +
		`"ConnectionInformation":{"Port":8080,"Padding":"000000000000"},"ContentTag":"424954532d342e300000000000000000",` +
		`"SegmentInformation":{"Version":256,`; err != nil || !strings.HasPrefix(string(got), want) || !json.Valid(got) {
		t.Errorf("JSON is\n%s (%v), want\n%s", got, err, want)
	}
	offer := codec.NewInitialOfferMessage(80, []byte{0xAB, 0xCD})
	batch := codec.NewBatchedOfferMessage(80)
	if err := batch.Append(codec.SegmentDescriptorFields{BlockSize: 1, SegmentSize: 2, ContentTag: codec.TagBITS, HashAlgorithm: 4}); err != nil {
		t.Fatal(err)
	}
	for v, want := range map[any]string{
		&offer: `{"MessageHeader":{"MinorVersion":0,"MajorVersion":1,"Type":1,"Padding":"00000000"},` +
			`"ConnectionInformation":{"Port":80,"Padding":"000000000000"},"Hash":"abcd"}`,
		&batch: `{"MessageHeader":{"MinorVersion":0,"MajorVersion":2,"Type":3,"Padding":"00000000"},` +
			`"ConnectionInformation":{"Port":80,"Padding":"000000000000"},"SegmentDescriptor":[{"BlockSize":1,"SegmentSize":2,` +
			`"SizeOfContentTag":16,"ContentTag":"424954532d342e300000000000000000","HashAlgorithm":4,"SegmentHoHoDk":"` + strings.Repeat("00", 32) + `"}]}`,
	} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("JSON is\n%s (%v), want\n%s", got, err, want)
		}
	}
	for got, want := range map[string]string{
		fmt.Sprint(offer): "INITIAL_OFFER_MESSAGE, port 80, Hash abcd", fmt.Sprint(batch): "BATCHED_OFFER_MESSAGE, port 80, 1 descriptor",
	} {
		if got != want {
			t.Errorf("it prints as %s, want %s", got, want)
		}
	}
	if got, want := fmt.Sprint(m), "SEGMENT_INFO_MESSAGE, port 8080, tag BITS-4.0, CONTENT_INFORMATION_V1, 1 segment, SHA-512, 9 bytes from 0, SegmentSecret redacted"; got != want {
		t.Errorf("it prints as\n%s, want\n%s", got, want)
	}
}

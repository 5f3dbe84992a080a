package client

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Content Information that no content can match is an error, and costs nothing.
func TestRetrieveImpossible(t *testing.T) {
	hash := make([]byte, 32)
	v1 := func(segments ...pccrc.SegmentFieldsV1) pccrc.ContentInformation {
		v := pccrc.NewV1(pccrc.SHA256)
		for _, s := range segments {
			s.SegmentHashOfData, s.SegmentSecret, s.BlockHashes = hash, pccrc.NewSecret(hash), hash
			if err := v.Append(s); err != nil {
				t.Fatal(err)
			}
		}
		return v
	}
	v2 := func(start uint64, sizes ...uint32) pccrc.ContentInformation {
		v := pccrc.ContentInformationV2{UllStartInContent: start}
		for _, n := range sizes {
			if err := v.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: n, SegmentHashOfData: hash, SegmentSecret: pccrc.NewSecret(hash)}); err != nil {
				t.Fatal(err)
			}
		}
		return v
	}
	for name, info := range map[string]pccrc.ContentInformation{
		"a gap":                     v1(pccrc.SegmentFieldsV1{CbSegment: 9, CbBlockSize: 65536}, pccrc.SegmentFieldsV1{UllOffsetInContent: 10, CbSegment: 9, CbBlockSize: 65536}),
		"blocks of no bytes":        v1(pccrc.SegmentFieldsV1{CbSegment: 9}),
		"blocks of one byte":        v1(pccrc.SegmentFieldsV1{CbSegment: math.MaxUint32, CbBlockSize: 1}),
		"513 blocks":                v1(pccrc.SegmentFieldsV1{CbSegment: 513, CbBlockSize: 1}),
		"behind the end of a file":  v1(pccrc.SegmentFieldsV1{UllOffsetInContent: math.MaxUint64 - 3, CbSegment: 9, CbBlockSize: 65536}),
		"behind that of an int64":   v2(math.MaxInt64-8, 9),
		"a segment without content": v2(0, 9, 0),
	} {
		c := Client{HTTP: "http://192.0.2.1", Transport: &urls{}}
		got, err := c.Retrieve(t.Context(), info, &file{})
		if err != pccrc.ErrSegments || got.Bytes != 0 || len(got.Missing) != 1 || got.Missing[0] != info.Range() || len(c.Transport.(*urls).seen) != 0 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	// The range may reach further than the segments; the rest is missing, too.
	v := v2(0, 9).(pccrc.ContentInformationV2)
	v.UllLengthOfRange = 100
	c := Client{HTTP: "http://192.0.2.1", Transport: &urls{}}
	if got, err := c.Retrieve(t.Context(), v, &file{}); !errors.Is(err, errNowhere) || len(got.Missing) != 1 || got.Missing[0].Length != 100 {
		t.Errorf("%+v %v", got, err)
	}
}

// canned is a transport that answers each request in the same way.
type canned struct {
	status int
	answer func(request []byte) []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: c.status, Body: io.NopCloser(bytes.NewReader(c.answer(b)))}, nil
}

// What a hosted cache must not answer is an error, and nothing is written.
func TestLyingHostedCache(t *testing.T) {
	b := content(3*65536, 2)
	info := describeV2(t, 65536, b)
	segList := func(id byte, ranges pccrr.Ranges) func([]byte) []byte {
		return func(request []byte) []byte {
			m, err := pccrr.DecodeMsgGetSegList(request)
			if err != nil {
				return nil
			}
			m.RequestID[15] ^= id
			answer, err := pccrr.NewMsgSegList(m.RequestID, ranges).AppendLenient(nil)
			if err != nil {
				t.Error(err)
			}
			return answer
		}
	}
	for name, c := range map[string]struct {
		canned
		want string
	}{
		"another RequestID":         {canned{200, segList(1, ranges(0, 3))}, exchange.ErrUnfit.Error()},
		"another, and no segments":  {canned{200, segList(1, pccrr.Ranges{})}, exchange.ErrUnfit.Error()},
		"a segment more than asked": {canned{200, segList(0, ranges(0, 4))}, exchange.ErrUnfit.Error()},
		"segments that none has":    {canned{200, segList(0, ranges(3, 1<<32-1))}, exchange.ErrUnfit.Error()},
		"nothing":                   {canned{200, func([]byte) []byte { return nil }}, "Size"},
		"too much":                  {canned{200, func([]byte) []byte { return make([]byte, pccrr.MaxResponseSize+5) }}, "more than 393220 bytes"},
		"HTTP status 503":           {canned{503, segList(0, ranges(0, 3))}, "HTTP status 503"},
	} {
		client := Client{HTTP: "http://192.0.2.1", Port: 1, Transport: c.canned}
		var f file
		if got, err := client.Retrieve(t.Context(), info, &f); !contains(err, c.want) || total(got.Missing) != uint64(len(b)) || got.Bytes != 0 || len(f.b) != 0 {
			t.Errorf("%s: %+v %v, want %s", name, got, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		canned
		want string
	}{
		"OK":         {canned{200, func([]byte) []byte { return []byte{0, 0, 0, 1, 0} }}, ""},
		"INTERESTED": {canned{200, func([]byte) []byte { return []byte{0, 0, 0, 1, 1} }}, "ResponseCode"},
		"nothing":    {canned{200, func([]byte) []byte { return nil }}, "Size"},
		"too much":   {canned{200, func([]byte) []byte { return make([]byte, 65) }}, "more than 64 bytes"},
		"refused":    {canned{401, func([]byte) []byte { return nil }}, "HTTP status 401"},
	} {
		client := Client{HTTP: "http://192.0.2.1", Port: 1, Transport: c.canned}
		if err := client.Offer(t.Context(), info); c.want == "" != (err == nil) || c.want != "" && !contains(err, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

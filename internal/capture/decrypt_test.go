package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// decrypted is a capture with what tshark would export of it.
type decrypted struct {
	io.Reader
	pdus io.Reader
	keys bool // only where the capture brings keys
}

func (d *decrypted) Decrypt(keys bool) (io.Reader, error) {
	if keys != d.keys {
		return nil, nil
	}
	return d.pdus, nil
}

// record is data decrypted of a frame of the trace.
type record struct {
	frame int // from 1
	data  []byte
	other uint32 // added to its port
}

func export(t *capturetest.Trace, records ...record) io.Reader {
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{Link: linkExported, Pcapng: true})
	for _, r := range records {
		p := &t.Packets[r.frame-1]
		src, dst := p.Src.Addr().As4(), p.Dst.Addr().As4()
		f := append([]byte{0, tagSrcIPv4, 0, 4}, src[:]...)
		f = append(append(f, 0, tagDstIPv4, 0, 4), dst[:]...)
		f = binary.BigEndian.AppendUint32(append(f, 0, tagSrcPort, 0, 4), uint32(p.Src.Port())+r.other)
		f = binary.BigEndian.AppendUint32(append(f, 0, tagDstPort, 0, 4), uint32(p.Dst.Port()))
		f = binary.BigEndian.AppendUint32(append(f, 0, tagFrame, 0, 4), uint32(r.frame))
		w.Frame(capturetest.Start, append(append(f, 0, 0, 0, 0), r.data...))
	}
	w.Close() // a bytes.Buffer does not fail
	return &b
}

// tlsTrace is a connection with TLS: frames 4 and 6 are its handshake, 8 and 10 are a
// request and its response, 12 to 14 end it.
func tlsTrace() (t *capturetest.Trace, request, response []byte) {
	t = new(capturetest.Trace)
	t.Conn(0).Open().Send([]byte(clientHello)).Reply([]byte(serverHello)).Send([]byte(tlsRecord)).Reply([]byte(tlsRecord)).Close()
	return t, capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 1)), capturetest.Answer(200, capturetest.OK)
}

func TestDecrypter(t *testing.T) {
	trace, ask, say := tlsTrace()
	half := len(ask) / 2
	own := capturetest.Format{Pcapng: true, Secrets: []byte("CLIENT_RANDOM 00 00\n")}
	failure := errors.New("no more")
	type test struct {
		format  capturetest.Format
		keys    bool
		records []record
		end     error
		cut     int // bytes of the capture that are missing
		frames  []int64
		remark  string
		err     error
	}
	both := []record{{8, ask, 0}, {10, say, 0}}
	for name, test := range map[string]test{
		"whole":                    {records: both, frames: []int64{8, 10}},
		"in pieces":                {records: []record{{4, ask[:1], 0}, {8, ask[1:half], 0}, {8, ask[half:], 0}, {10, say[:9], 0}, {10, say[9:], 0}}, frames: []int64{8, 10}},
		"a head alone":             {records: []record{{8, ask[:half], 0}}, frames: []int64{8}, remark: "incomplete HTTP request"},
		"keys in the capture":      {format: own, keys: true, records: both, frames: []int64{8, 10}},
		"no keys":                  {keys: true, records: both, frames: []int64{4}, remark: hiddenTLS},
		"nothing":                  {frames: []int64{13}, remark: undecrypted},
		"before the TLS is seen":   {records: []record{{4, ask, 0}, {6, say, 0}}, frames: []int64{4, 6}},
		"of another connection":    {records: append([]record{{8, ask, 1}}, both...), frames: []int64{8, 10}},
		"failure at the end":       {records: both, end: failure, frames: []int64{8, 10}, err: failure},
		"stopped":                  {records: both, end: io.ErrClosedPipe, frames: []int64{8, 10}},
		"failure, damaged capture": {records: both, end: failure, cut: 3, frames: []int64{8, 10, 14}, remark: "truncated"},
		"failure at the beginning": {end: failure, frames: []int64{13}, remark: undecrypted, err: failure},
	} {
		t.Run(name, func(t *testing.T) {
			pdus := export(trace, test.records...)
			if test.end != nil {
				pdus = io.MultiReader(pdus, errorReader{test.end})
				if len(test.records) == 0 {
					pdus = errorReader{test.end}
				}
			}
			b := trace.Encode(test.format)
			got := read(&decrypted{bytes.NewReader(b[:len(b)-test.cut]), pdus, test.keys})
			if !errors.Is(got.err, test.err) {
				t.Errorf("error %v, want %v", got.err, test.err)
			}
			var frames []int64
			remarks := ""
			for _, e := range got.events {
				frames = append(frames, e.Frame)
				remarks += e.Detail
				if hidden := e.Kind == Note || strings.Contains(e.Detail, "truncated"); e.TLS == hidden {
					t.Errorf("TLS %v: %+v", e.TLS, e)
				}
			}
			if !slices.Equal(frames, test.frames) || !strings.Contains(remarks, test.remark) || test.remark == "" && remarks != "" {
				t.Errorf("frames %d, want %d; remarks %q, want %q", frames, test.frames, remarks, test.remark)
			}
			if got.sum.Encrypted != 1 {
				t.Errorf("%+v", got.sum)
			}
		})
	}
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// TestDecrypterLoss loses a segment behind a message: what was decrypted of the
// connection is not all.
func TestDecrypterLoss(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open().Send([]byte(clientHello)).Reply([]byte(serverHello)).Send([]byte(tlsRecord)).Reply([]byte(tlsRecord))
	c.ClientSeq += 500
	c.Send([]byte(tlsRecord)).Close()
	ask, say := capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 1)), capturetest.Answer(200, capturetest.OK)
	got := read(&decrypted{bytes.NewReader(trace.Encode(capturetest.Format{})), export(&trace, record{8, ask, 0}, record{10, say, 0}), false})
	if got.err != nil || len(got.messages) != 2 || len(got.problems) != 1 || !strings.Contains(got.problems[0], "500 bytes missing from the capture") {
		t.Errorf("%v, messages %v, problems %q", got.err, got.messages, got.problems)
	}
}

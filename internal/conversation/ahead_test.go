package conversation

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// A response that was captured before the end of its request, as where each direction is
// captured by itself, is one exchange with it.
func TestAhead(t *testing.T) {
	c := capturetest.NewContent(1, 100_000, 1)
	s := &c.Segments[0]
	for _, byFrame := range []bool{true, false} {
		var trace capturetest.Trace
		conn := trace.Conn(0)
		conn.Silent = true
		conn.Open().Send(capturetest.Ask(c.Path, capturetest.WantsInformation...)).Reply(c.Describe())
		for i, block := range s.Blocks {
			conn.Send(capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(s.HoHoDk, uint32(i))))
			conn.Reply(capturetest.Answer(200, capturetest.Blk(s.HoHoDk, uint32(i), block, s.Secret[:16], 1)))
			conn.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(uint64(i), 3))).Reply(capturetest.Answer(200, capturetest.OK))
			conn.Send(capturetest.Post(capturetest.PathRetrieval, []byte("no"))).Reply(capturetest.Answer(400, nil))
		}
		conn.Close()
		var data []int // the first segment with data after each turn
		for i, p := range trace.Packets {
			if len(p.Data) > 0 && p.Src == conn.Client {
				data = append(data, i)
			}
		}
		for _, i := range data[1:] {
			last := i + slices.IndexFunc(trace.Packets[i:], func(p capturetest.Packet) bool { return len(p.Data) > 0 && p.Src == conn.Server })
			for j := last + 1; j < len(trace.Packets) && len(trace.Packets[j].Data) > 0 && trace.Packets[j].Src == conn.Server; j++ {
				last = j
			}
			request := trace.Packets[i]
			copy(trace.Packets[i:], trace.Packets[i+1:last+1])
			trace.Packets[last] = request
		}
		var all []string
		_, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Capture: capture.Options{ByFrame: byFrame, Exchanges: true}, Offers: true}, func(it *Item) error {
			if x := it.Exchange; x == nil {
				all = append(all, it.Event.Detail)
			} else if x.Done && x.Transfer == nil {
				all = append(all, fmt.Sprint(x.Protocol, " ", x.Result, " ", x.Request != nil))
				if b := x.Retrieval; b != nil && x.Result == Hit && !b.Block.Verified {
					t.Error("not verified")
				}
			}
			return nil
		})
		want := []string{"MS-PCCRR hit true", "MS-PCHC answered true", "MS-PCCRR failed true"}
		if want = append(want, want...); err != nil || !slices.Equal(all, want) {
			t.Errorf("by frame %v: %q, %v", byFrame, all, err)
		}
	}
}

package generate

import (
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

func (m Response) message() fuzz.Message {
	return fuzz.Message{Kind: spec.Response, Bytes: m.Append(nil)}
}

var responseCorruptions = []corruption{
	{"PCHC-2.2.2.1-Truncated", nil, each(upTo(4), func(c *corruptor, n int) fuzz.Message {
		return truncate(ValidMessage(c.c, responseMessage), n)
	})},
	{"PCHC-2.2.2.1-Size", []string{"PCHC-2.2.2.2-Trailing"}, each(wrong(32, []uint64{2, 5, 4}, 1), func(c *corruptor, wrong value) fuzz.Message {
		size := uint32(wrong(c.c))
		body := []byte{byte(c.c.Uint64N(2))}
		switch c.place {
		case 1: // nothing follows
			body = nil
		case 2: // as much follows as it says, as far as that goes
			body = append(body, make([]byte, 60)...)[:min(size, 60)]
		}
		return Response{size, body}.message()
	})},
	{"PCHC-2.2.2.2-Truncated", nil, []variant{func(*corruptor) fuzz.Message {
		return Response{Size: 1}.message()
	}}},
	{"PCHC-2.2.2.2-ResponseCode", nil, each(wrong(8, []uint64{3, 0x10}, 0, 1), func(c *corruptor, wrong value) fuzz.Message {
		return Response{1, []byte{byte(wrong(c.c))}}.message()
	})},
	{"PCHC-2.2.2.2-Trailing", nil, each(values(1, 300, []uint64{1, 2, 3, 4, 5, 8, 16, 59, 251}), func(c *corruptor, n value) fuzz.Message {
		trailing := int(n(c.c))
		return Response{1, append([]byte{byte(c.c.Uint64N(2))}, c.bytes(trailing)...)}.message()
	})},
}

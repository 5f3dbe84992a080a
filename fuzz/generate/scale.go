package generate

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Scale is messages that are alike, but for the length of one list or byte string.
type Scale struct {
	Field string // that has the length: a path without indexes
	Unit  string // of the length, in the plural
	Most  int    // a length that makes a message of about 64 KiB, or the largest that may be
	Valid int    // up to this length the messages are valid; 0: none are
	// Message returns the message of a length.
	Message func(n int) fuzz.Message
}

// Scales returns scales for every list and every long byte string of a kind of messages,
// also beyond what is valid: a decoder may read all of a list before it counts.
func Scales(kind spec.Kind) []Scale {
	of := func(b []byte) fuzz.Message { return fuzz.Message{Kind: kind, Bytes: b} }
	retrieved := func(make func(n int) retrieval) func(n int) fuzz.Message {
		return func(n int) fuzz.Message { return measured(make(n)) }
	}
	const most = 64 << 10
	switch kind {
	case spec.Request:
		return []Scale{
			{"SegmentDescriptor", "descriptors", most / 59, 128, func(n int) fuzz.Message { return of(sampleBatch(n)) }},
			{"Hash", "bytes", most, 0, func(n int) fuzz.Message {
				m := sampler()
				v := InitialOffer{m.sampleEnvelope(1), m.bytes(n)}
				return of(v.Append(nil))
			}},
			{"SegmentInformation.blocks.BlockHashes", "blocks", 512, 512, func(n int) fuzz.Message {
				return of(sampleSegmentInfo(0, plan{segments: 1, last: uint64(n) * blockSize}))
			}},
			{"SegmentInformation.Padding", "bytes", most, most, func(n int) fuzz.Message {
				return of(append(sampleSegmentInfo(0, plan{segments: 1, last: blockSize}), make([]byte, n)...))
			}},
		}
	case spec.Response:
		return []Scale{{"trailing bytes", "bytes", most, 0, func(n int) fuzz.Message { return of(append([]byte{0, 0, 0, 1, 0}, make([]byte, n)...)) }}}
	case spec.Content:
		return []Scale{
			{"segments", "segments", most / 116, most / 116, func(n int) fuzz.Message { return of(sampleSegments(n)) }},
			{"blocks.BlockHashes", "blocks", 512, 512, func(n int) fuzz.Message { return of(sampleV1(0, plan{segments: 1, last: uint64(n) * blockSize})) }},
			{"Padding", "bytes", most, most, func(n int) fuzz.Message { return of(append(sampleSegments(1), make([]byte, n)...)) }},
			{"chunks", "chunks", most / 73, most / 73, func(n int) fuzz.Message { return of(sampleV2(slices.Repeat([]int{1}, n)...)) }},
			{"chunks.chunkData", "segments of one chunk", most / 68, most / 68, func(n int) fuzz.Message { return of(sampleV2(n)) }},
		}
	case spec.HashResponse:
		return []Scale{{"Buffer.SourceFileName", "bytes", 1 << 15, 1 << 15, func(n int) fuzz.Message {
			r := sampleResponse(1, n&^1, 0)
			return r.message()
		}}}
	case spec.RetrievalRequest:
		blob := min(most, maxRetrievalRequest-128)
		return []Scale{
			{"MESSAGE_BODY.NeededBlockRanges", "ranges", most / 8, 0, retrieved(func(n int) retrieval { return sampleGetBlkList(32, sampleRanges(n)...) })},
			{"MESSAGE_BODY.SegmentIDs", "identifiers", most / 36, 0, retrieved(func(n int) retrieval { return sampleGetSegList(nil, slices.Repeat([]int{32}, n)...) })},
			{"MESSAGE_BODY.DataForVrfBlock", "bytes", blob, blob, retrieved(func(n int) retrieval { return sampleGetBlks(32, n, Range{7, 1}) })},
		}
	case spec.RetrievalResponse:
		return []Scale{
			{"MESSAGE_BODY.BlockRanges", "ranges", most / 8, most / 8, retrieved(func(n int) retrieval { return sampleBlkList(32, sampleRanges(n)...) })},
			{"MESSAGE_BODY.SegmentRanges", "ranges", most / 8, most / 8, retrieved(func(n int) retrieval { return sampleSegList(nil, sampleRanges(n)...) })},
			{"MESSAGE_BODY.Block", "bytes", blockSize, blockSize, retrieved(func(n int) retrieval { return sampleBlk(0, 32, n, 0, 0) })},
		}
	case spec.Discovery:
		const most = 60 << 10 // a datagram
		inHeader := func(text string) fuzz.Message {
			x := discoverer{maker: sampler(), plain: true, prefixes: map[string]string{}}
			d := x.message("Probe", 2)
			header := d.Root.find("Header")
			header.Text += text
			return of(d.Append(nil))
		}
		return []Scale{
			{"Header", "elements", most / 4, 0, func(n int) fuzz.Message { return inHeader(strings.Repeat("<x/>", n)) }},
			{"Header", "bytes of white space", most, 0, func(n int) fuzz.Message { return inHeader(strings.Repeat(" ", n)) }},
			{"Body.Probe.Scopes", "HoHoDks", 1024, 255, func(n int) fuzz.Message {
				x := discoverer{maker: sampler(), plain: true, prefixes: map[string]string{}}
				d := x.message("Probe", 2)
				d.Root.find("Body.Probe.Scopes").Text = x.base64(x.scopesV2(32, n))
				return of(d.Append(nil))
			}},
		}
	}
	return nil
}

package oracle

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// What decoding may cost, whatever the counts in the bytes claim. The limits are
// wide, and an excess is measured again and again, so that neither a busy machine
// nor allocations of other goroutines raise a false alarm.
const (
	memoryFree, memoryPerByte = 64 << 10, 64
	timeFree, timePerByte     = 100 * time.Millisecond, 10 * time.Microsecond

	costTries = 20
)

// CheckMemory calls decode, which decodes n bytes, and returns a Difference if it
// allocates more than 64 KiB plus 64 bytes per byte in each of 20 calls, and in each of 20
// more with GOMAXPROCS 1, while no other goroutine allocates.
func CheckMemory(n int, decode func()) *fuzz.Difference {
	limit := uint64(memoryFree + memoryPerByte*n)
	if leastAllocated(limit, decode) <= limit {
		return nil
	}
	alone.Lock()
	defer alone.Unlock()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := leastAllocated(limit, decode); got > limit {
		return &fuzz.Difference{Fault: fuzz.Memory, Detail: fmt.Sprintf("allocates %d bytes for %d", got, n)}
	}
	return nil
}

// alone is held by who has set GOMAXPROCS to 1.
var alone sync.Mutex

// leastAllocated returns how much the program allocates while decode runs: the least of
// some calls, or the first that is within the limit.
func leastAllocated(limit uint64, decode func()) uint64 {
	least := uint64(math.MaxUint64)
	for range costTries {
		before := allocated()
		decode()
		if least = min(least, allocated()-before); least <= limit {
			break
		}
		runtime.Gosched()
	}
	return least
}

// CheckTime calls decode, which decodes n bytes, and returns a Difference if it
// takes more than 100 ms plus 10 µs per byte in each of 20 calls.
func CheckTime(n int, decode func()) *fuzz.Difference { return checkTime(n, timeLimit(n), decode) }

func checkTime(n int, limit time.Duration, decode func()) *fuzz.Difference {
	var got time.Duration
	for range costTries {
		start := time.Now()
		decode()
		if got = time.Since(start); got <= limit {
			return nil
		}
	}
	return &fuzz.Difference{Fault: fuzz.Slow, Detail: fmt.Sprintf("takes %v for %d bytes", got, n)}
}

func timeLimit(n int) time.Duration { return timeFree + time.Duration(n)*timePerByte }

// allocationSamples is memory for allocated.
var allocationSamples = sync.Pool{New: func() any { return &[]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}} }}

// allocated returns how many bytes the program has allocated so far. The runtime
// counts small objects some kilobytes at a time.
func allocated() uint64 {
	sample := allocationSamples.Get().(*[]metrics.Sample)
	defer allocationSamples.Put(sample)
	metrics.Read(*sample)
	return (*sample)[0].Value.Uint64()
}

// checkCost checks the cost of messages that are large or claim to be: measuring
// takes as long as decoding a small message.
func (s subject) checkCost(d *spec.Dissection) *fuzz.Difference {
	claim, claimed := falseClaim(d)
	if !claimed && len(s.b) < 1024 {
		return nil
	}
	decode := func() { s.decode() }
	start := time.Now()
	found := CheckMemory(len(s.b), decode)
	if found == nil && time.Since(start) > timeLimit(len(s.b)) {
		found = CheckTime(len(s.b), decode)
	}
	if found != nil {
		found.Rule, found.Offset, found.Field = claim.Rule, claim.Offset, claim.Field
	}
	return found
}

// falseClaim returns the first violation of a rule about a count or a size that
// can claim more than memoryFree.
func falseClaim(d *spec.Dissection) (spec.Violation, bool) {
	for _, b := range d.Violations {
		if slices.Contains(claims, b.Rule) {
			return b, true
		}
	}
	return spec.Violation{}, false
}

// claims are those rules.
var claims = []string{
	"PCHC-2.2.2.1-Size", "PCHC-2.2.1.4-cSegments", "PCCRC-2.3-cSegments", "PCCRC-2.3.1.2-cBlocks", "PCCRC-2.4.1.1-dwChunkDataLength",
	"SMB2-2.2.32.4.1-HashBlobLength", "SMB2-2.2.32.4.1-SourceFileNameLength", "SMB2-2.2.32.4.2-BufferLength", "SMB2-2.2.32.4.3-BufferLength",
	"PCCRR-2.2.2-Size", "PCCRR-2.2.3-MsgSize",
	"PCCRR-2.2.4.2-SizeOfSegmentID", "PCCRR-2.2.4.2-NeededBlocksRangeCount",
	"PCCRR-2.2.4.3-SizeOfSegmentID", "PCCRR-2.2.4.3-ReqBlockRangeCount", "PCCRR-2.2.4.3-SizeOfDataForVrfBlock",
	"PCCRR-2.2.4.4-SizeOfSegmentID", "PCCRR-2.2.4.4-CountOfSegmentIDs", "PCCRR-2.2.4.4-Blob",
	"PCCRR-2.2.5.2-SizeOfSegmentId", "PCCRR-2.2.5.2-BlockRangeCount",
	"PCCRR-2.2.5.3-SizeOfSegmentId", "PCCRR-2.2.5.3-SizeOfBlock", "PCCRR-2.2.5.3-SizeOfVrfBlock", "PCCRR-2.2.5.3-SizeOfIVBlock",
	"PCCRR-2.2.5.4-SegmentRangeCount", "PCCRR-2.2.5.4-Blob",
}

// decode decodes the bytes and drops the result.
func (s subject) decode() {
	switch s.kind {
	case spec.Response:
		_, _ = codec.DecodeResponseMessage(s.b, codec.MessageType(s.request))
	case spec.ContentV1:
		_, _ = pccrc.DecodeV1(s.b)
	case spec.ContentV2:
		_, _ = pccrc.DecodeV2(s.b)
	case spec.HashRequest:
		_, _ = smb2hash.DecodeReadHashRequest(s.b)
	case spec.HashResponse:
		_, _ = smb2hash.DecodeReadHashResponse(s.b, smb2hash.HashRetrievalType(s.request))
	case spec.RetrievalRequest, spec.RetrievalResponse:
		_, _ = s.decodeRetrieval()
	case spec.Discovery:
		_, _ = pccrd.Decode(s.b)
	default:
		r, err := codec.DecodeRequestMessage(s.b)
		if err != nil {
			return
		}
		switch r.MessageHeader.Type {
		case codec.TypeInitialOffer:
			_, _ = r.DecodeInitialOffer()
		case codec.TypeSegmentInfo:
			_, _ = r.DecodeSegmentInfo()
		case codec.TypeBatchedOffer:
			_, _ = r.DecodeBatchedOffer()
		}
	}
}

package codec

import "strings"

// Limits of messages.
const (
	// MaxDescriptors is how many SegmentDescriptors a BATCHED_OFFER_MESSAGE may
	// hold (MS-PCHC 2.2.1.5).
	MaxDescriptors = 128
	// MaxBatchedOfferLen is the length in bytes of a full BATCHED_OFFER_MESSAGE.
	MaxBatchedOfferLen = offMessageBody + MaxDescriptors*SegmentDescriptorLen
	// MaxRequestLen is the length in bytes of the longest request that
	// violates no rule: a SEGMENT_INFO_MESSAGE with 512 SHA-512 block hashes.
	// A server has to read that much, and may drop what is longer. The format
	// has no limit: a SEGMENT_INFO_MESSAGE with more block hashes, or with bytes
	// after them, is well formed, but no conforming client sends it. Up to this
	// length a server has to answer those that violate sender rules, too.
	MaxRequestLen = segmentInformationOffset + 18 + 16 + 2*64 + 4 + 512*64
)

// The transport (MS-PCHC 2.1): version 1.0 runs over HTTPS, version 2.0 over
// HTTP, each on a path and a default TCP port of its own. MajorVersionOfPath
// compares paths as servers do.
const (
	PathV1 = "/C574AC30-5794-4AEE-B1BB-6651C5315029"
	PathV2 = "/0131501b-d67f-491b-9a40-c4bf27bcb4d4"
	PortV1 = 443
	PortV2 = 80
)

// MajorVersionOfPath returns the MajorVersion of the messages that are posted
// to the URL path, with or without a trailing slash and whatever the case of
// its letters, and 0 where path is not of this protocol.
func MajorVersionOfPath(path string) uint8 {
	path = strings.TrimSuffix(path, "/")
	switch {
	case strings.EqualFold(path, PathV1):
		return 1
	case strings.EqualFold(path, PathV2):
		return 2
	}
	return 0
}

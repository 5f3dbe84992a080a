package codec

import (
	"github.com/hostedcache/pchc/pccrc"
)

// Error is the first violation of a rule in a message. It is the error type of
// package pccrc, so that a violation inside SegmentInformation reads like any
// other; its Offset then counts from the first byte of the message too.
type Error = pccrc.Error

// Rule names one rule of the specification. It is the type of package pccrc,
// whose rules apply to SegmentInformation.
type Rule = pccrc.Rule

// The format rules of MS-PCHC. Bytes that violate one of them are not correctly
// formatted (MS-PCHC 3.1.5.4): decoders reject them, encoders never write them.
const (
	RuleHeaderTruncated       Rule = "PCHC-2.2.1.1-Truncated"        // MESSAGE_HEADER is complete
	RuleMinorVersion          Rule = "PCHC-2.2.1.1-MinorVersion"     // MinorVersion is 0
	RuleMajorVersion          Rule = "PCHC-2.2.1.1-MajorVersion"     // MajorVersion is 1 or 2
	RuleType                  Rule = "PCHC-2.2.1.1-Type"             // Type is 1, 2 or 3, and that of the message asked for
	RuleConnectionTruncated   Rule = "PCHC-2.2.1.2-Truncated"        // CONNECTION_INFORMATION is complete
	RuleInitialOfferVersion   Rule = "PCHC-2.2.1.3-Version"          // INITIAL_OFFER_MESSAGE exists in version 1.0 only
	RuleHash                  Rule = "PCHC-2.2.1.3-Hash"             // Hash has 32, 48 or 64 bytes
	RuleSegmentInfoVersion    Rule = "PCHC-2.2.1.4-Version"          // SEGMENT_INFO_MESSAGE exists in version 1.0 only
	RuleContentTagTruncated   Rule = "PCHC-2.2.1.4-Truncated"        // ContentTag has 16 bytes
	RuleOneSegment            Rule = "PCHC-2.2.1.4-cSegments"        // cSegments of SegmentInformation is 1
	RuleBatchedOfferVersion   Rule = "PCHC-2.2.1.5-Version"          // BATCHED_OFFER_MESSAGE exists in version 2.0 only
	RuleMinDescriptors        Rule = "PCHC-2.2.1.5-MinDescriptors"   // at least one SegmentDescriptor
	RuleMaxDescriptors        Rule = "PCHC-2.2.1.5-MaxDescriptors"   // no more than MaxDescriptors
	RuleDescriptorTruncated   Rule = "PCHC-2.2.1.5-Truncated"        // the last SegmentDescriptor is whole
	RuleSizeOfContentTag      Rule = "PCHC-2.2.1.5-SizeOfContentTag" // SizeOfContentTag is 16
	RuleHashAlgorithm         Rule = "PCHC-2.2.1.5-HashAlgorithm"    // HashAlgorithm is 1 or 4
	RuleTransportTruncated    Rule = "PCHC-2.2.2.1-Truncated"        // Size is complete
	RuleSize                  Rule = "PCHC-2.2.2.1-Size"             // Size is 1
	RuleResponseCodeTruncated Rule = "PCHC-2.2.2.2-Truncated"        // ResponseCode is there
	RuleResponseCode          Rule = "PCHC-2.2.2.2-ResponseCode"     // ResponseCode is 0 or 1
	RuleInterested            Rule = "PCHC-2.2.2.2-Interested"       // INTERESTED answers INITIAL_OFFER_MESSAGE only
	RuleTrailing              Rule = "PCHC-2.2.2.2-Trailing"         // nothing follows ResponseCode
)

// The sender rules of MS-PCHC. They bind the sender: AppendBinary
// and CheckSenderRules report a violation, decoders accept it. Those of package
// pccrc apply to SegmentInformation as well.
const (
	RulePort                  Rule = "PCHC-2.2.1.2-Port"                     // Port is not 0
	RuleSegmentInfoReadBytes  Rule = "PCHC-2.2.1.4-dwReadBytesInLastSegment" // the segment's length, or 0
	RuleSegmentInfoBlockCount Rule = "PCHC-2.2.1.4-BlockCount"               // no more blocks than the segment has
	RuleBlockSize             Rule = "PCHC-2.2.1.5-BlockSize"                // not 0, nor more than the segment
	RuleSegmentSize           Rule = "PCHC-2.2.1.5-SegmentSize"              // not 0
)

// failed returns a copy of e that may be kept: the one allocation of whoever
// rejects something. It is not inlined, so that no function that accepts has
// one.
//
//go:noinline
func failed(e Error) error { return &e }

// truncated says of a field of so many bytes that only present are there.
func truncated(present, size int) string {
	if present == 0 {
		return "missing"
	}
	switch size {
	case 2:
		return "truncated: % of 2 bytes present"
	case 4:
		return "truncated: % of 4 bytes present"
	case 6:
		return "truncated: % of 6 bytes present"
	case 16:
		return "truncated: % of 16 bytes present"
	}
	return "truncated: % of 32 bytes present"
}

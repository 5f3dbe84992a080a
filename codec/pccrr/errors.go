package pccrr

import "github.com/hostedcache/pchc/pccrc"

// Error is the first violation of a rule in a message. It is the error type of
// package pccrc. Its Offset counts from the first byte of the HTTP body, so
// that in an answer MESSAGE_HEADER has offset 4.
type Error = pccrc.Error

// Rule names one rule of the specification. It is the type of package pccrc.
type Rule = pccrc.Rule

// The format rules of MS-PCCRR. Bytes that violate one of them are malformed:
// decoders reject them, encoders never write them.
const (
	RuleOneMessage             Rule = "PCCRR-2.1.1-OneMessage"               // nothing follows the message
	RuleDirection              Rule = "PCCRR-2.1.1-Direction"                // MsgType 0, 2, 3, 6 in requests, 1, 4, 5, 7 in answers
	RuleAlignment              Rule = "PCCRR-2.2-Alignment"                  // padding up to a multiple of 4 after inner fields
	RuleTransportTruncated     Rule = "PCCRR-2.2.2-Truncated"                // Size is complete
	RuleSize                   Rule = "PCCRR-2.2.2-Size"                     // Size is the number of bytes that follow, MaxResponseSize at most
	RuleHeaderTruncated        Rule = "PCCRR-2.2.3-Truncated"                // MESSAGE_HEADER is complete
	RuleMsgType                Rule = "PCCRR-2.2.3-MsgType"                  // MsgType is 0 to 7, and that of the message asked for
	RuleMsgSize                Rule = "PCCRR-2.2.3-MsgSize"                  // MsgSize is the length of the message
	RuleMsgSizeLimit           Rule = "PCCRR-2.2.3-MsgSizeLimit"             // MsgSize of a request is at most MaxRequestSize
	RuleCryptoAlgoId           Rule = "PCCRR-2.2.3-CryptoAlgoId"             // CryptoAlgoId is 0 to 3
	RuleNegoReqTruncated       Rule = "PCCRR-2.2.4.1-Truncated"              // MSG_NEGO_REQ is complete
	RuleGetBlkListTruncated    Rule = "PCCRR-2.2.4.2-Truncated"              // MSG_GETBLKLIST is complete
	RuleGetBlkListSegmentID    Rule = "PCCRR-2.2.4.2-SizeOfSegmentID"        // no more than the bytes hold
	RuleNeededBlocksRangeCount Rule = "PCCRR-2.2.4.2-NeededBlocksRangeCount" // no more than the bytes hold
	RuleGetBlksTruncated       Rule = "PCCRR-2.2.4.3-Truncated"              // MSG_GETBLKS is complete
	RuleGetBlksSegmentID       Rule = "PCCRR-2.2.4.3-SizeOfSegmentID"        // no more than the bytes hold
	RuleReqBlockRangeCount     Rule = "PCCRR-2.2.4.3-ReqBlockRangeCount"     // no more than the bytes hold
	RuleSizeOfDataForVrfBlock  Rule = "PCCRR-2.2.4.3-SizeOfDataForVrfBlock"  // no more than the bytes hold
	RuleGetSegListTruncated    Rule = "PCCRR-2.2.4.4-Truncated"              // MSG_GETSEGLIST is complete
	RuleCountOfSegmentIDs      Rule = "PCCRR-2.2.4.4-CountOfSegmentIDs"      // at least one, and no more than the bytes hold
	RuleGetSegListSegmentID    Rule = "PCCRR-2.2.4.4-SizeOfSegmentID"        // no more than the bytes hold
	RuleGetSegListBlob         Rule = "PCCRR-2.2.4.4-Blob"                   // SizeOfExtensibleBlob is there, and no more than the bytes hold
	RuleNegoRespTruncated      Rule = "PCCRR-2.2.5.1-Truncated"              // MSG_NEGO_RESP is complete
	RuleBlkListTruncated       Rule = "PCCRR-2.2.5.2-Truncated"              // MSG_BLKLIST is complete up to BlockRanges
	RuleBlkListSegmentId       Rule = "PCCRR-2.2.5.2-SizeOfSegmentId"        // no more than the bytes hold
	RuleBlockRangeCount        Rule = "PCCRR-2.2.5.2-BlockRangeCount"        // no more than the bytes hold
	RuleBlkListNextBlockIndex  Rule = "PCCRR-2.2.5.2-NextBlockIndex"         // NextBlockIndex is there
	RuleBlkTruncated           Rule = "PCCRR-2.2.5.3-Truncated"              // MSG_BLK is complete
	RuleBlkSegmentId           Rule = "PCCRR-2.2.5.3-SizeOfSegmentId"        // no more than the bytes hold
	RuleSizeOfBlock            Rule = "PCCRR-2.2.5.3-SizeOfBlock"            // no more than the bytes hold
	RuleBlock                  Rule = "PCCRR-2.2.5.3-Block"                  // an encrypted Block is a multiple of 16 bytes
	RuleSizeOfVrfBlock         Rule = "PCCRR-2.2.5.3-SizeOfVrfBlock"         // no more than the bytes hold
	RuleSizeOfIVBlock          Rule = "PCCRR-2.2.5.3-SizeOfIVBlock"          // no more than the bytes hold
	RuleIVBlock                Rule = "PCCRR-2.2.5.3-IVBlock"                // 16 bytes, if Block is encrypted and not empty
	RuleSegListTruncated       Rule = "PCCRR-2.2.5.4-Truncated"              // MSG_SEGLIST is complete up to SegmentRanges
	RuleSegmentRangeCount      Rule = "PCCRR-2.2.5.4-SegmentRangeCount"      // no more than the bytes hold
	RuleSegListBlob            Rule = "PCCRR-2.2.5.4-Blob"                   // SizeOfExtensibleBlob is there, and no more than the bytes hold
)

// The sender rules of MS-PCCRR. They bind the sender: AppendBinary and
// CheckSenderRules report a violation, decoders accept it.
const (
	RuleZeroPad                Rule = "PCCRR-2.2-ZeroPad"             // padding is zero
	RuleProtVer                Rule = "PCCRR-2.2.3-ProtVer"           // 2.0 in MSG_GETSEGLIST and MSG_SEGLIST, else 1.0
	RuleIndex                  Rule = "PCCRR-2.2.1.1-Index"           // 0 to 511
	RuleBlockCount             Rule = "PCCRR-2.2.1.1-Count"           // 1 to 512-Index
	RuleSegmentCount           Rule = "PCCRR-2.2.1.2-Count"           // not 0
	RuleNegoReqRange           Rule = "PCCRR-2.2.4.1-Range"           // the minimum is not above the maximum
	RuleGetBlkListSegmentIDLen Rule = "PCCRR-2.2.4.2-SegmentIDLength" // SegmentID has 32, 48 or 64 bytes
	RuleGetBlkListRanges       Rule = "PCCRR-2.2.4.2-RangeCount"      // 1 to MaxBlockRanges ranges
	RuleGetBlksSegmentIDLen    Rule = "PCCRR-2.2.4.3-SegmentIDLength" // SegmentID has 32, 48 or 64 bytes
	RuleOneBlock               Rule = "PCCRR-2.2.4.3-OneBlock"        // one range of one block
	RuleGetBlksRanges          Rule = "PCCRR-2.2.4.3-RangeCount"      // 1 to MaxBlockRanges ranges
	RuleGetBlksVrf             Rule = "PCCRR-2.2.4.3-Vrf"             // DataForVrfBlock is empty
	RuleGetSegListSegmentIDLen Rule = "PCCRR-2.2.4.4-SegmentIDLength" // each SegmentID has 32, 48 or 64 bytes
	RuleNegoRespRange          Rule = "PCCRR-2.2.5.1-Range"           // the minimum is not above the maximum
	RuleBlkListSegmentIdLen    Rule = "PCCRR-2.2.5.2-SegmentIdLength" // SegmentId has 32, 48 or 64 bytes
	RuleBlkSegmentIdLen        Rule = "PCCRR-2.2.5.3-SegmentIdLength" // SegmentId has 32, 48 or 64 bytes
	RuleBlkNextBlockIndex      Rule = "PCCRR-2.2.5.3-NextBlockIndex"  // 0, or more than BlockIndex
	RuleBlkVrf                 Rule = "PCCRR-2.2.5.3-Vrf"             // VrfBlock is empty
	RuleUnits                  Rule = "PCCRR-2.2.6.1-Units"           // ages are in hundredths of a second
)

// What makes a receiver discard an ExtensibleBlob, and keep the message that
// has it (MS-PCCRR 2.2.6). For a sender they are sender rules.
const (
	RuleBlobTruncated   Rule = "PCCRR-2.2.6-Truncated"         // ExtensibleBlobVersion is complete
	RuleBlobVersion     Rule = "PCCRR-2.2.6-Version"           // ExtensibleBlobVersion is 1
	RuleBlobV1Truncated Rule = "PCCRR-2.2.6.1-Truncated"       // SegmentAgeUnits and SegmentAgeCount are there
	RuleSegmentAgeUnits Rule = "PCCRR-2.2.6.1-SegmentAgeUnits" // 1 to 4
	RuleSegmentAgeCount Rule = "PCCRR-2.2.6.1-SegmentAgeCount" // no more than the bytes hold
)

// What is wrong with a block, once it is decrypted with the segment's key.
const (
	RuleBlockLength Rule = "PCCRR-2.2.5.3-BlockLength" // Block has the bytes that Content Information says, and if encrypted 1 to 16 more
	RulePadding     Rule = "PCCRR-2.2.5.3-Padding"     // which have their number as value (PKCS#7)
	RuleBlockHash   Rule = "PCCRR-2.2.5.3-BlockHash"   // the block has its hash
)

// failed returns a copy of e that may be kept: the one allocation of whoever
// rejects something. It is not inlined, so that no function that accepts has
// one.
//
//go:noinline
func failed(e Error) error { return &e }

// judge holds the first violation in a message, and how far the message was
// read. Once there is one, its methods do nothing.
type judge struct {
	typ       MsgType
	at        int // offset of the next field
	violated  bool
	violation Error
}

// fail notes a violation. It is not inlined, since it hardly ever happens.
//
//go:noinline
func (j *judge) fail(rule Rule, field string, index, offset int, value uint64, detail string) {
	if j.violated {
		return
	}
	j.violated = true
	j.violation = pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: j.typ.String(), Field: field, Index: [2]int{index},
		Offset: offset, Value: value, Detail: detail})
}

// err returns the violation as an error, nil if there is none.
func (j *judge) err() error {
	if j.violated {
		return failed(j.violation)
	}
	return nil
}

// truncated says of a field of so many bytes that only present are there.
func truncated(present, size int) string {
	if present == 0 {
		return "missing"
	}
	switch size {
	case 2:
		return "truncated: % of 2 bytes present"
	case 3:
		return "truncated: % of 3 bytes present"
	case 4:
		return "truncated: % of 4 bytes present"
	}
	return "truncated: % of 16 bytes present"
}

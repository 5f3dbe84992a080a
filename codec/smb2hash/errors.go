package smb2hash

import "github.com/hostedcache/pchc/pccrc"

// Error is the first violation of a rule, with its offset from the first byte of
// the buffer. It is the error type of package pccrc, so that a violation inside the
// Content Information reads like any other.
type Error = pccrc.Error

// Rule names one rule of the specification. It is the type of package pccrc, whose
// rules apply to the Content Information.
type Rule = pccrc.Rule

// The format rules. Decoders reject bytes that violate one, encoders never write
// them.
const (
	RuleRequestTruncated     Rule = "SMB2-2.2.31.2-Truncated"              // a request has 24 bytes
	RuleHashBasedTruncated   Rule = "SMB2-2.2.32.4.2-Truncated"            // Offset, BufferLength and Reserved are complete
	RuleHashBasedLength      Rule = "SMB2-2.2.32.4.2-BufferLength"         // Buffer has BufferLength bytes
	RuleFileBasedTruncated   Rule = "SMB2-2.2.32.4.3-Truncated"            // FileDataOffset to Reserved are complete
	RuleFileBasedLength      Rule = "SMB2-2.2.32.4.3-BufferLength"         // Buffer has BufferLength bytes
	RuleHeaderTruncated      Rule = "SMB2-2.2.32.4.1-Truncated"            // HASH_HEADER is complete
	RuleHeaderHashType       Rule = "SMB2-2.2.32.4.1-HashType"             // HashType is 1
	RuleHeaderHashVersion    Rule = "SMB2-2.2.32.4.1-HashVersion"          // HashVersion is 1 or 2
	RuleHashBlobLength       Rule = "SMB2-2.2.32.4.1-HashBlobLength"       // not 0 in version 1, nor past a file based Buffer
	RuleHashBlobOffset       Rule = "SMB2-2.2.32.4.1-HashBlobOffset"       // behind SourceFileName, within Buffer
	RuleSourceFileNameLength Rule = "SMB2-2.2.32.4.1-SourceFileNameLength" // SourceFileName is complete
	RuleHeaderAtStart        Rule = "SMB2-3.3.5.15.7-HashHeader"           // HASH_HEADER is at the beginning of the file, and only there; of values to be encoded
)

// The sender rules: AppendBinary and CheckSenderRules report a violation, decoders
// accept it. Those of package pccrc apply to the Content Information as well.
const (
	RuleHashType          Rule = "SMB2-2.2.31.2-HashType"            // 1
	RuleHashVersion       Rule = "SMB2-2.2.31.2-HashVersion"         // 1 or 2
	RuleHashRetrievalType Rule = "SMB2-2.2.31.2-HashRetrievalType"   // 1 or 2
	RuleRequestPair       Rule = "SMB2-3.3.5.15.7-HashRetrievalType" // version 1 is hash based, version 2 file based
	RuleRequestTrailing   Rule = "SMB2-2.2.31.2-Trailing"            // nothing follows Offset
	RuleHashBasedReserved Rule = "SMB2-2.2.32.4.2-Reserved"          // 0
	RuleFileBasedReserved Rule = "SMB2-2.2.32.4.3-Reserved"          // 0
	RuleResponsePair      Rule = "SMB2-3.3.5.15.7-HashVersion"       // version 1 is hash based, version 2 file based
	RuleVersion2Length    Rule = "SMB2-3.3.5.15.7-HashBlobLength"    // 0 in version 2
	RuleDirty             Rule = "SMB2-2.2.32.4.1-Dirty"             // 0
	RuleBlobTrailing      Rule = "SMB2-2.2.32.4.1-Trailing"          // nothing follows the Content Information in Buffer
)

// failed returns a copy of e that may be kept: the one allocation of whoever
// rejects something. It is not inlined, so that no function that accepts has one.
//
//go:noinline
func failed(e Error) error { return &e }

// truncated says of a field of so many bytes that only present are there.
func truncated(present, size int) string {
	switch {
	case present == 0:
		return "missing"
	case size == 2:
		return "truncated: % of 2 bytes present"
	case size == 4:
		return "truncated: % of 4 bytes present"
	}
	return "truncated: % of 8 bytes present"
}

// A column is a field of fixed size.
type column struct {
	name     string
	at, size int
}

// cut returns the violation of rule by a structure, at from the start of message,
// of which only present bytes are there: at its first incomplete field.
func cut(rule Rule, message string, columns []column, at, present int) Error {
	var c column
	for _, c = range columns {
		if present < c.at+c.size {
			break
		}
	}
	there := max(present-c.at, 0)
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: message, Field: c.name, Offset: at + c.at,
		Value: uint64(there), Detail: truncated(there, c.size)})
}

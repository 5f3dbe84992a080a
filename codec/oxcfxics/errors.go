package oxcfxics

import (
	"bytes"
	"strconv"
	"strings"
)

// Rule names one rule of the specification, such as
// "OXCFXICS-2.2.2.6.1-PushOverflow": the document, the section, and what the rule is
// about. Rules are comparable constants and errors, so errors.Is(err,
// RulePushOverflow) tells whether err reports that rule.
type Rule string

// Error returns the rule's name.
func (r Rule) Error() string { return string(r) }

// Name returns what the rule is about, such as "PushOverflow".
func (r Rule) Name() string {
	_, name := r.cut()
	return name
}

// Section returns where the rule stands, such as "MS-OXCFXICS 2.2.2.6.1".
func (r Rule) Section() string {
	section, _ := r.cut()
	return section
}

func (r Rule) cut() (section, name string) {
	document, rest, _ := strings.Cut(string(r), "-")
	section, name, _ = strings.Cut(rest, "-")
	return "MS-" + document + " " + section, name
}

// The format rules. Bytes that violate one of them are not what they are given for:
// decoders reject them, encoders never write them.
const (
	RuleTruncatedReplica    Rule = "OXCFXICS-2.2.2.4-TruncatedReplica"           // the REPLID or REPLGUID of a pair is complete
	RuleUnknownCommand      Rule = "OXCFXICS-2.2.2.6-UnknownCommand"             // a command is Push, Pop, Bitmask, Range or End
	RuleTruncatedCommand    Rule = "OXCFXICS-2.2.2.6-TruncatedCommand"           // a command has its operands
	RuleMissingEnd          Rule = "OXCFXICS-2.2.2.6-MissingEnd"                 // a GLOBSET has an End
	RuleGlobsetTrailing     Rule = "OXCFXICS-2.2.2.6-GlobsetTrailing"            // nothing follows End, where a GLOBSET stands alone
	RulePushOverflow        Rule = "OXCFXICS-2.2.2.6.1-PushOverflow"             // no more than six bytes are pushed
	RulePopEmptyStack       Rule = "OXCFXICS-2.2.2.6.2-PopEmptyStack"            // there is something to pop (R1966)
	RuleBitmaskStackSize    Rule = "OXCFXICS-2.2.2.6.3-BitmaskStackSize"         // five bytes are pushed
	RuleBitmaskOverflow     Rule = "OXCFXICS-2.2.2.6.3-BitmaskOverflow"          // no value above that with 0xFF as its last byte; derived
	RuleRangeLowAboveHigh   Rule = "OXCFXICS-2.2.2.6.4-RangeLowAboveHigh"        // low <= high (R214)
	RuleEndWithStack        Rule = "OXCFXICS-2.2.2.6.5-EndWithStack"             // nothing is pushed any more (R1989, R1992)
	RuleStateTruncated      Rule = "OXCFXICS-2.2.1.1-StateTruncated"             // tag, length and value are complete
	RuleStateProperty       Rule = "OXCFXICS-2.2.1.1-BadStateProperty"           // a property of a state block is one of the four
	RuleRopUnknown          Rule = "OXCROPS-2.2.2-RopUnknown"                    // RopId is one of the six
	RuleRopTruncated        Rule = "OXCFXICS-2.2.3.2-RopTruncated"               // the ROP is complete
	RuleRopTrailing         Rule = "OXCFXICS-2.2.3.2-RopTrailing"                // nothing follows a ROP that stands alone
	RuleSynchronizationType Rule = "OXCFXICS-2.2.3.2.1.1-BadSynchronizationType" // 1 or 2
	RuleBeginStateProperty  Rule = "OXCFXICS-2.2.3.2.2.1-BadStateProperty"       // StateProperty is one of the four (R733)
	RuleEmptyStreamData     Rule = "OXCFXICS-2.2.3.2.2.2-EmptyStreamData"        // StreamDataSize is not 0 (R745)
)

// The rules on how a sender arranges an IDSET. The bytes decode, and whether a
// receiver refuses them is its choice: IDSet.Arrangement reports them.
const (
	RuleGlobsetEmpty            Rule = "OXCFXICS-2.2.2.6-GlobsetEmpty"              // at least one range (R192)
	RuleRangesNotAscending      Rule = "OXCFXICS-3.1.5.4.1-RangesNotAscending"      // R1936
	RuleDuplicateValues         Rule = "OXCFXICS-3.1.5.4.1-DuplicateValues"         // R1937
	RuleAdjacentRangesNotMerged Rule = "OXCFXICS-3.1.5.4.1-AdjacentRangesNotMerged" // R1938
	RuleReplicasNotAscending    Rule = "OXCFXICS-2.2.2.4-ReplicasNotAscending"      // R186; REPLIDs by number, REPLGUIDs by their bytes
	RuleReplicaDuplicate        Rule = "OXCFXICS-3.1.5.4.1-ReplicaDuplicate"        // R1935
)

// The rules on values that a sender must not or should not put in a ROP, which is
// decoded nevertheless: Request.Warnings reports them.
const (
	RuleIdsetGivenAsBinary          Rule = "OXCFXICS-2.2.1.1.1-IdsetGivenAsBinary"            // 0x40170102 is for servers to accept
	RuleReservedSendOption          Rule = "OXCFXICS-2.2.3.2.1.1-ReservedSendOption"          // 0x20 and 0x40 are 0
	RuleReservedSynchronizationFlag Rule = "OXCFXICS-2.2.3.2.1.1-ReservedSynchronizationFlag" // 0x1000 is 0 (R703)
	RuleUnicodeFlagsDiffer          Rule = "OXCFXICS-2.2.3.2.1.1-UnicodeFlagsDiffer"          // both Unicode bits are the same (R679)
	RuleRestrictionForHierarchy     Rule = "OXCFXICS-2.2.3.2.1.1-RestrictionForHierarchy"     // RestrictionDataSize is 0 for a hierarchy (R656)
	RuleBooleanNotZeroOrOne         Rule = "OXCFXICS-2.2.3.2.4.1-BooleanNotZeroOrOne"         // IsContentsCollector is 0 or 1
)

// Error is the first violation of a rule in some bytes, or in a value to be encoded.
// Decoders and encoders return an *Error that the caller may keep. It holds no bytes
// of the input.
type Error struct {
	Rule      Rule
	Structure string // "GLOBSET", "IDSET", or the name of the ROP
	Offset    int    // of the command or field at fault, in bytes from the start of what was decoded
	Value     uint64 // what was found, as Detail says
	detail    string // with % for Value in decimal and # in hexadecimal
}

// Detail returns one clause that says what is wrong.
func (e Error) Detail() string {
	var dst []byte
	for i := range len(e.detail) {
		switch c := e.detail[i]; c {
		case '%':
			dst = strconv.AppendUint(dst, e.Value, 10)
		case '#':
			at := len(dst) + len("0x")
			dst = strconv.AppendUint(append(dst, "0x"...), e.Value, 16)
			copy(dst[at:], bytes.ToUpper(dst[at:]))
		default:
			dst = append(dst, c)
		}
	}
	return string(dst)
}

// Error returns one line such as
//
//	oxcfxics: GLOBSET: Push of 6 bytes exceeds the six of a GLOBCNT (offset 2, MS-OXCFXICS 2.2.2.6.1)
func (e Error) Error() string {
	if e.Rule == "" {
		return "oxcfxics: no violation"
	}
	return "oxcfxics: " + e.Structure + ": " + e.Detail() + " (offset " + strconv.Itoa(e.Offset) + ", " + e.Rule.Section() + ")"
}

// Unwrap returns the rule, so that errors.Is finds it.
func (e Error) Unwrap() error { return e.Rule }

// within returns e as an error of structure, which holds what e is about offset bytes
// from its start.
func (e Error) within(structure string, offset int) Error {
	e.Structure, e.Offset = structure, e.Offset+offset
	return e
}

// failed returns a copy of e that may be kept: the one allocation of whoever rejects
// something. It is not inlined, so that no function that accepts has one.
//
//go:noinline
func failed(e Error) error { return &e }

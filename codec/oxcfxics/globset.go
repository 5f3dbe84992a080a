package oxcfxics

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// MaxCounter is the highest GLOBCNT, a counter of six bytes.
const MaxCounter = 1<<48 - 1

// globcntLen is the length of a GLOBCNT in bytes.
const globcntLen = 6

// The bytes of the commands in a GLOBSET, but for Push, which is how many bytes it
// pushes (MS-OXCFXICS 2.2.2.6).
const (
	commandEnd     = 0x00
	commandBitmask = 'B'
	commandPop     = 'P'
	commandRange   = 'R'
)

// Range is a range of GLOBCNT values, from Low to High, both of them included.
type Range struct {
	Low, High uint64
}

// Globset is a GLOBSET, a set of GLOBCNT values in its serialized form (MS-OXCFXICS
// 2.2.2.6): a view of the bytes that were decoded. The zero value is not one.
type Globset struct {
	b []byte // from the first command to End
}

// DecodeGlobset decodes b, a GLOBSET and nothing else, which the result aliases. The
// error, if any, is an *Error for the first format rule that b violates.
func DecodeGlobset(b []byte) (Globset, error) {
	g, e := readGlobset(b)
	if e.Rule == "" && len(g.b) < len(b) {
		e = Error{RuleGlobsetTrailing, "GLOBSET", len(g.b), uint64(len(b) - len(g.b)), "% bytes follow End"}
	}
	if e.Rule != "" {
		return Globset{}, failed(e)
	}
	return g, nil
}

// readGlobset returns the GLOBSET that b begins with.
func readGlobset(b []byte) (Globset, Error) {
	r := globsetReader{b: b}
	for !r.ended {
		if r.command() == commandFailed {
			return Globset{}, r.violation()
		}
	}
	return Globset{b[:r.at:r.at]}, Error{}
}

// Bytes returns the serialized form, which g aliases.
func (g Globset) Bytes() []byte { return g.b }

// Clone returns a copy that aliases nothing.
func (g Globset) Clone() Globset { return Globset{slices.Clone(g.b)} }

// All iterates over the ranges in the order of the bytes. A Bitmask is as many ranges
// as it has runs of values. They need not be sorted, merged or disjoint, see
// [Normalize].
func (g Globset) All() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		r := globsetReader{b: g.b}
		for r.next() && yield(r.found) {
		}
	}
}

// AppendRanges appends the ranges to dst, as All has them.
func (g Globset) AppendRanges(dst []Range) []Range {
	r := globsetReader{b: g.b}
	for r.next() {
		dst = append(dst, r.found)
	}
	return dst
}

// Command is a command of a GLOBSET.
type Command struct {
	Code     byte   // 1 to 6 for Push
	Operands []byte // aliases the GLOBSET
}

// String returns the name of the command, for Push with the number of bytes: "Push5".
func (c Command) String() string {
	switch c.Code {
	case commandEnd:
		return "End"
	case commandBitmask:
		return "Bitmask"
	case commandPop:
		return "Pop"
	case commandRange:
		return "Range"
	}
	return "Push" + string('0'+c.Code)
}

// Commands iterates over the commands, End included.
func (g Globset) Commands() iter.Seq[Command] {
	return func(yield func(Command) bool) {
		r := globsetReader{b: g.b}
		for r.command() != commandFailed && yield(Command{g.b[r.in], g.b[r.in+1 : r.at : r.at]}) {
		}
	}
}

// outcome is what a command did.
type outcome uint8

const (
	commandFailed outcome = iota
	commandSilent         // nothing but the stack has changed
	commandFound          // found is set
	commandMasked         // low and mask are set
)

// globsetReader reads the commands of a GLOBSET. The stack of pushed groups is the
// bytes pushed in common, of which the high bytes of a value are made, and a bit for
// each place where a group begins.
type globsetReader struct {
	b  []byte
	at int // of the next command
	in int // where the last command begins

	common uint64 // the bytes pushed, as high bytes of a value
	pushed uint8  // how many
	groups uint8  // bit i: a group begins with pushed byte i
	ended  bool

	found Range
	low   uint64 // start value of a Bitmask
	mask  uint16 // values of it that are left: bit i is low+i
}

// next reads up to the next range, which is found, and reports whether there is one.
func (r *globsetReader) next() bool {
	for {
		if r.mask != 0 {
			skip := bits.TrailingZeros16(r.mask)
			run := bits.TrailingZeros16(^(r.mask >> skip))
			r.found = Range{r.low + uint64(skip), r.low + uint64(skip+run-1)}
			r.mask &^= (1<<run - 1) << skip
			return true
		}
		if r.ended {
			return false
		}
		switch r.command() {
		case commandFound:
			return true
		case commandFailed:
			return false
		}
	}
}

// command reads a command.
func (r *globsetReader) command() outcome {
	if r.at >= len(r.b) {
		return commandFailed
	}
	r.in = r.at
	operands := r.b[r.at+1:]
	switch c := r.b[r.at]; c {
	case 1, 2, 3, 4, 5, 6:
		size := r.pushed + c
		if size > globcntLen || len(operands) < int(c) {
			return commandFailed
		}
		value := r.common | bigEndian(operands, int(c))<<(8*(globcntLen-size)&63)
		r.at += 1 + int(c)
		if size == globcntLen {
			r.found = Range{value, value}
			return commandFound
		}
		r.common, r.groups, r.pushed = value, r.groups|1<<r.pushed, size
	case commandRange:
		n := int(globcntLen - r.pushed)
		if len(operands) < 2*n {
			return commandFailed
		}
		r.found = Range{r.common | bigEndian(operands, n), r.common | bigEndian(operands[n:], n)}
		if r.found.Low > r.found.High {
			return commandFailed
		}
		r.at += 1 + 2*n
		return commandFound
	case commandBitmask:
		if r.pushed != globcntLen-1 || len(operands) < 2 {
			return commandFailed
		}
		start, mask := operands[0], operands[1]
		if int(start)+bits.Len8(mask) > 0xFF {
			return commandFailed
		}
		r.low, r.mask = r.common|uint64(start), 1|uint16(mask)<<1
		r.at += 3
		return commandMasked
	case commandPop:
		if r.groups == 0 {
			return commandFailed
		}
		r.pushed = uint8(bits.Len8(r.groups) - 1)
		r.groups &^= 1 << r.pushed
		r.common &= MaxCounter << (8 * (globcntLen - r.pushed) & 63)
		r.at++
	case commandEnd:
		if r.groups != 0 {
			return commandFailed
		}
		r.ended = true
		r.at++
	default:
		return commandFailed
	}
	return commandSilent
}

// violation returns what is wrong with the command at r.at, which failed.
func (r *globsetReader) violation() Error {
	e := Error{Structure: "GLOBSET", Offset: r.at}
	if r.at >= len(r.b) {
		e.Rule, e.Value, e.detail = RuleMissingEnd, uint64(len(r.b)), "no End in % bytes"
		return e
	}
	c := r.b[r.at]
	present := len(r.b) - r.at - 1
	needed := 0
	switch {
	case c >= 1 && c <= globcntLen:
		e.Value = uint64(c)
		if e.Rule, e.detail = RulePushOverflow, "Push of % bytes exceeds the six of a GLOBCNT"; r.pushed+c > globcntLen {
			return e
		}
		needed = int(c)
	case c == commandRange:
		e.Rule, e.Value, e.detail = RuleRangeLowAboveHigh, r.found.Low, "Range begins with #, above its end"
		needed = 2 * int(globcntLen-r.pushed)
	case c == commandBitmask:
		if r.pushed != globcntLen-1 {
			e.Rule, e.Value, e.detail = RuleBitmaskStackSize, uint64(r.pushed), "Bitmask with % bytes pushed, needs 5"
			return e
		}
		needed = 2
		if present >= needed {
			e.Rule, e.Value, e.detail = RuleBitmaskOverflow, uint64(r.b[r.at+1]), "Bitmask begins with # and has values above 0xFF"
		}
	case c == commandPop:
		e.Rule, e.detail = RulePopEmptyStack, "Pop with nothing pushed"
	case c == commandEnd:
		e.Rule, e.Value, e.detail = RuleEndWithStack, uint64(r.pushed), "End with % bytes still pushed"
	default:
		e.Rule, e.Value, e.detail = RuleUnknownCommand, uint64(c), "# is not a command"
	}
	if present < needed {
		e.Rule, e.Value, e.detail = RuleTruncatedCommand, uint64(present), "command is cut: its operands have % bytes"
	}
	return e
}

// bigEndian returns the number that b begins with, of n bytes, 1 to 6. It is inlined.
func bigEndian(b []byte, n int) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b) >> ((64 - 8*n) & 63)
	}
	return bigEndianAtEnd(b[:n])
}

func bigEndianAtEnd(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

package generate_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// A fault is something that an implementation does wrong, and which messages it
// does so with.
type fault struct {
	name  string
	shows func(r *reading) bool
}

// value is a fault with the first value of a field in valid messages.
func value(message, field string, shows func(v uint64) bool) func(r *reading) bool {
	return func(r *reading) bool { return r.is(message) && shows(r.value(field)) }
}

// accepts is a fault with a value that breaks a format rule.
func accepts(rule string, shows func(v uint64) bool) func(r *reading) bool {
	return func(r *reading) bool {
		v, ok := r.found(rule)
		return ok && shows(v)
	}
}

func equals(want ...uint64) func(uint64) bool {
	return func(v uint64) bool { return slices.Contains(want, v) }
}

// anyFaults are of more than one kind of message: every field in the wrong byte
// order, with the wrong sign, cut to fewer bits.
func anyFaults() (all []fault) {
	integers := []struct {
		message, field string
		size           int
	}{
		{batch, "Port", 2}, {batch, "BlockSize", 4}, {batch, "SegmentSize", 4}, {offer, "Port", 2}, {info, "Port", 2},
		{info, "dwOffsetInFirstSegment", 4}, {info, "dwReadBytesInLastSegment", 4}, {info, "ullOffsetInContent", 8},
		{info, "cbSegment", 4}, {info, "cbBlockSize", 4}, {v1, "dwOffsetInFirstSegment", 4}, {v1, "dwReadBytesInLastSegment", 4},
		{v1, "ullOffsetInContent", 8}, {v1, "cbSegment", 4}, {v1, "cbBlockSize", 4}, {v2, "ullStartInContent", 8},
		{v2, "ullIndexOfFirstSegment", 8}, {v2, "dwOffsetInFirstSegment", 4}, {v2, "ullLengthOfRange", 8}, {v2, "cbSegment", 4},
		{blkList, "NextBlockIndex", 4}, {blk, "BlockIndex", 4}, {segList, "Index", 4},
		{readHash, "Length", 4}, {readHash, "Offset", 8}, {hashFile, "SourceFileChangeTime", 8}, {hashFile, "SourceFileSize", 8},
	}
	for _, f := range integers {
		name := f.message + " " + f.field + " "
		top := uint64(1) << (8*f.size - 1)
		all = append(all,
			fault{name + "turned around", value(f.message, f.field, func(v uint64) bool { return turned(v, f.size) })},
			fault{name + "signed", value(f.message, f.field, func(v uint64) bool { return v >= top })},
			fault{name + "just negative", value(f.message, f.field, equals(top))},
			fault{name + "just positive", value(f.message, f.field, equals(top-1))},
			fault{name + "0", value(f.message, f.field, equals(0))},
			fault{name + "at most", value(f.message, f.field, equals(top<<1-1))})
		for n := 8; n < 8*f.size; n *= 2 {
			all = append(all, fault{name + "cut short", value(f.message, f.field, func(v uint64) bool { return v>>n != 0 })})
		}
		if f.size == 8 {
			all = append(all, fault{name + "a double", value(f.message, f.field, func(v uint64) bool { return v>>53 != 0 && v&1 == 1 })})
		}
	}
	for _, rule := range generate.Rules() {
		if rule == "PCCRR-2.2.1.1-Index" || rule == "SMB2-2.2.32.4.1-SourceFileNameLength" {
			continue // never violated alone
		}
		all = append(all, fault{rule + " not looked at", func(r *reading) bool { return r.alone(rule) }})
	}
	// A rule looked at in one element only.
	for _, rule := range []string{
		"PCHC-2.2.1.5-SizeOfContentTag", "PCHC-2.2.1.5-HashAlgorithm", "PCCRC-2.3.1.2-cBlocks", "PCCRC-2.4.1.1-bChunkType",
		"PCCRC-2.4.1.1-dwChunkDataLength", "PCCRC-2.3.1.1-cbBlockSize", "PCCRC-2.4.1.2-cbSegment",
	} {
		at := func(r *reading) (first, last bool) {
			if len(r.Violations) != 1 || r.Violations[0].Rule != rule {
				return false, false
			}
			path := r.Violations[0].Field
			name := path[strings.LastIndexByte(path, '.')+1:]
			same := r.nodes(name)
			i := slices.IndexFunc(same, func(n *spec.Node) bool { return n.Offset == r.Violations[0].Offset })
			return i == 0 && len(same) > 1, i > 0 && i == len(same)-1
		}
		all = append(all,
			fault{rule + " in the first element", func(r *reading) bool { first, _ := at(r); return first }},
			fault{rule + " in the last element", func(r *reading) bool { _, last := at(r); return last }})
	}
	return all
}

// paddings reports whether a message is valid, and which of its paddings are not 0.
func paddings(r *reading, message string, header, connection bool) bool {
	if !r.is(message) {
		return false
	}
	n := r.nodes("Padding")
	return nonZero(n[0].Raw()) == header && nonZero(n[1].Raw()) == connection
}

var requestFaults = []fault{
	{"a batch of 128 refused", func(r *reading) bool { return r.is(batch) && len(r.Bytes) == 16+128*59 }},
	{"a batch of 127 refused", func(r *reading) bool { return r.is(batch) && len(r.Bytes) == 16+127*59 }},
	{"129 accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.5-MaxDescriptors") && len(r.Bytes) == 16+129*59 }},
	{"256 counted in a byte", func(r *reading) bool {
		return r.first.Rule == "PCHC-2.2.1.5-MaxDescriptors" && (len(r.Bytes)-16)/59%256 < 128
	}},
	{"what is behind 128 ignored", func(r *reading) bool {
		return r.first.Rule == "PCHC-2.2.1.5-MaxDescriptors" && len(r.Bytes) == 16+128*59+1
	}},
	{"descriptors mixed up", func(r *reading) bool { return r.is(batch) && distinct(r.nodes("SegmentDescriptor")) }},
	{"hashes and tags of descriptors mixed up", func(r *reading) bool {
		return r.is(batch) && distinct(r.nodes("SegmentHoHoDk")) && distinct(r.nodes("ContentTag"))
	}},
	{"MESSAGE_HEADER's Padding must be 0", func(r *reading) bool { return paddings(r, offer, true, false) }},
	{"CONNECTION_INFORMATION's Padding must be 0", func(r *reading) bool { return paddings(r, offer, false, true) }},
	{"Padding of a batch must be 0", func(r *reading) bool { return paddings(r, batch, true, true) }},
	{"Padding of a segment info must be 0", func(r *reading) bool { return paddings(r, info, true, true) }},
	{"Padding must not be 0", func(r *reading) bool { return paddings(r, offer, false, false) }},
	{"SizeOfContentTag ignored", func(r *reading) bool {
		return r.first.Rule == "PCHC-2.2.1.5-SizeOfContentTag" && (len(r.Bytes)-16)%59 == 0
	}},
	{"SizeOfContentTag cut to a byte", accepts("PCHC-2.2.1.5-SizeOfContentTag", func(v uint64) bool { return v&0xFF == 16 })},
	{"SizeOfContentTag up to 16", func(r *reading) bool {
		v, ok := r.found("PCHC-2.2.1.5-SizeOfContentTag")
		return ok && v < 16 && len(r.Violations) == 1
	}},
	{"SizeOfContentTag 0 accepted", accepts("PCHC-2.2.1.5-SizeOfContentTag", equals(0))},
	{"SizeOfContentTag runs over the end", accepts("PCHC-2.2.1.5-SizeOfContentTag", equals(0xFFFF))},
	{"SizeOfContentTag little-endian", accepts("PCHC-2.2.1.5-SizeOfContentTag", equals(0x1000))},
	{"HashAlgorithm 4 refused", value(batch, "HashAlgorithm", equals(4))},
	{"HashAlgorithm 1 refused", value(batch, "HashAlgorithm", equals(1))},
	{"HashAlgorithm is bits", accepts("PCHC-2.2.1.5-HashAlgorithm", equals(5))},
	{"HashAlgorithm 1 to 4", accepts("PCHC-2.2.1.5-HashAlgorithm", equals(2, 3))},
	{"HashAlgorithm 0 accepted", accepts("PCHC-2.2.1.5-HashAlgorithm", equals(0))},
	{"HashAlgorithm as in dwHashAlgo", accepts("PCHC-2.2.1.5-HashAlgorithm", equals(0x0C))},
	{"Type's high byte ignored", accepts("PCHC-2.2.1.1-Type", func(v uint64) bool { return v&0xFF == 3 })},
	{"Type little-endian", accepts("PCHC-2.2.1.1-Type", equals(0x0100))},
	{"Type 0 accepted", accepts("PCHC-2.2.1.1-Type", equals(0))},
	{"Type 4 accepted", accepts("PCHC-2.2.1.1-Type", equals(4))},
	{"version 3 accepted", accepts("PCHC-2.2.1.1-MajorVersion", equals(3))},
	{"version 0 accepted", accepts("PCHC-2.2.1.1-MajorVersion", equals(0))},
	{"MinorVersion 1 accepted", accepts("PCHC-2.2.1.1-MinorVersion", equals(1))},
	{"Hash must have 32 bytes", func(r *reading) bool { return r.is(offer) && len(r.Bytes) == 16+64 }},
	{"Hash of 48 bytes refused", func(r *reading) bool { return r.is(offer) && len(r.Bytes) == 16+48 }},
	{"Hash of multiples of 16 accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.3-Hash") && len(r.Bytes) == 16+80 }},
	{"Hash of 33 bytes accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.3-Hash") && len(r.Bytes) == 16+33 }},
	{"Hash of 20 bytes accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.3-Hash") && len(r.Bytes) == 16+20 }},
	{"no Hash accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.3-Hash") && len(r.Bytes) == 16 }},
	{"Hash above 64 bytes accepted", func(r *reading) bool { return r.alone("PCHC-2.2.1.3-Hash") && len(r.Bytes) == 16+65 }},
	{"known content tags only", func(r *reading) bool {
		return r.is(batch) && r.nodes("ContentTag")[0].Meaning == "Other" && nonZero(r.nodes("ContentTag")[0].Raw())
	}},
	{"known content tags refused", func(r *reading) bool { return r.is(info) && r.nodes("ContentTag")[0].Meaning == "SMB" }},
	{"two segments in a segment info accepted", accepts("PCHC-2.2.1.4-cSegments", equals(2))},
	{"no segments in a segment info accepted", accepts("PCHC-2.2.1.4-cSegments", equals(0))},
	{"cSegments of a segment info cut to a byte", accepts("PCHC-2.2.1.4-cSegments", func(v uint64) bool { return v != 1 && v&0xFF == 1 })},
	{"cSegments of a segment info big-endian", accepts("PCHC-2.2.1.4-cSegments", equals(0x01000000))},
	{"Version of a segment info big-endian", accepts("PCCRC-2.3-Version", func(v uint64) bool { return v == 1 })},
	{"a segment info of version 2.0", func(r *reading) bool {
		return r.Dissection.Message == info && r.first.Rule == "PCCRC-2.3-Version" && r.value("Version") == 0x0200
	}},
	{"a truncated 16-byte request", func(r *reading) bool { return len(r.Bytes) == 16 && r.first.Rule == "PCHC-2.2.1.4-Truncated" }},
	{"an empty request", func(r *reading) bool { return r.Kind == spec.Request && len(r.Bytes) == 0 }},
}

// wraps reports whether a count that breaks a rule makes a product with size
// that fits what is left once it is cut to 32 bits.
func wraps(rule, message string, hash int, size func(h int) uint64) func(r *reading) bool {
	return func(r *reading) bool {
		v, ok := r.found(rule)
		return ok && r.Dissection.Message == message && r.hashLen() == hash && v != 0 && uint64(uint32(v*size(hash))) <= r.left()
	}
}

// contentV1Faults are of Content Information 1.0, also in a
// SEGMENT_INFO_MESSAGE.
func contentV1Faults(message string) (all []fault) {
	segmentLen := func(h int) uint64 { return uint64(16 + 2*h) }
	add := func(name string, shows func(r *reading) bool) {
		all = append(all, fault{message + ": " + name, shows})
	}
	for _, h := range []int{32, 48, 64} {
		add("hashes of so many bytes refused", func(r *reading) bool { return r.is(message) && r.hashLen() == h })
		add("only the last block hash kept", func(r *reading) bool {
			return r.is(message) && r.hashLen() == h && distinct(r.nodes("BlockHashes"))
		})
		add("cBlocks times the size of a hash wraps", wraps("PCCRC-2.3.1.2-cBlocks", message, h, func(h int) uint64 { return uint64(h) }))
		add("HMAC with the wrong key", func(r *reading) bool {
			return r.is(message) && r.hashLen() == h && distinct(append(r.nodes("SegmentHashOfData"), r.nodes("SegmentSecret")...))
		})
		if message == v1 {
			add("cSegments times the size of a description wraps", wraps("PCCRC-2.3-cSegments", message, h, segmentLen))
		}
		add("no blocks accepted", func(r *reading) bool {
			v, ok := r.found("PCCRC-2.3.1.2-cBlocks")
			return ok && v == 0 && r.Dissection.Message == message && r.hashLen() == h
		})
	}
	for _, n := range []uint64{1, 2, 255, 256, 257, 511, 512} {
		add("so many blocks refused", func(r *reading) bool { return r.is(message) && r.value("cBlocks") == n })
	}
	add("cBlocks cut to two bytes", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.3.1.2-cBlocks")
		return ok && r.Dissection.Message == message && v > 0xFFFF && v&0xFFFF != 0 && v&0xFFFF*uint64(r.hashLen()) <= r.left()
	})
	add("cBlocks signed", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.3.1.2-cBlocks")
		return ok && r.Dissection.Message == message && v >= 1<<31
	})
	add("one block hash too many accepted", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.3.1.2-cBlocks")
		return ok && r.Dissection.Message == message && v == r.left()/uint64(r.hashLen())+1
	})
	add("Padding refused", func(r *reading) bool { return r.is(message) && r.alone("PCCRC-2.3-Padding") })
	add("a segment of 0 bytes divides by 0", value(message, "cbSegment", equals(0)))
	add("blocks of 0 bytes divide by 0", value(message, "cbBlockSize", equals(0)))
	for _, span := range []struct {
		name  string
		shows func(offset, read, size uint64) bool
	}{
		{"offset left out", func(offset, read, size uint64) bool { return offset != 0 && offset < size && read == 0 }},
		{"length left out", func(offset, read, size uint64) bool { return offset == 0 && read != 0 && read < size }},
		{"length from the segment's start", func(offset, read, size uint64) bool { return offset != 0 && read != 0 && offset+read < size }},
		{"length not clamped", func(offset, read, size uint64) bool { return offset < size && read <= size && offset+read > size }},
		{"length far too much", func(offset, read, size uint64) bool { return read > size }},
		{"32-bit sum wraps", func(offset, read, size uint64) bool {
			return offset != 0 && offset+read > 1<<32 && uint32(offset+read) < uint32(size)
		}},
		{"offset behind the segment", func(offset, read, size uint64) bool { return offset > size }},
		{"offset at the segment's end", func(offset, read, size uint64) bool { return offset == size && size != 0 }},
		{"just the rest", func(offset, read, size uint64) bool { return offset != 0 && offset+read == size }},
	} {
		add("one segment: "+span.name, func(r *reading) bool {
			return r.is(message) && r.value("cSegments") == 1 &&
				span.shows(r.value("dwOffsetInFirstSegment"), r.value("dwReadBytesInLastSegment"), r.value("cbSegment"))
		})
	}
	add("dwHashAlgo of SHA-1 accepted", accepts("PCCRC-2.3-dwHashAlgo", equals(0x8004)))
	add("dwHashAlgo's high bytes ignored", accepts("PCCRC-2.3-dwHashAlgo", func(v uint64) bool { return v&0xFFFF == 0x800C }))
	add("dwHashAlgo's second byte ignored", accepts("PCCRC-2.3-dwHashAlgo", func(v uint64) bool { return v>>16 == 0 && v&0xFF == 0x0C }))
	add("dwHashAlgo 0x800F accepted", accepts("PCCRC-2.3-dwHashAlgo", equals(0x800F)))
	add("dwHashAlgo 0x800B accepted", accepts("PCCRC-2.3-dwHashAlgo", equals(0x800B)))
	return all
}

var contentFaults = []fault{
	{"two segments mixed up", func(r *reading) bool { return r.is(v1) && distinct(r.nodes("segments")) }},
	{"the first block count for all", func(r *reading) bool {
		v := r.values("cBlocks")
		return r.is(v1) && len(v) > 1 && v[0] != v[1]
	}},
	{"three segments", func(r *reading) bool { return r.is(v1) && r.value("cSegments") == 3 && len(r.Violations) == 0 }},
	{"segments together 0", accepts("PCCRC-2.3-cSegments", equals(0))},
	{"range over segments: offset", func(r *reading) bool {
		return r.is(v1) && r.value("cSegments") == 2 && r.value("dwOffsetInFirstSegment") != 0 && r.value("dwReadBytesInLastSegment") == 0
	}},
	{"range over segments: length", func(r *reading) bool {
		read := r.value("dwReadBytesInLastSegment")
		return r.is(v1) && r.value("cSegments") == 2 && r.value("dwOffsetInFirstSegment") != 0 && read != 0 && read < r.values("cbSegment")[1]
	}},
	{"range over segments: too long", func(r *reading) bool {
		return r.is(v1) && r.value("cSegments") == 2 && r.value("dwReadBytesInLastSegment") > r.values("cbSegment")[1]
	}},
	{"gaps between segments refused", func(r *reading) bool { return r.is(v1) && r.alone("PCCRC-2.3.1.1-ullOffsetInContent") }},
	{"offsets that wrap are adjacent", func(r *reading) bool {
		at, size := r.values("ullOffsetInContent"), r.values("cbSegment")
		return r.is(v1) && len(at) == 2 && at[0]+size[0] == at[1] && at[1] < at[0]
	}},
	{"second chunk not read", func(r *reading) bool {
		return r.is(v2) && distinct(r.nodes("SegmentHashOfData")) && len(r.nodes("chunks")) > 1
	}},
	{"second segment of a chunk not read", func(r *reading) bool {
		return r.is(v2) && distinct(r.nodes("SegmentHashOfData")) && len(r.nodes("chunks")) == 1
	}},
	{"segments counted in a byte", func(r *reading) bool { return r.is(v1) && r.value("cSegments") == 256 && distinct(r.nodes("segments")) }},
	{"many chunks", func(r *reading) bool { return r.is(v2) && len(r.nodes("chunks")) > 128 }},
	{"many segments", func(r *reading) bool {
		return r.is(v2) && len(r.nodes("chunks")) == 1 && len(r.nodes("chunkData")) >= 257
	}},
	{"HMAC with the wrong key", func(r *reading) bool {
		return r.is(v2) && distinct(append(r.nodes("SegmentHashOfData"), r.nodes("SegmentSecret")...))
	}},
	{"bHashAlgo 1 accepted", accepts("PCCRC-2.4-bHashAlgo", equals(1))},
	{"bHashAlgo is bits", accepts("PCCRC-2.4-bHashAlgo", func(v uint64) bool { return v&4 != 0 })},
	{"bMinorVersion 1 accepted", accepts("PCCRC-2.4-bMinorVersion", equals(1))},
	{"bChunkType 1 accepted", accepts("PCCRC-2.4.1.1-bChunkType", equals(1))},
	{"an empty chunk accepted", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.4.1.1-dwChunkDataLength")
		return ok && v == 0 && len(r.Violations) == 1 && len(r.nodes("chunks")) > 1
	}},
	{"chunks of part of a segment accepted", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.4.1.1-dwChunkDataLength")
		return ok && v%68 != 0 && v <= r.left()
	}},
	{"one segment too many accepted", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.4.1.1-dwChunkDataLength")
		return ok && v%68 == 0 && v == r.left()/68*68+68
	}},
	{"one byte too few accepted", func(r *reading) bool {
		v, ok := r.found("PCCRC-2.4.1.1-dwChunkDataLength")
		return ok && v%68 == 0 && v == r.left()+1
	}},
	{"dwChunkDataLength signed", accepts("PCCRC-2.4.1.1-dwChunkDataLength", func(v uint64) bool { return v >= 1<<31 && v%68 == 0 })},
	{"dwChunkDataLength wraps to the same chunk", accepts("PCCRC-2.4.1.1-dwChunkDataLength", equals(1<<32-5))},
	{"dwChunkDataLength little-endian", accepts("PCCRC-2.4.1.1-dwChunkDataLength", equals(0x44000000))},
	{"dwChunkDataLength cut to two bytes", accepts("PCCRC-2.4.1.1-dwChunkDataLength", func(v uint64) bool { return v > 0xFFFF && v&0xFFFF == 68 })},
	{"bytes behind the last chunk ignored", func(r *reading) bool { return r.alone("PCCRC-2.4.1.1-Truncated") && len(r.nodes("chunks")) > 1 }},
	{"length 0 is no bytes", func(r *reading) bool {
		return r.is(v2) && r.value("ullLengthOfRange") == 0 && r.value("dwOffsetInFirstSegment") != 0
	}},
	{"length is an end", func(r *reading) bool {
		return r.is(v2) && r.value("ullLengthOfRange") != 0 && r.value("ullStartInContent") != 0
	}},
	{"segments of version 2.0 too long refused", value(v2, "cbSegment", func(v uint64) bool { return v > 131072 })},
	{"a segment of 131072 bytes refused", value(v2, "cbSegment", equals(131072))},
	{"an offset behind the first segment of version 2.0", func(r *reading) bool {
		return r.is(v2) && r.value("dwOffsetInFirstSegment") > r.value("cbSegment")
	}},
	{"an offset behind all segments of version 2.0", func(r *reading) bool {
		return r.is(v2) && r.value("ullLengthOfRange") == 0 && r.value("dwOffsetInFirstSegment") > 1<<30
	}},
	{"version 1.0 by the first byte", func(r *reading) bool {
		return r.first.Rule == "PCCRC-2.3-Version" && r.Bytes[0] != 0 && r.Bytes[1] == 1
	}},
	{"version 3.0 accepted", accepts("PCCRC-2.3-Version", equals(0x0300))},
	{"version 1.0 in the other byte order", accepts("PCCRC-2.3-Version", equals(1))},
	{"empty Content Information", func(r *reading) bool { return r.Kind == spec.Content && len(r.Bytes) == 0 }},
}

var responseFaults = []fault{
	{"Size ignored", func(r *reading) bool { return r.alone("PCHC-2.2.2.1-Size") && len(r.Bytes) == 5 }},
	{"Size 0 accepted", accepts("PCHC-2.2.2.1-Size", equals(0))},
	{"Size trusted", func(r *reading) bool {
		return r.first.Rule == "PCHC-2.2.2.1-Size" && r.value("Size") == uint64(len(r.Bytes)-4) && len(r.Bytes) > 5
	}},
	{"Size little-endian", accepts("PCHC-2.2.2.1-Size", equals(0x01000000))},
	{"Size cut to a byte", accepts("PCHC-2.2.2.1-Size", func(v uint64) bool { return v&0xFF == 1 })},
	{"Size cut to two bytes", accepts("PCHC-2.2.2.1-Size", func(v uint64) bool { return v&0xFFFF == 1 && v != 0x01000000 })},
	{"Size counts itself", accepts("PCHC-2.2.2.1-Size", equals(5))},
	{"code 2 accepted", accepts("PCHC-2.2.2.2-ResponseCode", equals(2))},
	{"code 255 accepted", accepts("PCHC-2.2.2.2-ResponseCode", equals(255))},
	{"code only by its low bit", accepts("PCHC-2.2.2.2-ResponseCode", func(v uint64) bool { return v&1 == 1 })},
	{"INTERESTED refused", value("RESPONSE_MESSAGE", "ResponseCode", equals(1))},
	{"one byte behind ignored", func(r *reading) bool { return r.alone("PCHC-2.2.2.2-Trailing") && len(r.Bytes) == 6 }},
	{"many bytes behind ignored", func(r *reading) bool { return r.alone("PCHC-2.2.2.2-Trailing") && len(r.Bytes) > 12 }},
	{"an empty response", func(r *reading) bool { return r.Kind == spec.Response && len(r.Bytes) == 0 }},
}

// allFaults are what must show.
func allFaults() []fault {
	return slices.Concat(anyFaults(), requestFaults, contentV1Faults(v1), contentV1Faults(info), contentFaults, responseFaults,
		retrievalFaults, segmentIDFaults(), hashFaults, discoveryFaults)
}

// Any fault shows in the sweep.
func TestSystematicShowsFaults(t *testing.T) {
	faults := allFaults()
	for _, kind := range kinds {
		for m := range generate.Systematic(kind) {
			r := read(m)
			faults = slices.DeleteFunc(faults, func(f fault) bool { return f.shows(r) })
		}
	}
	for _, f := range faults {
		t.Errorf("no message shows: %s", f.name)
	}
}

// Nearly all of them also show in some thousands of valid and broken messages.
func TestChoicesShowFaults(t *testing.T) {
	faults := allFaults()
	n := len(faults)
	r := rand.New(rand.NewPCG(1, 8))
	rules := generate.Rules()
	for i := range 2000 * len(kinds) {
		for _, m := range []fuzz.Message{generate.Valid(r, kinds[i%len(kinds)]), generate.Broken(r, rules[i%len(rules)])} {
			reading := read(m)
			faults = slices.DeleteFunc(faults, func(f fault) bool { return f.shows(reading) })
		}
	}
	if len(faults) > n/8 {
		for _, f := range faults {
			t.Logf("no message shows: %s", f.name)
		}
		t.Errorf("%d of %d faults do not show", len(faults), n)
	}
}

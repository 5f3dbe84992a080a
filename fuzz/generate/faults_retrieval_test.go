package generate_test

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// blockOf is a fault with valid MSG_BLK whose Block has a length as wanted.
func blockOf(shows func(r *reading, n int) bool) func(r *reading) bool {
	return func(r *reading) bool { return r.is(blk) && shows(r, int(r.value("SizeOfBlock"))) }
}

// blob returns the extensible blob of a valid message.
func (r *reading) blob() []byte {
	if n := r.nodes("ExtensibleBlob"); r.first.Rule == "" && len(n) == 1 {
		return n[0].Raw()
	}
	return nil
}

// isResponse reports whether r has a TRANSPORT_RESPONSE_HEADER.
func (r *reading) isResponse() bool { return r.Kind == spec.RetrievalResponse }

var retrievalFaults = []fault{
	{"an empty retrieval request", func(r *reading) bool { return r.Kind == spec.RetrievalRequest && len(r.Bytes) == 0 }},
	{"an empty retrieval response", func(r *reading) bool { return r.isResponse() && len(r.Bytes) == 0 }},
	{"Size counts itself", func(r *reading) bool {
		return r.alone("PCCRR-2.2.2-Size") && r.value("Size") == uint64(len(r.Bytes))
	}},
	{"Size ignored", func(r *reading) bool { return r.alone("PCCRR-2.2.2-Size") }},
	{"no limit of Size", func(r *reading) bool {
		return r.alone("PCCRR-2.2.2-Size") && r.value("Size") == uint64(len(r.Bytes)-4)
	}},
	{"the limit of Size is that of requests", func(r *reading) bool { return r.is(blk) && len(r.Bytes) > 98308 }},
	{"just the limit of Size", func(r *reading) bool { return r.is(blk) && len(r.Bytes) == 393220 }},
	{"just the limit of MsgSize", func(r *reading) bool { return r.is(getSegList) && len(r.Bytes) == 98304 }},
	{"MsgSize with the 4 bytes of Size", func(r *reading) bool {
		return r.alone("PCCRR-2.2.3-MsgSize") && r.isResponse() && r.value("MsgSize") == uint64(len(r.Bytes))
	}},
	{"MsgSize without the header", func(r *reading) bool {
		return r.alone("PCCRR-2.2.3-MsgSize") && !r.isResponse() && r.value("MsgSize") == uint64(len(r.Bytes)-16)
	}},
	{"MsgSize little-endian", accepts("PCCRR-2.2.3-MsgSize", func(v uint64) bool { return v>>24 != 0 && v&0xFFFF == 0 })},
	{"bytes behind the message ignored, in MsgSize", func(r *reading) bool { return r.alone("PCCRR-2.1.1-OneMessage") }},
	{"a request in a response", func(r *reading) bool { return r.alone("PCCRR-2.1.1-Direction") && r.isResponse() }},
	{"a response in a request", func(r *reading) bool { return r.alone("PCCRR-2.1.1-Direction") && !r.isResponse() }},
	{"MsgType little-endian", accepts("PCCRR-2.2.3-MsgType", equals(0x02000000))},
	{"MsgType cut to a byte", accepts("PCCRR-2.2.3-MsgType", func(v uint64) bool { return v > 255 && v&0xFF <= 7 })},
	{"MsgType 8 accepted", accepts("PCCRR-2.2.3-MsgType", equals(8))},
	{"CryptoAlgoId 4 accepted", accepts("PCCRR-2.2.3-CryptoAlgoId", equals(4))},
	{"CryptoAlgoId little-endian", accepts("PCCRR-2.2.3-CryptoAlgoId", equals(0x01000000))},
	{"ProtVer has the major number first", func(r *reading) bool { return r.alone("PCCRR-2.2.3-ProtVer") && r.value("MinorVersion") == 1 }},
	{"version 2.0 of version 1.0 messages refused", func(r *reading) bool { return r.is(getBlks) && r.value("MajorVersion") == 2 }},
	{"version 1.0 of version 2.0 messages refused", func(r *reading) bool { return r.is(segList) && r.value("MajorVersion") == 1 }},
	{"Min and Max mixed up", func(r *reading) bool {
		return r.is("MSG_NEGO_REQ") && string(r.nodes("MinSupportedProtocolVersion")[0].Raw()) != string(r.nodes("MaxSupportedProtocolVersion")[0].Raw())
	}},
	{"256 ranges refused", func(r *reading) bool { return r.is(getBlkList) && r.value("NeededBlocksRangeCount") == 256 }},
	{"no ranges refused", func(r *reading) bool { return r.is(getBlkList) && r.value("NeededBlocksRangeCount") == 0 }},
	{"257 ranges refused", func(r *reading) bool { return r.is(getBlkList) && r.value("NeededBlocksRangeCount") == 257 }},
	{"an empty list refused", func(r *reading) bool { return r.is(blkList) && r.value("BlockRangeCount") == 0 }},
	{"no segments refused", func(r *reading) bool { return r.is(segList) && r.value("SegmentRangeCount") == 0 }},
	{"a count of ranges wraps", accepts("PCCRR-2.2.4.2-NeededBlocksRangeCount", func(v uint64) bool { return v >= 1<<29 && v&(1<<29-1) < 100 })},
	{"a count of ranges wraps in a response", accepts("PCCRR-2.2.5.2-BlockRangeCount", func(v uint64) bool { return v >= 1<<29 && v&(1<<29-1) < 100 })},
	{"the first range for all", func(r *reading) bool { return r.is(getBlkList) && distinct(r.nodes("NeededBlockRanges")) }},
	{"Index and Count mixed up", func(r *reading) bool { return r.is(blkList) && r.value("Index") != r.value("Count") }},
	{"the whole segment refused", func(r *reading) bool {
		return r.is(getBlkList) && len(r.Violations) == 0 && r.value("Index") == 0 && r.value("Count") == 512
	}},
	{"the last block refused", func(r *reading) bool { return r.is(getBlks) && len(r.Violations) == 0 && r.value("Index") == 511 }},
	{"Index+Count wraps", func(r *reading) bool {
		return r.is(getBlkList) && r.alone("PCCRR-2.2.1.1-Count") && r.value("Count") > 1<<31
	}},
	{"two ranges refused", func(r *reading) bool { return r.is(getBlks) && r.value("ReqBlockRangeCount") == 2 }},
	{"DataForVrfBlock is of ranges", func(r *reading) bool { return r.is(getBlks) && r.value("SizeOfDataForVrfBlock")%8 != 0 }},
	{"DataForVrfBlock is padded", func(r *reading) bool { return r.is(getBlks) && r.value("SizeOfDataForVrfBlock")%4 != 0 }},
	{"no NextBlockIndex accepted", func(r *reading) bool {
		return r.alone("PCCRR-2.2.5.2-NextBlockIndex") && len(r.nodes("NextBlockIndex")) == 0
	}},
	{"BlockIndex and NextBlockIndex mixed up", func(r *reading) bool { return r.is(blk) && r.value("BlockIndex") != r.value("NextBlockIndex") }},
	{"an empty block refused", blockOf(func(_ *reading, n int) bool { return n == 0 })},
	{"a vector without a block refused", blockOf(func(r *reading, n int) bool { return n == 0 && r.value("SizeOfIVBlock") == 16 })},
	{"a vector without encryption refused", blockOf(func(r *reading, n int) bool { return r.value("CryptoAlgoId") == 0 && r.value("SizeOfIVBlock") == 16 })},
	{"no vector without encryption refused", blockOf(func(r *reading, n int) bool {
		return r.value("CryptoAlgoId") == 0 && n > 0 && r.value("SizeOfIVBlock") == 0
	})},
	{"64 KiB refused", blockOf(func(_ *reading, n int) bool { return n == 65536 })},
	{"64 KiB in AES refused", blockOf(func(r *reading, n int) bool { return n == 65552 && r.value("CryptoAlgoId") != 0 })},
	{"128 KiB refused", blockOf(func(_ *reading, n int) bool { return n == 131072 })},
	{"128 KiB in AES refused", blockOf(func(r *reading, n int) bool { return n == 131088 && r.value("CryptoAlgoId") != 0 })},
	{"SizeOfBlock cut to two bytes", blockOf(func(_ *reading, n int) bool { return n > 65536 })},
	{"1 byte of padding behind a block", blockOf(func(_ *reading, n int) bool { return n%4 == 3 })},
	{"2 bytes of padding behind a block", blockOf(func(_ *reading, n int) bool { return n%4 == 2 })},
	{"3 bytes of padding behind a block", blockOf(func(_ *reading, n int) bool { return n%4 == 1 })},
	{"padding that is not zero refused", func(r *reading) bool { return r.is(blk) && r.alone("PCCRR-2.2-ZeroPad") }},
	{"VrfBlock is not padded", func(r *reading) bool { return r.is(blk) && r.value("SizeOfVrfBlock")%4 != 0 }},
	{"IVBlock is padded", func(r *reading) bool { return r.is(blk) && r.value("SizeOfIVBlock")%4 != 0 }},
	{"a block of no whole AES blocks accepted", func(r *reading) bool { return r.alone("PCCRR-2.2.5.3-Block") }},
	{"a vector of 12 bytes accepted", func(r *reading) bool { return r.alone("PCCRR-2.2.5.3-IVBlock") && r.value("SizeOfIVBlock") == 12 }},
	{"no vector accepted", func(r *reading) bool { return r.alone("PCCRR-2.2.5.3-IVBlock") && r.value("SizeOfIVBlock") == 0 }},
	{"SizeOfBlock signed", accepts("PCCRR-2.2.5.3-SizeOfBlock", func(v uint64) bool { return v >= 1<<31 })},
	{"SizeOfIVBlock one too many", func(r *reading) bool {
		v, ok := r.found("PCCRR-2.2.5.3-SizeOfIVBlock")
		return ok && v == r.left()+1
	}},
	{"no identifiers accepted", accepts("PCCRR-2.2.4.4-CountOfSegmentIDs", equals(0))},
	{"identifiers of one length only", func(r *reading) bool {
		v := r.values("SizeOfSegmentID")
		return r.is(getSegList) && len(v) > 1 && v[0] != v[len(v)-1]
	}},
	{"identifiers mixed up", func(r *reading) bool { return r.is(getSegList) && distinct(r.nodes("SegmentIDs")) }},
	{"the last identifier is not padded", func(r *reading) bool {
		v := r.values("SizeOfSegmentID")
		return r.is(getSegList) && v[len(v)-1]%4 != 0
	}},
	{"more than 255 identifiers", func(r *reading) bool { return r.is(getSegList) && r.value("CountOfSegmentIDs") > 255 }},
	{"SizeOfExtensibleBlob may be missing", func(r *reading) bool {
		return r.alone("PCCRR-2.2.4.4-Blob") && len(r.nodes("SizeOfExtensibleBlob")) == 0
	}},
	{"SizeOfExtensibleBlob of a response may be missing", func(r *reading) bool {
		return r.alone("PCCRR-2.2.5.4-Blob") && len(r.nodes("SizeOfExtensibleBlob")) == 0
	}},
	{"a longer blob refused", func(r *reading) bool {
		b := r.blob()
		return len(r.Violations) == 0 && len(b) > 4 && len(b) > 4+4*int(b[3])
	}},
	{"no ages in a blob", func(r *reading) bool { b := r.blob(); return len(r.Violations) == 0 && len(b) == 4 }},
	{"255 ages in a blob", func(r *reading) bool { b := r.blob(); return len(r.Violations) == 0 && len(b) > 4 && b[3] == 255 }},
	{"a message with a bad blob refused", func(r *reading) bool { return r.alone("PCCRR-2.2.6-Version") && r.first.Rule == "" }},
	{"the blob is padded", func(r *reading) bool { return len(r.blob())%4 != 0 }},
	{"a range of no segments refused", func(r *reading) bool { return r.is(segList) && r.alone("PCCRR-2.2.1.2-Count") }},
	{"segments after 2^32", func(r *reading) bool { return r.is(segList) && r.value("Index")+r.value("Count") > 1<<32 }},
}

// segmentIDFaults are of the identifiers in all messages.
func segmentIDFaults() (all []fault) {
	for _, message := range []string{getBlkList, getBlks, getSegList, blkList, blk} {
		size := func(r *reading) uint64 { return max(r.value("SizeOfSegmentID"), r.value("SizeOfSegmentId")) }
		for _, n := range []uint64{0, 1, 2, 3, 4, 16, 31, 32, 33, 47, 48, 49, 63, 64, 65} {
			all = append(all, fault{message + ": identifiers of so many bytes refused", func(r *reading) bool { return r.is(message) && size(r) == n }})
		}
		all = append(all,
			fault{message + ": the size of an identifier signed", func(r *reading) bool {
				v, ok := r.foundIn(message, "-SizeOfSegmentI")
				return ok && v >= 1<<31
			}},
			fault{message + ": one byte too many accepted", func(r *reading) bool {
				v, ok := r.foundIn(message, "-SizeOfSegmentI")
				return ok && v == r.left()+1
			}},
			fault{message + ": padding that is not zero refused", func(r *reading) bool {
				return r.is(message) && slices.ContainsFunc(r.Violations, func(v spec.Violation) bool { return strings.HasSuffix(v.Field, "ZeroPad") })
			}})
		for missing := 1; missing <= 3; missing++ {
			all = append(all, fault{message + ": padding missing at the end", func(r *reading) bool {
				return r.Dissection.Message == message && r.first.Rule == "PCCRR-2.2-Alignment" && (len(r.Bytes)+missing)%4 == 0
			}})
		}
	}
	return all
}

// foundIn is found for the rule whose id has that part, in a message.
func (r *reading) foundIn(message, part string) (v uint64, ok bool) {
	if r.Dissection.Message != message || !strings.Contains(r.first.Rule, part) {
		return 0, false
	}
	return r.found(r.first.Rule)
}

// form reports whether r is a valid response of that form, with a HASH_HEADER or not.
func (r *reading) form(file, header bool) bool {
	return r.is(hashFile) && len(r.nodes("FileDataLength")) > 0 == file && len(r.nodes("HASH_HEADER")) > 0 == header
}

var hashFaults = []fault{
	{"HashRetrievalType and HashVersion mixed up", func(r *reading) bool {
		return r.is(readHash) && r.value("HashRetrievalType") != r.value("HashVersion")
	}},
	{"a request with bytes behind refused", func(r *reading) bool { return r.is(readHash) && len(r.nodes("Trailing")) > 0 }},
	{"an empty buffer", func(r *reading) bool { return r.Kind == spec.HashResponse && len(r.Bytes) == 0 }},
	{"no HASH_HEADER in a hash based response", func(r *reading) bool { return r.form(false, false) }},
	{"HASH_HEADER in a hash based response", func(r *reading) bool { return r.form(false, true) }},
	{"no HASH_HEADER in a file based response", func(r *reading) bool { return r.form(true, false) }},
	{"HASH_HEADER in a file based response", func(r *reading) bool { return r.form(true, true) }},
	{"a part of Content Information", func(r *reading) bool {
		return r.form(false, true) && len(r.nodes("ContentInformationPart")) > 0
	}},
	{"HashBlobOffset ignored", func(r *reading) bool { return r.is(hashFile) && len(r.nodes("Gap")) > 0 }},
	{"HashBlobLength ignored", func(r *reading) bool { return r.form(false, true) && len(r.nodes("Trailing")) > 0 }},
	{"HashBlobLength 0 refused", func(r *reading) bool { return r.form(true, true) && r.value("HashBlobLength") == 0 }},
	{"HashBlobLength 0 accepted in version 1", func(r *reading) bool {
		v, ok := r.found("SMB2-2.2.32.4.1-HashBlobLength")
		return ok && v == 0
	}},
	{"no name refused", func(r *reading) bool {
		return r.is(hashFile) && len(r.nodes("SourceFileName")) > 0 && r.value("SourceFileNameLength") == 0
	}},
	{"a long name refused", func(r *reading) bool { return r.is(hashFile) && r.value("SourceFileNameLength") > 30 }},
	{"SourceFileNameLength signed", accepts("SMB2-2.2.32.4.1-SourceFileNameLength", func(v uint64) bool { return v >= 1<<15 })},
	{"BufferLength with what precedes it", func(r *reading) bool {
		v, ok := r.found("SMB2-2.2.32.4.2-BufferLength")
		return ok && v == uint64(len(r.Bytes))
	}},
	{"BufferLength signed", accepts("SMB2-2.2.32.4.3-BufferLength", func(v uint64) bool { return v >= 1<<31 })},
	{"a Dirty file refused", func(r *reading) bool { return r.is(hashFile) && r.alone("SMB2-2.2.32.4.1-Dirty") }},
	{"Content Information of the response not looked at", func(r *reading) bool {
		return r.Dissection.Message == hashFile && strings.HasPrefix(r.first.Rule, "PCCRC-2.3")
	}},
	{"Content Information 2.0 of the response not looked at", func(r *reading) bool {
		return r.Dissection.Message == hashFile && strings.HasPrefix(r.first.Rule, "PCCRC-2.4")
	}},
	{"Content Information before other bytes not looked at", func(r *reading) bool {
		return r.Dissection.Message == hashFile && strings.HasPrefix(r.first.Rule, "PCCRC-2.4") && len(r.nodes("Trailing")) > 0
	}},
}

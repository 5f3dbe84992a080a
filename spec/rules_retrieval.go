package spec

// The functions of the tables of MS-PCCRR that compare several fields.

// isResponse reports whether a response is read.
func (w *walk) isResponse() bool { return w.stack[0].layout.Kind == RetrievalResponse }

// direction: each type is one of requests or one of responses.
func direction(w *walk, n *Node) string {
	response := n.Value == 1 || n.Value == 4 || n.Value == 5 || n.Value == 7
	switch {
	case n.Value > 7 || response == w.isResponse():
		return ""
	case response:
		return is(n.Value) + ", that of a response, in a request"
	}
	return is(n.Value) + ", that of a request, in a response"
}

// msgSize: MsgSize is the length of the message.
func msgSize(w *walk, n *Node) string {
	if size := uint64(w.end - w.top().node.Offset); n.Value != size {
		return is(n.Value) + ", but the message has " + count(int(size), "byte")
	}
	return ""
}

func msgSizeLimit(w *walk, n *Node) string {
	if limit := uint64(maxRetrievalRequest); n.Value > limit && !w.isResponse() {
		return is(n.Value) + ", must be at most " + decimals(limit)
	}
	return ""
}

// responseSize: Size is the number of bytes behind it, and at most 384 KiB.
func responseSize(w *walk, n *Node) string {
	switch size := uint64(w.end - n.Offset - 4); {
	case n.Value != size:
		return is(n.Value) + ", but " + count(int(size), "byte") + " follow"
	case size > maxRetrievalResponse:
		return is(n.Value) + ", must be at most " + decimals(maxRetrievalResponse)
	}
	return ""
}

// versionRange: the minimum is not above the maximum.
func versionRange(w *walk, n *Node) string {
	number := func(n *Node) (uint64, bool) {
		minor, major := n.find("MinorVersion"), n.find("MajorVersion")
		if minor == nil || major == nil {
			return 0, false
		}
		return major.Value<<16 | minor.Value, true
	}
	low, ok := number(n)
	top := w.top().node.Child("MaxSupportedProtocolVersion")
	if top == nil || !ok {
		return ""
	}
	if high, ok := number(top); ok && low > high {
		return "is above MaxSupportedProtocolVersion"
	}
	return ""
}

// blocksInSegment: a range has blocks, and no more than a segment.
func blocksInSegment(w *walk, n *Node) string {
	if n.Value == 0 || w.top().node.find("Index").Value+n.Value > maxBlocks {
		return is(n.Value) + ", must be 1 to 512-Index"
	}
	return ""
}

func oneBlock(_ *walk, n *Node) string {
	if n.Value != 1 {
		return is(n.Value) + ", must be 1"
	}
	return ""
}

// nextBlock: the next block that the server has comes after this one.
func nextBlock(w *walk, n *Node) string {
	if n.Value != 0 && n.Value <= w.top().node.find("BlockIndex").Value {
		return is(n.Value) + ", must be 0 or more than BlockIndex"
	}
	return ""
}

// encrypted reports whether CryptoAlgoId is one of an encryption.
func (w *walk) encrypted() bool { return w.lookup("CryptoAlgoId")-1 < 3 }

// encryptedBlock: AES encrypts 16 bytes at once.
func encryptedBlock(w *walk, n *Node) string {
	if w.encrypted() && n.Value%aesBlock != 0 {
		return is(n.Value) + ", must be a multiple of 16 with AES"
	}
	return ""
}

// vectorLength: AES in CBC mode has an initialization vector of 16 bytes.
func vectorLength(w *walk, n *Node) string {
	if size := w.top().node.find("SizeOfBlock"); w.encrypted() && size != nil && size.Value > 0 && n.Value != aesBlock {
		return is(n.Value) + ", must be 16 with AES"
	}
	return ""
}

// padding returns the number of bytes that fill up to a multiple of 4 what a field
// counts.
func (w *walk) padding(by string) int { return int(-w.lookup(by) & 3) }

package spec

import (
	"cmp"
	"slices"
)

// In a malformed message, bytes of a key may be anywhere: one lost byte or another
// dwHashAlgo shifts every field behind it. What may be such bytes is secret, too.

// hideKeys marks the nodes that may hold bytes of a key, apart from SegmentSecret.
func (d *Dissection) hideKeys() {
	root := &d.Root
	switch d.Message {
	case "UNKNOWN":
		root.Child("MessageBody").hide()
	case "RESPONSE_MESSAGE":
		root.Child("Trailing").hide()
	case "BATCHED_OFFER_MESSAGE":
		// It holds no key, unless it is a SEGMENT_INFO_MESSAGE with another Type.
		if first, malformed := d.First(); malformed && first.Rule == "PCHC-2.2.1.5-Version" {
			root.Child("SegmentDescriptor").hide()
		}
	case "INITIAL_OFFER_MESSAGE":
		// So is this one if it is long enough for that.
		if hash := root.Child("Hash"); hash != nil && hash.length > 64 {
			hash.hide()
		}
	case "SEGMENT_INFO_MESSAGE":
		d.hideKeysIn(root.Child("SegmentInformation"))
	case "SRV_READ_HASH_REQUEST":
		root.Child("Trailing").hide()
	case "SRV_READ_HASH_RESPONSE":
		buffer := root.Child("Buffer")
		for _, name := range []string{"Gap", "ContentInformationPart", "Trailing"} {
			buffer.Child(name).hide()
		}
		for _, name := range []string{"CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2"} {
			content := buffer.Child(name)
			d.hideKeysIn(content)
			if d.violatesVersion(content) { // HashBlobOffset is wrong: it may begin in a key
				content.hide()
			}
		}
		if !d.Valid() || d.Unread > 0 {
			root.hideStrings()
		}
	default:
		d.hideKeysIn(root)
	}
}

// hideKeysIn marks the Padding of Content Information, which may be nil. If it is
// malformed, so is every byte string, and each integer of a segment that cannot be
// right.
func (d *Dissection) hideKeysIn(content *Node) {
	if content == nil {
		return
	}
	content.Child("Padding").hide()
	if !d.violatesFrom(content.Offset) && d.Unread == 0 { // otherwise who knows
		return
	}
	content.hideStrings()
	segments := content.Child("segments").elements() // version 1.0
	for i := range segments {
		if size := segments[i].Child("cbBlockSize"); size == nil || size.Value != blockSizeV1 {
			d.hideIntegers(&segments[i])
		}
	}
	blocks := content.Child("blocks").elements()
	for i := range blocks {
		if n := blocks[i].Child("cBlocks"); n != nil && n.Value > segmentSizeV1/blockSizeV1 {
			d.hideIntegers(&blocks[i])
		}
	}
	chunks := content.Child("chunks").elements() // version 2.0
	for i := range chunks {
		if kind := chunks[i].Child("bChunkType"); kind == nil || kind.Value != 0 {
			d.hideIntegers(&chunks[i])
		}
		segments := chunks[i].Child("chunkData").elements()
		for j := range segments {
			if size := segments[j].Child("cbSegment"); size == nil || size.Value > maxSegmentSizeV2 {
				d.hideIntegers(&segments[j])
			}
		}
	}
}

// violatesFrom reports whether a format rule is violated at that offset or behind it.
func (d *Dissection) violatesFrom(offset int) bool {
	for i := range d.Violations {
		if v := &d.Violations[i]; v.Class == Format && v.Offset >= offset {
			return true
		}
	}
	return false
}

// violatesVersion reports whether the first two bytes of n, which may be nil, are no
// version of Content Information.
func (d *Dissection) violatesVersion(n *Node) bool {
	if n == nil {
		return false
	}
	for i := range d.Violations {
		switch v := &d.Violations[i]; v.Rule {
		case "PCCRC-2.3-Version", "PCCRC-2.4-bMinorVersion", "PCCRC-2.4-bMajorVersion":
			if n.Offset <= v.Offset && v.Offset < n.Offset+2 {
				return true
			}
		}
	}
	return false
}

// hide marks everything in n, which may be nil.
func (n *Node) hide() {
	if n == nil {
		return
	}
	n.Secret = n.Form != Structure && n.Form != List
	for i := range n.Children {
		n.Children[i].hide()
	}
}

// hideStrings marks the leaves of n that are no integers.
func (n *Node) hideStrings() {
	n.Secret = n.Secret || n.Form == Bytes || n.Form == Rest
	for i := range n.Children {
		n.Children[i].hideStrings()
	}
}

// hideIntegers marks the integers of a structure, and removes the numbers from the
// violations of rules for senders there. A violated format rule is about a count or
// a length: its number stays.
func (d *Dissection) hideIntegers(n *Node) {
	for i := range n.Children {
		c := &n.Children[i]
		if c.Form != Integer {
			continue
		}
		c.Secret = true
		at, _ := slices.BinarySearchFunc(d.Violations, c.Offset, func(v Violation, offset int) int { return cmp.Compare(v.Offset, offset) })
		for ; at < len(d.Violations) && d.Violations[at].Offset == c.Offset; at++ {
			if v := &d.Violations[at]; v.Class == Sender {
				v.Detail, v.Value = "is out of range (redacted: it may be part of a key)", 0
			}
		}
	}
}

// elements returns the children of a list, which may be nil.
func (n *Node) elements() []Node {
	if n == nil {
		return nil
	}
	return n.Children
}

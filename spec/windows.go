package spec

import "slices"

// WindowsAnswersOK reports whether a Windows hosted cache answers OK to the
// malformed request d and ignores it, although it must drop it (MS-PCHC 3.1.5.4).
// Windows servers were seen to do so only if d has one format violation: an
// unknown HashAlgorithm in a batch or, in a SEGMENT_INFO_MESSAGE, a wrong Version,
// an unknown dwHashAlgo, no segments, or two; and no bytes are missing. d must list all violations: it is
// not made with OncePerRule.
func (d *Dissection) WindowsAnswersOK() bool {
	var only *Violation
	for i := range d.Violations {
		v := &d.Violations[i]
		switch {
		case v.Class != Format:
		case only != nil:
			return false
		default:
			only = v
		}
	}
	switch {
	case only == nil:
	case d.Message == "BATCHED_OFFER_MESSAGE":
		return only.Rule == "PCHC-2.2.1.5-HashAlgorithm"
	case d.Message == "SEGMENT_INFO_MESSAGE":
		switch only.Rule {
		case "PCCRC-2.3-Version":
			return true
		case "PCCRC-2.3-dwHashAlgo":
			return d.wholeWithSomeHash(only.Offset)
		case "PCHC-2.2.1.4-cSegments":
			blocks := d.Root.Child("SegmentInformation").Child("blocks")
			return only.Value == 0 || only.Value == 2 && blocks != nil && len(blocks.Children) == 2 // not only claimed
		}
	}
	return false
}

// wholeWithSomeHash reports whether the message is valid with one of the hash
// functions that there are in the place of the unknown dwHashAlgo at that offset,
// which leaves open how long the rest must be.
func (d *Dissection) wholeWithSomeHash(offset int) bool {
	message := slices.Clone(d.Root.Raw())
	for _, function := range contentHashes {
		contentV1.field("dwHashAlgo").put(message[offset:offset+4], function.Value)
		if Dissect(Request, message).Valid() {
			return true
		}
	}
	return false
}

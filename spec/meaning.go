package spec

import "strconv"

// meaning returns the meaning of the value of a leaf, or "".
func (f *LayoutField) meaning(n *Node) string {
	if f.Symbols != nil {
		if s, ok := named(f.Symbols, n.Value); ok {
			return s.Text
		}
	}
	switch f.Notation {
	case Octets:
		return roundSize(n.Value)
	case Tag:
		return tagName(n.Raw())
	}
	return ""
}

// roundSize writes a round number of bytes in KiB or MiB.
func roundSize(v uint64) string {
	switch {
	case v == 0 || v%(1<<10) != 0:
		return ""
	case v == blockSizeV1:
		return "64 KiB" // in every descriptor of many batches: worth no allocation
	case v%(1<<20) != 0:
		return strconv.FormatUint(v>>10, 10) + " KiB"
	}
	return strconv.FormatUint(v>>20, 10) + " MiB"
}

// tagName names a content tag as Windows does in its statistics.
func tagName(tag []byte) string {
	if len(tag) != len(contentTags[0].Tag) {
		return ""
	}
	for i := range contentTags {
		if string(tag) == contentTags[i].Tag {
			return contentTags[i].Text
		}
	}
	return "Other"
}

// nameAndNumber writes a value of the field that has a name: "INTERESTED (1)".
func (f *LayoutField) nameAndNumber(v uint64) string {
	s, _ := named(f.Symbols, v)
	return s.Text + " (" + decimals(v) + ")"
}

func (f *LayoutField) appendNumber(words []byte, v uint64) []byte {
	if f.Notation != Hexadecimal {
		return strconv.AppendUint(words, v, 10)
	}
	words = append(words, "0x"...)
	digits := len(words)
	words = strconv.AppendUint(words, v, 16)
	for i, c := range words[digits:] {
		if c >= 'a' {
			words[digits+i] = c - 'a' + 'A'
		}
	}
	return words
}

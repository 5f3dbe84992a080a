package capturepage

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/message"
)

// packer writes the messages of an exchange as JSON, compressed, in base64.
//
//	[{"h":"request","n":"BATCHED_OFFER_MESSAGE","l":75,"s":"MS-PCHC 2.2.1.5","t":["a line above the tree"],
//	  "b":"<base64 of the bytes on the page>","g":[[from,length,kind],...],
//	  "r":[[offset,length,depth,kind,name,value],...],"k":rows left out}]
//
// The bytes are those of the message without the gaps g. Each gap is of one of the kinds
// below.
type packer struct {
	text    []byte
	packed  bytes.Buffer
	deflate *flate.Writer
	gaps    []byte // of each byte of a message, its kind
	kept    []byte
}

// The kinds of gaps.
const (
	shown  = iota
	secret // redacted
	long   // of a field that is longer than MostOfField
	beyond // of a message, of which MostBytes are on the page
)

// pack returns the messages, or a message of a neighbouring protocol.
func (p *packer) pack(t *message.Text, o *message.Overview, n *message.Neighbour) string {
	b := append(p.text[:0], '[')
	for i := range o.Parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.part(b, t, &o.Parts[i])
	}
	if n != nil {
		b = p.neighbour(b, n)
	}
	p.text = append(b, ']')
	p.packed.Reset()
	if p.deflate == nil {
		p.deflate, _ = flate.NewWriter(nil, flate.DefaultCompression) // a level that exists
	}
	p.deflate.Reset(&p.packed)
	_, _ = p.deflate.Write(p.text) // a Buffer does not fail
	_ = p.deflate.Close()
	return base64.StdEncoding.EncodeToString(p.packed.Bytes())
}

func (p *packer) part(b []byte, t *message.Text, m *message.Part) []byte {
	d := m.Dissection
	b = head(b, m.Note, d.Message, len(m.Body), d.Root.Section, m.HTTP)
	open := t.ShowSecrets || strings.HasPrefix(d.Root.Section, "MS-PCCRD ") // text, which holds no key
	p.gaps = p.gaps[:0]
	for i := range m.Body {
		kind := byte(secret)
		if open {
			kind = shown
			if i >= MostBytes {
				kind = beyond
			}
		}
		p.gaps = append(p.gaps, kind)
	}
	b = append(b, `,"r":[`...)
	rows, left, room := 0, 0, MostBytes
	t.Fields(m.Message, func(f *message.Field) {
		if rows < MostFields {
			b = appendField(b, f, rows)
			rows++
		} else {
			left++
		}
		if f.Offset < 0 || f.Structure || f.Secret || open && f.Length <= MostOfField {
			return
		}
		keep := min(f.Length, MostOfField, room)
		room -= keep
		kind := byte(long)
		if room == 0 {
			kind = beyond
		}
		for i := range f.Length {
			p.gaps[f.Offset+i] = kind
			if i < keep {
				p.gaps[f.Offset+i] = shown
			}
		}
	})
	b = appendNumber(append(b, ']'), "k", int64(left))
	return append(p.bytes(b, m.Body), '}')
}

// bytes appends the bytes that are shown, and the gaps.
func (p *packer) bytes(b, body []byte) []byte {
	p.kept = p.kept[:0]
	b = append(b, `,"g":[`...)
	comma := ""
	gap := func(from, to int, kind byte) {
		if kind == shown {
			p.kept = append(p.kept, body[from:to]...)
			return
		}
		b = append(b, comma...)
		comma = ","
		b = append(strconv.AppendInt(append(b, '['), int64(from), 10), ',')
		b = append(strconv.AppendInt(b, int64(to-from), 10), ',')
		b = append(strconv.AppendInt(b, int64(kind), 10), ']')
	}
	from := 0
	for i := range p.gaps {
		if p.gaps[i] != p.gaps[from] {
			gap(from, i, p.gaps[from])
			from = i
		}
	}
	if len(p.gaps) > 0 {
		gap(from, len(p.gaps), p.gaps[from])
	}
	b = base64.StdEncoding.AppendEncode(append(b, `],"b":"`...), p.kept)
	return append(b, '"')
}

// neighbour appends a message whose fields have no place in its bytes, which are not on
// the page.
func (p *packer) neighbour(b []byte, n *message.Neighbour) []byte {
	var notes []string
	for _, r := range n.Notes {
		notes = append(notes, "note: "+r.Field+" "+r.Detail)
	}
	b = append(head(b, "message", n.Name, len(n.Body), "", notes), `,"r":[`...)
	rows, left := 0, 0
	n.EachField(func(f *message.Field) {
		if rows >= MostFields {
			left++
			return
		}
		b = appendField(b, f, rows)
		rows++
	})
	return append(appendNumber(append(b, ']'), "k", int64(left)), '}')
}

func head(b []byte, note, name string, length int, section string, lines []string) []byte {
	b = appendString(append(b, `{"h":`...), note)
	b = appendMember(b, "n", name)
	b = strconv.AppendInt(append(b, `,"l":`...), int64(length), 10)
	b = appendMember(b, "s", section)
	if len(lines) > 0 {
		b = append(b, `,"t":[`...)
		for i, line := range lines {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, line)
		}
		b = append(b, ']')
	}
	return b
}

// mostOfValue is how much of a text of a field is shown.
const mostOfValue = 2000

func appendField(b []byte, f *message.Field, row int) []byte {
	if row > 0 {
		b = append(b, ',')
	}
	b = append(strconv.AppendInt(append(b, '['), int64(f.Offset), 10), ',')
	b = append(strconv.AppendInt(b, int64(f.Length), 10), ',')
	b = append(strconv.AppendInt(b, int64(f.Depth), 10), ',')
	switch {
	case f.Structure:
		b = append(b, '1')
	case f.Secret:
		b = append(b, '2')
	default:
		b = append(b, '0')
	}
	value := f.Value
	if len(f.Computed) > 0 {
		value = strings.TrimSpace(hex.EncodeToString(f.Computed) + " " + value)
	}
	if len(value) > mostOfValue {
		value = strings.ToValidUTF8(value[:mostOfValue], "") + " ... " + message.Count(len(value)-mostOfValue, "more byte")
	}
	b = appendString(append(b, ','), f.Name)
	return append(appendString(append(b, ','), value), ']')
}

package message

import "github.com/fatih/color"

// Style paints text. The zero Style leaves it as it is.
type Style struct {
	title, name, value, dim, good, warn, bad *color.Color

	fields [4]*color.Color // of one field after the other
}

// Colours returns the Style for a terminal.
func Colours() Style {
	paint := func(a ...color.Attribute) *color.Color {
		c := color.New(a...)
		c.EnableColor() // the caller has decided
		return c
	}
	return Style{
		title: paint(color.Bold),
		name:  paint(color.FgCyan),
		value: paint(color.FgYellow),
		dim:   paint(color.Faint),
		good:  paint(color.FgGreen),
		warn:  paint(color.FgMagenta),
		bad:   paint(color.FgRed, color.Bold),
		fields: [...]*color.Color{
			paint(color.FgCyan), paint(color.FgHiBlue), paint(color.FgGreen), paint(color.FgHiMagenta),
		},
	}
}

// field returns the colour of the name and the bytes of a field, so that those of
// neighbours differ. n counts fields from 1, and is 0 for what is none.
func (s *Style) field(n int) *color.Color {
	if n == 0 {
		return s.name
	}
	return s.fields[(n-1)%len(s.fields)]
}

// putBytes is put for bytes.
func putBytes(dst []byte, c *color.Color, s []byte) []byte {
	if c == nil {
		return append(dst, s...)
	}
	return put(dst, c, string(s))
}

// put appends s, painted.
func put(dst []byte, c *color.Color, s string) []byte {
	if c == nil || s == "" {
		return append(dst, s...)
	}
	return append(dst, c.Sprint(s)...)
}

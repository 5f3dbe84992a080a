package message

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/hostedcache/pchc/internal/textenc"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// A Store keeps what is written to it, perhaps not in memory. WriteAt writes over bytes
// that are there already.
type Store interface {
	io.Writer
	io.WriterAt
	io.ReaderAt
	Size() int64
}

// ContentReader reads Content Information from JSON of any length: objects as
// [WriteContent] writes them, one after the other. Its memory does not grow with them.
//
// It does what [Reader.Next] and [Object.Assemble] do, unchecked, but no field may be
// missing that is not a count. Where an object has its bytes, under "raw" or "hex", they
// count, and the fields do not. The order of members does not matter, unless neither
// "message" nor the first field before it tells the version.
type ContentReader struct {
	jsonScanner
	to, out   Store        // out is to or held
	temporary func() Store // makes held
	held      Store        // fields that come before others whose bytes stand before theirs
	redacted  error        // the first key that is
	strings   []byte
	element   []byte
}

// NewContentReader returns a ContentReader that reads from r, in UTF-8 or UTF-16, and
// writes the bytes of Content Information to a Store. What must be kept until it can be
// written there goes to one that temporary returns; it is called once at most.
func NewContentReader(r io.Reader, to Store, temporary func() Store) *ContentReader {
	return &ContentReader{jsonScanner: jsonScanner{r: textenc.NewReader(r)}, to: to, temporary: temporary}
}

// Next reads the next object, and returns where its Content Information is in the Store.
// After the last one the error is io.EOF. Any other is an [*Error], or one of reading or
// writing. Bytes that a malformed object has in the Store have no meaning.
func (c *ContentReader) Next() (*io.SectionReader, error) {
	first, err := c.blank()
	if err != nil {
		return nil, err
	}
	if first != '{' {
		return nil, c.fault("must be a JSON object")
	}
	c.out, c.redacted = c.to, nil
	var message string
	var of *spec.Layout
	var fields, raw *io.SectionReader
	var seen []string
	err = c.object(func(name string) (err error) {
		if slices.Contains(seen, name) {
			return c.fault("is given twice")
		}
		if seen = append(seen, name); len(seen) > maxSkip {
			return c.fault("is one member too many")
		}
		at := c.to.Size()
		switch name {
		case "message":
			if message, err = c.text(); err == nil && layoutOf(message) == nil {
				err = c.fault("must be CONTENT_INFORMATION_V1 or CONTENT_INFORMATION_V2")
			}
		case "fields":
			of, err = c.structure(layoutOf(message))
			fields = io.NewSectionReader(c.to, at, c.to.Size()-at)
		case "raw", "hex":
			if raw != nil {
				return c.fault("are the bytes once more")
			}
			_, err = c.bytes()
			raw = io.NewSectionReader(c.to, at, c.to.Size()-at)
			var head [2]byte
			if n, _ := raw.ReadAt(head[:], 0); err == nil && pccrc.Sniff(head[:n]) == 0 {
				err = c.fault("is not Content Information")
			}
		default:
			err = c.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case raw != nil:
		return raw, nil
	case fields == nil:
		return nil, c.fault(`"fields" are missing`)
	case of.Name != message:
		return nil, c.fault(`"message" must be ` + of.Name)
	}
	return fields, c.redacted
}

// layoutOf returns the table of Content Information by its name, nil for anything else.
func layoutOf(message string) *spec.Layout {
	return layoutThat(func(l *spec.Layout) bool { return l.Name == message })
}

// layoutWith returns the table that alone has this field.
func layoutWith(field string) *spec.Layout {
	return layoutThat(func(l *spec.Layout) bool { return indexOf(l, field) >= 0 })
}

// layoutThat returns the one table of Content Information for which is holds.
func layoutThat(is func(*spec.Layout) bool) (found *spec.Layout) {
	for _, l := range contentLayouts {
		if is(l) {
			if found != nil {
				return nil
			}
			found = l
		}
	}
	return found
}

var contentLayouts = slices.DeleteFunc(spec.Layouts(), func(l *spec.Layout) bool {
	return !l.Message || l.Kind != spec.ContentV1 && l.Kind != spec.ContentV2
})

func indexOf(l *spec.Layout, field string) int {
	return slices.IndexFunc(l.Fields, func(f spec.LayoutField) bool { return f.Name == field })
}

// values are the values of integers, by the index of their field, and which fields were
// given.
type values struct {
	v     [8]uint64
	given [8]bool
}

// field returns the index of a field, which is now given.
func (c *ContentReader) field(l *spec.Layout, v *values, name string) (int, error) {
	i := indexOf(l, name)
	switch {
	case i < 0:
		return i, c.fault("is not a field of " + l.Name)
	case v.given[i]:
		return i, c.fault("is given twice")
	}
	v.given[i] = true
	return i, nil
}

// missing returns the fault of a field that was not given.
func (c *ContentReader) missing(l *spec.Layout, v *values) error {
	for i := range l.Fields {
		if f := &l.Fields[i]; !v.given[i] && !f.Optional && l.Counted(f.Name) == nil {
			c.path = append(c.path, step{name: f.Name})
			return c.fault("missing")
		}
	}
	return nil
}

// appendInteger appends an integer as it is on the wire.
func appendInteger(dst []byte, f *spec.LayoutField, v uint64) []byte {
	n := f.Extent.Bytes
	var b [8]byte
	if f.Little {
		binary.LittleEndian.PutUint64(b[:], v)
		return append(dst, b[:n]...)
	}
	binary.BigEndian.PutUint64(b[:], v)
	return append(dst, b[8-n:]...)
}

// structure reads an object with the fields of l and writes their bytes. In the tables of
// Content Information, integers are first; their values may come late, so they are
// written again at the end. l is nil where the first field is to tell the version.
func (c *ContentReader) structure(l *spec.Layout) (*spec.Layout, error) {
	var v values
	var written []byte // the integers, as they were written
	var at int64       // where
	var held [8]*io.SectionReader
	done := 0 // fields before it are written, or are integers
	err := c.object(func(name string) error {
		if l == nil {
			if l = layoutWith(name); l == nil {
				return c.fault(`"message" must stand before "fields"`)
			}
		}
		i, err := c.field(l, &v, name)
		if err != nil {
			return err
		}
		f := &l.Fields[i]
		if f.Form == spec.Integer {
			v.v[i], err = c.integer(f.Extent.Bytes)
			return err
		}
		if written == nil {
			at, written = c.out.Size(), integers(l, &v)
			if _, err := c.out.Write(written); err != nil {
				return err
			}
		}
		for done < i && l.Fields[done].Form == spec.Integer {
			done++
		}
		late := done < i
		if late {
			if c.out != c.to {
				return c.fault("must stand behind " + l.Fields[done].Name)
			}
			if c.held == nil {
				c.held = c.temporary()
			}
			c.out = c.held
		}
		begin := c.out.Size()
		n, err := c.value(f)
		length := c.out.Size() - begin
		if late {
			c.out, held[i] = c.to, io.NewSectionReader(c.held, begin, length)
		} else {
			done++
		}
		for k := range l.Fields {
			if k < len(v.v) && !v.given[k] && l.Counted(l.Fields[k].Name) == f {
				if v.v[k] = uint64(length); f.Extent.Measure == spec.ElementsBy {
					v.v[k] = uint64(n)
				}
			}
		}
		return err
	})
	if err == nil && l == nil {
		err = c.fault("has no field")
	}
	if err == nil {
		err = c.missing(l, &v)
	}
	if err != nil {
		return l, err
	}
	for _, field := range held {
		if field != nil {
			if _, err := io.Copy(c.out, field); err != nil {
				return l, err
			}
		}
	}
	if now := integers(l, &v); !bytes.Equal(now, written) {
		_, err = c.out.WriteAt(now, at)
	}
	return l, err
}

// integers returns the bytes of the integers at the beginning of a structure.
func integers(l *spec.Layout, v *values) (b []byte) {
	for i := range l.Fields {
		if f := &l.Fields[i]; f.Form == spec.Integer {
			b = appendInteger(b, f, v.v[i])
		}
	}
	return b
}

// value reads the value of a field that is no integer, and writes its bytes. It returns
// how many elements a list has.
func (c *ContentReader) value(f *spec.LayoutField) (int, error) {
	switch {
	case f.Form != spec.List:
		return c.bytes()
	case f.Of == nil:
		return c.array(func() error {
			_, err := c.bytes()
			return err
		})
	case slices.ContainsFunc(f.Of.Fields, func(f spec.LayoutField) bool { return f.Form == spec.List }):
		return c.array(func() error {
			_, err := c.structure(f.Of)
			return err
		})
	}
	return c.array(func() error { return c.segment(f.Of) })
}

// segment is structure for one with short strings and without lists, of which there are
// many.
func (c *ContentReader) segment(l *spec.Layout) error {
	var v values
	var spans [8][2]int // of strings
	c.strings = c.strings[:0]
	err := c.object(func(name string) error {
		i, err := c.field(l, &v, name)
		if err != nil {
			return err
		}
		f := &l.Fields[i]
		if f.Form == spec.Integer {
			v.v[i], err = c.integer(f.Extent.Bytes)
			return err
		}
		known, err := c.key()
		if err != nil || !known {
			return err
		}
		done := false
		spans[i][0] = len(c.strings)
		c.strings, done, err = c.hex(c.strings)
		spans[i][1] = len(c.strings)
		if n := spans[i][1] - spans[i][0]; err == nil && (!done || f.Extent.Measure == spec.Exactly && n != f.Extent.Bytes) {
			err = c.fault("has " + Count(n, "byte") + ", as no hash has")
		}
		return err
	})
	if err == nil {
		err = c.missing(l, &v)
	}
	if err != nil {
		return err
	}
	c.element = c.element[:0]
	for i := range l.Fields {
		if f := &l.Fields[i]; f.Form == spec.Integer {
			c.element = appendInteger(c.element, f, v.v[i])
		} else {
			c.element = append(c.element, c.strings[spans[i][0]:spans[i][1]]...)
		}
	}
	_, err = c.out.Write(c.element)
	return err
}

// key takes the first quote of a string of hex. A redacted one it takes as a whole, and
// returns false: that is an error in the end, if the bytes are not elsewhere.
func (c *ContentReader) key() (known bool, err error) {
	if err := c.opening('"', "a string"); err != nil {
		return false, err
	}
	if first, err := c.must(); err != nil || first != redacted[0] {
		return err == nil, err
	}
	if b, err := c.chars(nil, len(redacted)); err != nil || string(b) != redacted {
		return false, c.fault("must be a string of hex, two digits for each byte")
	}
	if c.redacted == nil {
		fault := c.fault("is redacted: encoding needs the key").(*Error)
		fault.Cause = ErrRedacted
		c.redacted = fault
	}
	return false, nil
}

// bytes reads a string of hex of any length, and writes its bytes.
func (c *ContentReader) bytes() (n int, err error) {
	known, err := c.key()
	for done := !known; err == nil && !done; {
		if c.strings, done, err = c.hex(c.strings[:0]); err == nil {
			_, err = c.out.Write(c.strings)
		}
	}
	return 0, err
}

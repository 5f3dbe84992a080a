package fields

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// Limit is the longest object that is read: 64 MiB.
const Limit = 64 << 20

// maxDepth bounds how deep objects and arrays may be nested. Messages need 5.
const maxDepth = 16

// Object is one message as JSON gave it.
type Object struct {
	Message string // its name
	Fields  spec.Fields
	Line    int // on which it begins

	places map[string]place // of its fields, by path
}

type place struct{ line, column int }

// Error is a fault in JSON, at a place in it.
type Error struct {
	Line, Column int
	Path         string // of the value: "fields.ConnectionInformation.Port"; "" where there is none
	Reason       string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: ", e.Line, e.Column)
	if e.Path != "" {
		s += e.Path + ": "
	}
	return s + e.Reason
}

// Reader reads objects, one after the other.
type Reader struct {
	in   *lines
	dec  *json.Decoder
	obj  *Object
	last place // of the token read last
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	in := &lines{r: r, starts: []int64{0}, limit: Limit}
	dec := json.NewDecoder(in)
	dec.UseNumber()
	return &Reader{in: in, dec: dec}
}

// Next returns the next object, io.EOF after the last. Any other error is an
// *Error, or one of the reader.
func (r *Reader) Next() (*Object, error) {
	r.in.forget(r.dec.InputOffset())
	r.in.left = r.in.limit
	r.obj = &Object{Fields: spec.Fields{}, places: map[string]place{}}
	t, err := r.token()
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.fault("", err)
	}
	r.obj.Line = r.last.line
	if t != json.Delim('{') {
		return nil, r.complain("", "must be a JSON object, as pchc decode --json writes it")
	}
	if err := r.members(); err != nil {
		return nil, err
	}
	if r.obj.Message == "" {
		return nil, &Error{r.obj.Line, 1, "", `there is no "message" with the message's name`}
	}
	return r.obj, nil
}

// members reads the members of the object. Only two of them matter.
func (r *Reader) members() error {
	seen := map[string]bool{}
	for r.dec.More() {
		name, err := r.name("", seen)
		if err != nil {
			return err
		}
		switch name {
		case "message":
			v, err := r.value(name, 0)
			if err != nil {
				return err
			}
			s, ok := v.(text)
			if !ok {
				return r.complain(name, "must be a string")
			}
			r.obj.Message = string(s)
		case "fields":
			v, err := r.value(name, 0)
			if err != nil {
				return err
			}
			if v, err = r.convert(v, name); err != nil {
				return err
			}
			fields, ok := v.(spec.Fields)
			if !ok {
				return r.complain(name, "must be an object")
			}
			r.obj.Fields = fields
		default:
			if err := r.skip(); err != nil {
				return err
			}
		}
	}
	_, err := r.token() // the closing brace
	return r.fault("", err)
}

// token reads the next token and notes where it begins.
func (r *Reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	size := int64(1)
	switch t := t.(type) {
	case string:
		size = int64(len(t)) + 2 // exact where nothing is escaped
	case json.Number:
		size = int64(len(t))
	case bool, nil:
		size = 4
	}
	if err == nil {
		r.last = r.in.place(max(r.dec.InputOffset()-size, 0))
	}
	return t, err
}

// skip passes over a value that does not matter.
func (r *Reader) skip() error {
	var v json.RawMessage
	return r.fault("", r.dec.Decode(&v))
}

// name reads the name of a member of the object at path.
func (r *Reader) name(path string, seen map[string]bool) (string, error) {
	t, err := r.token()
	if err != nil {
		return "", r.fault(path, err)
	}
	name := t.(string)
	if seen[name] {
		return "", r.complain(join(path, name), "is there twice")
	}
	seen[name] = true
	return name, nil
}

// text is a JSON string that is not yet taken for hex.
type text string

// value reads a value: text, json.Number, spec.Fields or []any of those. It
// notes where each one stands.
func (r *Reader) value(path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, r.complain(path, "is nested too deeply")
	}
	t, err := r.token()
	if err != nil {
		return nil, r.fault(path, err)
	}
	r.obj.places[path] = r.last
	switch t := t.(type) {
	case string:
		return text(t), nil
	case json.Number:
		return t, nil
	case json.Delim:
		if t == '{' {
			return r.object(path, depth)
		}
		return r.array(path, depth)
	}
	return nil, r.complain(path, "must be a number, a string, an array or an object")
}

func (r *Reader) object(path string, depth int) (any, error) {
	fields, seen := spec.Fields{}, map[string]bool{}
	for r.dec.More() {
		name, err := r.name(path, seen)
		if err != nil {
			return nil, err
		}
		if fields[name], err = r.value(join(path, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := r.token()
	return fields, r.fault(path, err)
}

func (r *Reader) array(path string, depth int) (any, error) {
	list := []any{}
	for r.dec.More() {
		v, err := r.value(path+"["+strconv.Itoa(len(list))+"]", depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.token()
	return list, r.fault(path, err)
}

// convert makes integers of numbers and byte strings of text, in place.
func (r *Reader) convert(v any, path string) (any, error) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseUint(v.String(), 10, 64)
		if err != nil {
			return nil, r.obj.fault(path, "must be an integer from 0 to 18446744073709551615, not "+v.String())
		}
		return n, nil
	case text:
		if v == "redacted" {
			return nil, r.obj.fault(path, "is redacted, so the message cannot be made; decode it with --show-secrets")
		}
		b, err := hex.DecodeString(string(v))
		if err != nil {
			return nil, r.obj.fault(path, "must be pairs of hex digits")
		}
		return b, nil
	case spec.Fields:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names) // so that the same fault is told each time
		for _, name := range names {
			w, err := r.convert(v[name], join(path, name))
			if err != nil {
				return nil, err
			}
			v[name] = w
		}
		return v, nil
	case []any:
		for i := range v {
			w, err := r.convert(v[i], path+"["+strconv.Itoa(i)+"]")
			if err != nil {
				return nil, err
			}
			v[i] = w
		}
		return v, nil
	}
	return v, nil
}

// Fault returns an error at the field of that path, such as
// "ConnectionInformation.Port", or at the nearest thing around it.
func (o *Object) Fault(path, reason string) error {
	return o.fault(join("fields", path), reason)
}

func (o *Object) fault(path, reason string) *Error {
	at := path
	for {
		if p, ok := o.places[at]; ok {
			return &Error{p.line, p.column, path, reason}
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut < 0 {
			return &Error{o.Line, 1, path, reason}
		}
		at = at[:cut]
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (r *Reader) complain(path, reason string) error {
	return &Error{r.last.line, r.last.column, path, reason}
}

// fault makes an error of the JSON decoder one with a place: where the token
// begins that it could not read.
func (r *Reader) fault(path string, err error) error {
	if err == nil {
		return nil
	}
	if r.in.err != nil && r.in.err != io.EOF {
		return r.in.err
	}
	offset := r.dec.InputOffset()
	for b := r.dec.Buffered().(io.ByteReader); ; offset++ {
		if c, err := b.ReadByte(); err != nil || !strings.ContainsRune(" \t\r\n,:", rune(c)) {
			break
		}
	}
	p := r.in.place(offset)
	reason := strings.TrimPrefix(err.Error(), "json: ")
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "the JSON ends in the middle of an object"
	}
	return &Error{p.line, p.column, path, reason}
}

// lines is a reader that remembers where lines begin, and reads no more than
// Limit bytes of an object.
type lines struct {
	r      io.Reader
	starts []int64 // offsets of the first bytes of lines
	before int     // lines that were forgotten
	read   int64
	limit  int // bytes that an object may have
	left   int // of them
	err    error
}

// errTooLong says that an object has more than Limit bytes.
var errTooLong = fmt.Errorf("a JSON object is longer than %d MiB", Limit>>20)

func (l *lines) Read(p []byte) (int, error) {
	if l.left <= 0 {
		l.err = errTooLong
		return 0, l.err
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	for i, c := range p[:n] {
		if c == '\n' {
			l.starts = append(l.starts, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	l.err = err
	return n, err
}

// place returns the line and column of the byte at an offset.
func (l *lines) place(offset int64) place {
	i := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset }) - 1
	return place{l.before + i + 1, int(offset-l.starts[max(i, 0)]) + 1}
}

// forget drops the lines before the one with the byte at an offset.
func (l *lines) forget(offset int64) {
	i := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset }) - 1
	l.before += i
	l.starts = append(l.starts[:0], l.starts[i:]...)
}

package message

import (
	"bufio"
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

// MaxObjectLen is the length of the longest object that a [Reader] reads, in
// bytes.
const MaxObjectLen = 64 << 20

// maxDepth bounds the nesting of objects and arrays. Messages need 5.
const maxDepth = 16

// Object is one message in JSON.
type Object struct {
	Message string // its name
	Fields  spec.Fields
	Line    int // the one where the object begins, from 1

	positions map[string]position // of its fields, by path
}

type position struct{ line, column int }

// Error is a fault in a JSON object, with its position.
type Error struct {
	Line, Column int    // from 1
	Path         string // of the value: "fields.ConnectionInformation.Port"; "" for a fault of the JSON itself
	Reason       string
	Cause        error // ErrRedacted, ErrViolation or nil
}

// Causes of an [Error] that callers may act upon.
var (
	ErrRedacted  = errors.New("a key is redacted")
	ErrViolation = errors.New("the message violates a rule")
)

func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: ", e.Line, e.Column)
	if e.Path != "" {
		s += e.Path + ": "
	}
	return s + e.Reason
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Reader reads messages from JSON, one object after the other: the form that
// [FormJSON] writes. Only the members "message" and "fields" matter.
type Reader struct {
	in   *lineReader
	dec  *json.Decoder
	obj  *Object
	last position // of the last token
}

// NewReader returns a Reader that reads from r.
func NewReader(r io.Reader) *Reader {
	in := &lineReader{r: r, starts: []int64{0}, limit: MaxObjectLen}
	dec := json.NewDecoder(in)
	dec.UseNumber()
	return &Reader{in: in, dec: dec}
}

// Next returns the next object, and io.EOF after the last one. Any other error is
// an [*Error] or comes from the underlying reader.
func (r *Reader) Next() (*Object, error) {
	r.in.forget(r.dec.InputOffset())
	r.in.left = r.in.limit
	r.obj = &Object{Fields: spec.Fields{}, positions: map[string]position{}}
	t, err := r.token()
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != nil {
		return nil, r.fault("", err)
	}
	r.obj.Line = r.last.line
	if t != json.Delim('{') {
		return nil, r.complain("", "must be a JSON object")
	}
	if err := r.members(); err != nil {
		return nil, err
	}
	if r.obj.Message == "" {
		return nil, &Error{Line: r.obj.Line, Column: 1, Reason: `"message" with the name of the message is missing`}
	}
	return r.obj, nil
}

// members reads the members of the object.
func (r *Reader) members() error {
	seen := map[string]bool{}
	var given any // the fields
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
			s, ok := v.(jsonString)
			if !ok {
				return r.complain(name, "must be a string")
			}
			r.obj.Message = string(s)
		case "fields":
			v, err := r.value(name, 0)
			if err != nil {
				return err
			}
			if _, ok := v.(spec.Fields); !ok {
				return r.complain(name, "must be an object")
			}
			given = v
		default:
			if err := r.skip(); err != nil {
				return err
			}
		}
	}
	if _, err := r.token(); err != nil { // the closing brace
		return r.fault("", err)
	}
	if given == nil {
		return nil
	}
	fields, err := r.convert(given, "fields")
	if err == nil {
		r.obj.Fields = fields.(spec.Fields)
	}
	return err
}

// token reads the next token and records its position.
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
		r.last = r.in.position(max(r.dec.InputOffset()-size, 0))
	}
	return t, err
}

// skip skips a value.
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
		return "", r.complain(join(path, name), "is given twice")
	}
	seen[name] = true
	return name, nil
}

// jsonString is a string whose hex has not been decoded yet.
type jsonString string

// value reads a value: jsonString, json.Number, spec.Fields or []any of those,
// and records the position of each.
func (r *Reader) value(path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, r.complain(path, "is nested too deeply")
	}
	t, err := r.token()
	if err != nil {
		return nil, r.fault(path, err)
	}
	r.obj.positions[path] = r.last
	switch t := t.(type) {
	case string:
		return jsonString(t), nil
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

// convert turns numbers into integers and strings into bytes, in place.
func (r *Reader) convert(v any, path string) (any, error) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseUint(v.String(), 10, 64)
		if err != nil {
			return nil, r.obj.fault(path, "must be an integer from 0 to 18446744073709551615, not "+clip(v.String()))
		}
		return n, nil
	case jsonString:
		if isDiscovery(r.obj.Message) { // texts, with nothing to hide
			return string(v), nil
		}
		if v == redacted {
			err := r.obj.fault(path, "is redacted: encoding needs the key")
			err.Cause = ErrRedacted
			return nil, err
		}
		if b, err := hex.DecodeString(string(v)); err == nil {
			return b, nil
		}
		return v, nil // Assemble knows what it must be
	case spec.Fields:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names) // the same object gives the same fault each time
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

// Fault returns an error at a field, given by its path in the message
// ("ConnectionInformation.Port"). Its position is that of the field or, where the
// object has no such field, of the nearest one around it.
func (o *Object) Fault(path, reason string) *Error {
	return o.fault(join("fields", path), reason)
}

func (o *Object) fault(path, reason string) *Error {
	at := path
	for {
		if p, ok := o.positions[at]; ok {
			return &Error{Line: p.line, Column: p.column, Path: path, Reason: reason}
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut < 0 {
			return &Error{Line: o.Line, Column: 1, Path: path, Reason: reason}
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
	return &Error{Line: r.last.line, Column: r.last.column, Path: path, Reason: reason}
}

// fault makes an error of the JSON decoder one of ours, at the token that the
// decoder could not read.
func (r *Reader) fault(path string, err error) error {
	if err == nil {
		return nil
	}
	if r.in.err != nil && r.in.err != io.EOF {
		return r.in.err
	}
	offset := r.dec.InputOffset()
	in := bufio.NewReader(r.dec.Buffered())
	c, _, end := in.ReadRune()
	for ; end == nil && strings.ContainsRune(" \t\r\n,:", c); c, _, end = in.ReadRune() {
		offset++
	}
	p := r.in.position(offset)
	reason := "unexpected end of JSON inside an object"
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || end != nil:
	case strings.Contains(err.Error(), " in string"):
		reason = "invalid JSON string: unknown escape or control character"
	default:
		reason = fmt.Sprintf("invalid JSON at %q", c)
	}
	return &Error{Line: p.line, Column: p.column, Path: path, Reason: reason}
}

// clip shortens what an error quotes.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "..."
	}
	return s
}

// lineReader counts lines, and reads at most limit bytes of an object.
type lineReader struct {
	r      io.Reader
	starts []int64 // offsets of the first bytes of lines
	before int     // lines no longer in starts
	read   int64
	limit  int // bytes of an object
	left   int // of limit, for the object at hand
	err    error
}

var errTooLong = fmt.Errorf("JSON object longer than %d MiB", MaxObjectLen>>20)

func (l *lineReader) Read(p []byte) (int, error) {
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

// position returns the line and column of the byte at an offset.
func (l *lineReader) position(offset int64) position {
	i := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset }) - 1
	return position{l.before + i + 1, int(offset-l.starts[max(i, 0)]) + 1}
}

// forget drops the lines before the one that holds the byte at an offset.
func (l *lineReader) forget(offset int64) {
	i := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset }) - 1
	l.before += i
	l.starts = append(l.starts[:0], l.starts[i:]...)
}

package target

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// read reads a value with what Judge reads answers with.
func read(value []byte) any {
	if object, ok := objectOf(value); ok {
		all := map[string]any{}
		for name, value, ok := object.next(); ok; name, value, ok = object.next() {
			s, _ := stringOf(name)
			all[string(s)] = read(value)
		}
		return all
	}
	if array, ok := arrayOf(value); ok {
		all := []any{}
		for value, ok := array.next(); ok; value, ok = array.next() {
			all = append(all, read(value))
		}
		return all
	}
	if s, ok := stringOf(value); ok {
		return string(s)
	}
	switch string(value) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return json.Number(value)
}

// Whatever JSON holds is read as encoding/json reads it.
func FuzzReadAnswer(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e+3 ,{ }, [ ] ,true,false,null],"b\"":"\\","":"\u00e9\\\"}"}`,
		"[\r\n\t1 , \"x\" ]", `{"a":{"a":{"a":"]"}},"a":"\\\\"}`, `""`, `0`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// What is not UTF-8 encoding/json replaces; an answer with that in it
		// is wrong in either reading.
		if !json.Valid(text) || !bytes.Equal(bytes.ToValidUTF8(text, nil), text) {
			return
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			return // nested too deeply
		}
		if diff := cmp.Diff(want, read(bytes.TrimSpace(text))); diff != "" {
			t.Error(diff)
		}
	})
}

// A member is found wherever it stands.
func TestMembersGet(t *testing.T) {
	object, ok := objectOf([]byte(` {"a":1, "b" : [{"c":2}],"\u0063":"}","d":{}}`[1:]))
	if !ok {
		t.Fatal("no object")
	}
	for _, c := range []struct{ name, want string }{
		{"a", "1"}, {"c", `"}"`}, {"d", "{}"}, {"b", `[{"c":2}]`}, {"b", `[{"c":2}]`}, {"e", ""}, {"a", "1"}, {"", ""},
	} {
		if got, ok := object.get(c.name); string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%q: %s", c.name, got)
		}
	}
}

package message

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

// TestNext reads objects with values of every type.
func TestNext(t *testing.T) {
	r := NewReader(iotest.OneByteReader(strings.NewReader(`
{"message":"A","length":1,"fields":{"n":18446744073709551615,"b":"00fF","s":{"x":0},"l":["","01",{"y":2}]}}
 {"fields":{},"message":"B"}  `)))
	for _, want := range []*Object{
		{Message: "A", Line: 2, Fields: spec.Fields{"n": uint64(1<<64 - 1), "b": []byte{0, 0xff}, "s": spec.Fields{"x": uint64(0)},
			"l": []any{[]byte{}, []byte{1}, spec.Fields{"y": uint64(2)}}}},
		{Message: "B", Line: 3, Fields: spec.Fields{}},
	} {
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got.Message != want.Message || got.Line != want.Line {
			t.Errorf("got %s on line %d", got.Message, got.Line)
		}
		if diff := cmp.Diff(want.Fields, got.Fields); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// TestFault finds the place of a field, or of what is nearest around it.
func TestFault(t *testing.T) {
	o, err := NewReader(strings.NewReader("\n{\"message\":\"A\",\n \"fields\":{\"l\":[\n{\"x\":1}]}}")).Next()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"l[0].x":   "4:6: fields.l[0].x: is wrong",
		"l[0].y.z": "4:1: fields.l[0].y.z: is wrong",
		"l[1].x":   "3:16: fields.l[1].x: is wrong",
		"k":        "3:11: fields.k: is wrong",
	} {
		if got := o.Fault(path, "is wrong").Error(); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// TestLimit bounds an object, not the input.
func TestLimit(t *testing.T) {
	one := `{"message":"A","fields":{"b":"0011"}}` + "\n"
	r := NewReader(iotest.OneByteReader(strings.NewReader(strings.Repeat(one, 100) + `{"message":"` + strings.Repeat("x", 1000))))
	r.in.limit = 100
	for range 100 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, errTooLong) {
		t.Errorf("got %v", err)
	}
	broken := errors.New("broken")
	if _, err := NewReader(iotest.ErrReader(broken)).Next(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzNext reads anything to its end.
func FuzzNext(f *testing.F) {
	for _, s := range []string{`{"message":"A","fields":{"n":1,"b":"00"}}`, "{\"message\":\"\\u0041\"\n,\"x\":[null,true]} {}", `{"a":1,"a":`, "[", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(strings.NewReader(string(b)))
		for {
			o, err := r.Next()
			if err != nil {
				var e *Error
				if errors.As(err, &e) && (e.Line < 1 || e.Column < 1 || e.Line > 1+strings.Count(string(b), "\n")) {
					t.Fatalf("%v is no place in %q", err, b)
				}
				return
			}
			if e := o.Fault("a.b[1].c", "x"); e.Line < 1 || e.Column < 1 {
				t.Fatalf("%v is no place in %q", e, b)
			}
		}
	})
}

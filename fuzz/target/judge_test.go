package target_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// answers returns what pchc answers to each case.
func answers(t *testing.T, cases []target.Case, flags ...string) [][]byte {
	t.Helper()
	var in []byte
	for _, c := range cases {
		in, _ = c.AppendText(in)
		in = append(in, '\n')
	}
	cmd := exec.Command(targettest.Pchc(t), append([]string{"decode", "--json"}, flags...)...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() > 1 { // 1: something is malformed
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != len(cases) {
		t.Fatalf("%d answers to %d messages", len(lines), len(cases))
	}
	return lines
}

// small are the vectors that are quick to change in every way; under the race
// detector, which makes it slow, some of them.
func small(t *testing.T) []target.Case {
	n := 0
	return slices.DeleteFunc(targettest.Vectors(t), func(c target.Case) bool {
		n++
		return len(c.Bytes) > 600 || testutil.Race && n%5 != 0
	})
}

func parse(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func write(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What pchc says is right, however it is written.
func TestJudgeRight(t *testing.T) {
	cases := targettest.Vectors(t)
	inStrings := regexp.MustCompile(`"[^"]*"`)
	hex := regexp.MustCompile(`"[0-9a-f]{8,}"`)
	for _, flags := range [][]string{nil, {"--show-secrets", "--raw"}} {
		text := answers(t, cases, flags...)
		for i, c := range cases {
			v := parse(t, text[i])
			indented, err := json.MarshalIndent(v, " \t", "\r\n")
			if err != nil {
				t.Fatal(err)
			}
			more := parse(t, text[i])
			more["unknown"] = []any{"]", "}\\\"", 1e3, nil, map[string]any{"": -1}}
			for how, text := range map[string][]byte{
				"as it is":    text[i],
				"with blanks": append(indented, " \r\n"...),
				"with more":   write(t, more),
				"with escapes": inStrings.ReplaceAllFunc(text[i], func(s []byte) []byte {
					return bytes.ReplaceAll(s, []byte("e"), []byte(`\u0065`))
				}),
				"in upper case":         hex.ReplaceAllFunc(text[i], bytes.ToUpper),
				"without what may lack": write(t, map[string]any{"valid": v["valid"], "fields": v["fields"], "derived": nil, "violations": nil}),
			} {
				if d := target.Judge(c, text); d != nil {
					t.Errorf("%s, %s: %v", c.GoString(), how, d)
				}
			}
		}
	}
}

// changes changes every value below v in every way, calls try with the path of
// what is wrong then, and changes it back.
func changes(v any, set func(any), path string, try func(path string)) {
	in := func(value any) {
		set(value)
		try(path)
		set(v)
	}
	switch v := v.(type) {
	case map[string]any:
		in(nil)
		in([]any{})
		for name, value := range v {
			below := strings.TrimPrefix(path+"."+name, ".")
			changes(value, func(value any) { v[name] = value }, below, try)
			delete(v, name)
			try(below)
			v[name] = value
		}
	case []any:
		in(nil)
		in(map[string]any{})
		for i, value := range v {
			changes(value, func(value any) { v[i] = value }, fmt.Sprintf("%s[%d]", path, i), try)
		}
		last := len(v) - 1
		set(v[:last])
		try(fmt.Sprintf("%s[%d]", path, last))
		set(append(slices.Clone(v), v[last]))
		try(fmt.Sprintf("%s[%d]", path, last+1))
		set(v)
	case json.Number:
		n, _ := strconv.ParseUint(v.String(), 10, 64)
		in(n + 1)
		in(n - 1)
		in(v.String())
		in(v + ".5")
		in(nil)
	case string:
		if v == "" {
			return
		}
		in(v[2:])
		in(v + "00")
		in(v[1:])
		in("zz" + v[2:])
		in(nil)
		for _, i := range []int{0, len(v) / 2, len(v) - 1} {
			digit := "0"
			if v[i] == '0' {
				digit = "8"
			}
			in(v[:i] + digit + v[i+1:])
		}
	}
}

// find returns the node with that path, or the list of which that path is the
// element behind the last.
func find(root *spec.Node, path string) *spec.Node {
	n := root
	for part := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		for i := range n.Children {
			if n.Children[i].Name == name {
				n = &n.Children[i]
				break
			}
		}
		if i, _ := strconv.Atoi(strings.TrimSuffix(index, "]")); indexed && i < len(n.Children) {
			n = &n.Children[i]
		}
	}
	return n
}

// judged judges an answer, which must not be right, and checks what no
// difference may lack or hold.
func judged(t *testing.T, c target.Case, v any) fuzz.Difference {
	t.Helper()
	text := write(t, v)
	d := target.Judge(c, text)
	if d == nil {
		t.Errorf("%s: not noticed: %s", c.GoString(), text)
		return fuzz.Difference{}
	}
	if d.Detail == "" || len(d.Detail) > 300 || long.MatchString(d.Detail) {
		t.Errorf("%s: detail %q", c.GoString(), d.Detail)
	}
	if d.Answer == "" && len(text) > 0 || len(d.Answer) > 4010 || long.MatchString(d.Answer) {
		t.Errorf("%s: answer %q", c.GoString(), d.Answer)
	}
	d.Answer = ""
	return *d
}

var long = regexp.MustCompile(`[0-9a-fA-F]{21}`)

// Each change of a field is noticed, and reported at its place.
func TestJudgeFields(t *testing.T) {
	cases := small(t)
	n := 0
	for i, text := range answers(t, cases, "--show-secrets") {
		c := cases[i]
		if !c.Expected.Valid() {
			continue
		}
		v := parse(t, text)
		changes(v["fields"], func(fields any) { v["fields"] = fields }, "", func(path string) {
			n++
			got := judged(t, c, v)
			if path == "" {
				path = got.Field
			}
			node := find(&c.Expected.Root, path)
			offset := node.Offset
			if strings.HasSuffix(path, fmt.Sprintf("[%d]", len(node.Children))) && node.Form == spec.List {
				offset += len(node.Raw())
			}
			want := fuzz.Difference{Fault: fuzz.WrongField, Rule: fuzz.FieldID(node), Offset: offset, Field: path, Detail: got.Detail}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s\n%s", c.GoString(), diff, write(t, v))
			}
		})
	}
	if n < 2000 {
		t.Errorf("only %d changes", n)
	}
}

// Padding that is not there is reported, but an empty one is fine.
func TestJudgePadding(t *testing.T) {
	for _, name := range []string{"CONTENT_INFORMATION_V1", "SEGMENT_INFO_MESSAGE"} {
		c := target.NewCase(generate.Simplest(name))
		v := parse(t, []byte(targettest.Answer(c.Message)))
		information, path := v["fields"].(map[string]any), "Padding"
		if name == "SEGMENT_INFO_MESSAGE" {
			information, path = information["SegmentInformation"].(map[string]any), "SegmentInformation.Padding"
		}
		information["Padding"] = ""
		if d := target.Judge(c, write(t, v)); d != nil {
			t.Error(d)
		}
		information["Padding"] = "00"
		got := judged(t, c, v)
		want := fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCCRC-2.3-Padding", Offset: len(c.Bytes), Field: path, Detail: "decoded, but not in the message"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// Each change of what is derived is noticed.
func TestJudgeDerived(t *testing.T) {
	cases := small(t)
	n := 0
	for i, text := range answers(t, cases) {
		v := parse(t, text)
		if v["derived"] == nil {
			continue
		}
		whole := bytes.Count(write(t, v["derived"]), []byte(":"))
		changes(v["derived"], func(derived any) { v["derived"] = derived }, "", func(path string) {
			if d := target.Judge(cases[i], write(t, v)); d == nil {
				// What is missing, or null, is not judged.
				if text := write(t, v["derived"]); !bytes.Contains(text, []byte("null")) && bytes.Count(text, []byte(":")) >= whole {
					t.Errorf("%s: not noticed: %s: %s", cases[i].GoString(), path, text)
				}
				return
			}
			n++
			switch d := judged(t, cases[i], v); d.Fault {
			case fuzz.BadReply:
			case fuzz.Derived:
				if node := find(&cases[i].Expected.Root, d.Field); node.Offset != d.Offset || d.Field == "" || d.Rule == "" {
					t.Errorf("%s: %v, that is at %d", path, &d, node.Offset)
				}
			default:
				t.Errorf("%s: %v", path, &d)
			}
		})
	}
	if n < 300 {
		t.Errorf("only %d changes", n)
	}
}

// A wrong verdict, name or violation is noticed.
func TestJudgeVerdict(t *testing.T) {
	cases := small(t)
	for i, text := range answers(t, cases) {
		c := cases[i]
		v := parse(t, text)
		first, violated := c.Expected.First()
		about := fuzz.Difference{Rule: first.Rule, Offset: first.Offset, Field: first.Field}
		expect := func(want fuzz.Difference, v map[string]any) {
			t.Helper()
			got := judged(t, c, v)
			want.Detail = got.Detail
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s\n%s", c.GoString(), diff, write(t, v))
			}
		}
		with := func(name string, value any) map[string]any {
			changed := maps.Clone(v)
			changed[name] = value
			return changed
		}
		of := func(fault fuzz.Fault) fuzz.Difference {
			d := about
			d.Fault = fault
			return d
		}
		for _, value := range []any{nil, "true", 1, []any{}} {
			expect(of(fuzz.BadReply), with("valid", value))
		}
		expect(of(fuzz.BadReply), with("violations", "none"))
		expect(of(fuzz.BadReply), with("violations", 7))
		other := violation("PCHC-2.2.1.2-Truncated", "format", 8, "ConnectionInformation.Port")
		unknown := violation("X-17", "format", 8, "Port")
		if violated {
			expect(of(fuzz.Accepted), with("valid", true))
			given := v["violations"].([]any)
			another := of(fuzz.WrongRule)
			another.ReportedRule = "PCHC-2.2.1.5-MaxDescriptors"
			expect(another, with("violations", append([]any{unknown, violation(another.ReportedRule, "format", 99, "A")}, given...)))
			elsewhere := of(fuzz.WrongRule)
			elsewhere.ReportedRule = first.Rule
			expect(elsewhere, with("violations", []any{violation(first.Rule, "format", first.Offset+1, first.Field)}))
			expect(elsewhere, with("violations", []any{violation(first.Rule, "format", first.Offset, first.Field+"s")}))
			for _, fine := range [][]any{
				nil, {}, {unknown}, {map[string]any{"rule": first.Rule}}, {map[string]any{"rule": first.Rule, "offset": first.Offset}},
				{violation("PCHC-2.2.1.2-Port", "sender", 8, "x"), violation(first.Rule, "format", first.Offset, first.Field)},
				{map[string]any{"rule": "PCHC-2.2.1.2-Port"}, map[string]any{"rule": first.Rule}},
			} {
				changed := with("violations", fine)
				changed["fields"], changed["message"] = 7, "anything"
				if d := target.Judge(c, write(t, changed)); d != nil {
					t.Errorf("%s: %v", c.GoString(), d)
				}
			}
			continue
		}
		expect(fuzz.Difference{Fault: fuzz.Rejected}, map[string]any{"valid": false})
		expect(fuzz.Difference{Fault: fuzz.Rejected}, map[string]any{"valid": false, "violations": []any{unknown}})
		expect(fuzz.Difference{Fault: fuzz.Rejected, Rule: "PCHC-2.2.1.2-Truncated", ReportedRule: "PCHC-2.2.1.2-Truncated", Offset: 8, Field: "ConnectionInformation.Port"},
			map[string]any{"valid": false, "violations": []any{unknown, other}})
		expect(fuzz.Difference{Fault: fuzz.BadReply, Rule: "PCHC-2.2.1.2-Truncated"}, with("violations", []any{other}))
		if d := target.Judge(c, write(t, with("violations", []any{unknown}))); d != nil {
			t.Errorf("%s: %v", c.GoString(), d)
		}
		wrong := judged(t, c, with("message", "RESPONSE"))
		if node := find(&c.Expected.Root, wrong.Field); wrong.Fault != fuzz.WrongName || wrong.Rule != fuzz.FieldID(node) || wrong.Offset != node.Offset {
			t.Errorf("%s: %v", c.GoString(), &wrong)
		}
		judgeSenders(t, c, with)
	}
}

// judgeSenders tries violations of the sender rules that a valid message breaks
// or does not.
func judgeSenders(t *testing.T, c target.Case, with func(string, any) map[string]any) {
	t.Helper()
	var given []any
	for _, b := range c.Expected.Violations {
		given = append(given, violation(b.Rule, "sender", b.Offset, b.Field))
	}
	fine := func(given []any) {
		t.Helper()
		if d := target.Judge(c, write(t, with("violations", given))); d != nil {
			t.Errorf("%s: %v", c.GoString(), d)
		}
	}
	wrong := func(rule string, offset int, given []any) {
		t.Helper()
		if d := judged(t, c, with("violations", given)); d.Fault != fuzz.Sender || d.Rule != rule || d.Offset != offset {
			t.Errorf("%s: %v, want %s at %d", c.GoString(), &d, rule, offset)
		}
	}
	fine(nil)
	never := violation("PCCRC-2.4.1.2-Order", "sender", 3, "x")
	wrong("PCCRC-2.4.1.2-Order", 0, append(slices.Clone(given), never))
	if len(given) == 0 {
		return
	}
	b := c.Expected.Violations[0]
	fine(given[:1])
	fine([]any{map[string]any{"rule": b.Rule}})
	wrong(b.Rule, b.Offset, []any{violation(b.Rule, "sender", b.Offset+1, b.Field)})
	if len(given) > 1 && c.Expected.Violations[1].Rule != b.Rule {
		wrong(b.Rule, b.Offset, given[1:])
	}
}

func violation(rule, class string, offset int, field string) map[string]any {
	return map[string]any{"rule": rule, "class": class, "offset": offset, "field": field, "detail": "is wrong"}
}

// Whatever is not an answer is a bad reply.
func TestJudgeGarbage(t *testing.T) {
	c := target.NewCase(generate.Simplest("RESPONSE_MESSAGE"))
	whole := targettest.Answer(c.Message)
	for i := range whole {
		if d := target.Judge(c, []byte(whole[:i])); d == nil || d.Fault != fuzz.BadReply || d.Detail == "" {
			t.Errorf("%s: %v", whole[:i], d)
		}
	}
	for _, text := range []string{"null", "true", "[]", "[" + whole + "]", whole + whole, whole + ",", "\xff", "x" + whole, strings.Repeat(`{"a":`, 1<<15)} {
		if d := target.Judge(c, []byte(text)); d == nil || d.Fault != fuzz.BadReply {
			t.Errorf("%s: %v", text, d)
		}
	}
}

// TestExcerpt: what a terminal acts upon, and what turns the direction of text, goes.
func TestExcerpt(t *testing.T) {
	if got := target.Excerpt("a\x1b[2J\u009b\u202e\x7f\xffé"); got != "a [2J   ?é" {
		t.Errorf("%q", got)
	}
}

// Judging a right answer without violations and derived members allocates
// nothing.
func TestJudgeAllocations(t *testing.T) {
	for _, name := range []string{"BATCHED_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE", "CONTENT_INFORMATION_V2"} {
		c := target.NewCase(generate.Simplest(name))
		answer := []byte(targettest.Answer(c.Message))
		testutil.Allocs(t, 0, func() {
			if d := target.Judge(c, answer); d != nil {
				t.Error(d)
			}
		})
	}
}

// Judging the answer to a full batch.
func BenchmarkJudge(b *testing.B) {
	full := generate.Simplest("BATCHED_OFFER_MESSAGE")
	for range 127 {
		full.Bytes = append(full.Bytes, full.Bytes[16:75]...)
	}
	c, answer := target.NewCase(full), []byte(targettest.Answer(full))
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		if d := target.Judge(c, answer); d != nil {
			b.Fatal(d)
		}
	}
}

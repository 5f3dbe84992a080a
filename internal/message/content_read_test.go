package message_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// memory is a Store in memory.
type memory struct{ b []byte }

func (m *memory) Size() int64 { return int64(len(m.b)) }

func (m *memory) Write(b []byte) (int, error) {
	m.b = append(m.b, b...)
	return len(b), nil
}

func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	return copy(m.b[at:at+int64(len(b))], b), nil
}

func (m *memory) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(m.b).ReadAt(b, at) }

// streamed reads all Content Information in JSON with a ContentReader.
func streamed(r io.Reader) (all [][]byte, err error) {
	c := message.NewContentReader(r, new(memory), func() message.Store { return new(memory) })
	for {
		in, err := c.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
}

// assembled is streamed with a Reader, which has each object in memory.
func assembled(text string) (all [][]byte, err error) {
	r := message.NewReader(strings.NewReader(text))
	for {
		o, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := o.Assemble(true)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
}

// contentObjects are vectors of Content Information with their JSON.
func contentObjects(t *testing.T) (raw [][]byte, objects []string) {
	t.Helper()
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		if v.Kind == "content" && v.Valid {
			p := message.Printer{Form: message.FormJSON}
			p.ShowSecrets = true
			b, _ := p.Message(nil, &message.Item{Kind: spec.Content, Body: v.Bytes})
			raw, objects = append(raw, v.Bytes), append(objects, string(b))
		}
	}
	if len(raw) < 10 {
		t.Fatalf("%d vectors, want more", len(raw))
	}
	return raw, objects
}

// TestContentReader reads what is written of all vectors: as it is, with sorted members,
// without counts, indented, in UTF-16, byte by byte and one after the other.
func TestContentReader(t *testing.T) {
	raw, objects := contentObjects(t)
	for i, object := range objects {
		var v map[string]any
		d := json.NewDecoder(strings.NewReader(object))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		sorted, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var indented, utf16 bytes.Buffer
		if err := json.Indent(&indented, sorted, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, c := range "\ufeff" + object {
			utf16.Write([]byte{byte(c), byte(c >> 8)})
		}
		uncount(v["fields"])
		uncounted, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{"as it is": object, "sorted": string(sorted), "indented": indented.String(), "UTF-16": utf16.String(), "uncounted": string(uncounted)} {
			for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
				got, err := streamed(r)
				if err != nil || len(got) != 1 || !bytes.Equal(got[0], raw[i]) {
					t.Errorf("%s: %v\n%x\nwant\n%x\n%s", form, err, got, raw[i], text)
				}
			}
		}
	}
	got, err := streamed(strings.NewReader(strings.Join(objects, "\r\n\t ")))
	if diff := cmp.Diff(raw, got); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
}

// uncount removes counts, which can be computed.
func uncount(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"cSegments", "cBlocks", "dwChunkDataLength"} {
			delete(v, name)
		}
		for _, w := range v {
			uncount(w)
		}
	case []any:
		for _, w := range v {
			uncount(w)
		}
	}
}

// TestContentReaderRaw: the bytes of an object count where it has them, and its fields do
// not, also where keys are redacted.
func TestContentReaderRaw(t *testing.T) {
	raw, objects := contentObjects(t)
	for i := range raw {
		p := message.Printer{Form: message.FormJSON, Raw: true}
		b, _ := p.Message(nil, &message.Item{Kind: spec.Content, Body: raw[i]})
		shown := string(b)
		bare := shown[strings.LastIndex(shown, `,"raw":`)+1:]
		first := "{" + strings.TrimSuffix(bare, "}\n") + "," + strings.TrimPrefix(objects[i], "{")
		for _, text := range []string{shown, "{" + bare, first, strings.Replace("{"+bare, "raw", "hex", 1)} {
			if got, err := streamed(strings.NewReader(text)); err != nil || len(got) != 1 || !bytes.Equal(got[0], raw[i]) {
				t.Errorf("%v\n%x\nwant\n%x\n%s", err, got, raw[i], text)
			}
		}
		p.Raw = false
		b, _ = p.Message(nil, &message.Item{Kind: spec.Content, Body: raw[i]})
		if _, err := streamed(bytes.NewReader(b)); !errors.Is(err, message.ErrRedacted) {
			t.Errorf("redacted: %v", err)
		}
	}
}

// TestContentReaderMutated: what a ContentReader reads of damaged JSON, a Reader reads as
// the same.
func TestContentReaderMutated(t *testing.T) {
	_, objects := contentObjects(t)
	r := rand.New(rand.NewPCG(3, 4))
	tokens := []string{"{", "}", "[", "]", `"`, ",", ":", "0", "-1", "00", "1.5", "null", "true", `"x"`, `\`, `\u0041`, " ", "\n", `"raw":`, `"Rest":"00",`, `"cSegments":7,`, `"fields"`, "18446744073709551616", "a", "A"}
	read := 0
	for range 8000 {
		text := objects[r.IntN(len(objects))]
		for range 1 + r.IntN(2) {
			at := r.IntN(len(text))
			end := min(at+r.IntN(4), len(text))
			text = text[:at] + tokens[r.IntN(len(tokens))] + text[end:]
		}
		if strings.Contains(text, `"raw"`) {
			continue
		}
		got, err := streamed(strings.NewReader(text))
		if err != nil {
			continue
		}
		read++
		want, err := assembled(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v, %s\n%s", err, diff, text)
		}
	}
	if read < 400 {
		t.Errorf("%d of the texts were read, want more", read)
	}
}

// TestContentReaderFaults: errors say where and what.
func TestContentReaderFaults(t *testing.T) {
	const segment = `{"cbSegment":1,"SegmentHashOfData":"0000000000000000000000000000000000000000000000000000000000000000","SegmentSecret":"0000000000000000000000000000000000000000000000000000000000000000"}`
	v2 := func(fields string) string { return `{"message":"CONTENT_INFORMATION_V2","fields":{` + fields + `}}` }
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for text, want := range map[string]string{
		`[]`:                              `1:1: must be a JSON object`,
		`{"message":"MSG_BLK"}`:           `1:12: message: must be CONTENT_INFORMATION_V1 or CONTENT_INFORMATION_V2`,
		`{"fields":{"x":1}}`:              `1:12: fields.x: "message" must stand before "fields"`,
		`{"fields":{}}`:                   `1:12: fields: has no field`,
		`{"a":1,"a":1}`:                   `1:8: a: is given twice`,
		`{"a":1} `:                        `1:7: "fields" are missing`,
		`{"a":` + deep + `}`:              `must be nested`,
		`{"a":"` + "\n" + `"}`:            `1:6: a: invalid JSON string: unknown escape or control character`,
		`{"a":"\x"}`:                      `1:6: a: invalid JSON string: unknown escape or control character`,
		`{"a":01}`:                        `1:6: a: invalid JSON: neither a number nor true, false or null`,
		`{"a":1 "b":2}`:                   `1:8: invalid JSON at '"'`,
		`{"a":1,}`:                        `1:8: must be a string`,
		"{\n\n  \"a\":":                   `3:7: a: unexpected end of JSON inside an object`,
		`{"raw":"0001","hex":"0"}`:        `1:15: hex: are the bytes once more`,
		`{"raw":"00010"}`:                 `1:8: raw: must be a string of hex, two digits for each byte`,
		`{"raw":"00ff"}`:                  `1:8: raw: is not Content Information`,
		v2(`"a":1`):                       `fields.a: is not a field of CONTENT_INFORMATION_V2`,
		v2(`"bHashAlgo":256`):             `1:59: fields.bHashAlgo: must be an integer from 0 to 255`,
		v2(`"bHashAlgo":4,"bHashAlgo":4`): `fields.bHashAlgo: is given twice`,
		v2(`"bHashAlgo":"04"`):            `fields.bHashAlgo: must be an integer from 0 to 255`,
		v2(`"chunks":[]`):                 `1:58: fields.bMinorVersion: missing`,
		v2(`"chunks":{}`):                 `fields.chunks: must be an array`,
		v2(`"chunks":[{"bChunkType":0}]`): `fields.chunks[0].chunkData: missing`,
		v2(`"chunks":[{"chunkData":[` + segment + `,{"cbSegment":1}]}]`):                                                            `fields.chunks[0].chunkData[1].SegmentHashOfData: missing`,
		v2(`"chunks":[{"chunkData":[{"SegmentSecret":"00"}]}]`):                                                                     `fields.chunks[0].chunkData[0].SegmentSecret: has 1 byte, as no hash has`,
		v2(`"chunks":[{"chunkData":[{"SegmentSecret":"x"}]}]`):                                                                      `fields.chunks[0].chunkData[0].SegmentSecret: must be a string of hex, two digits for each byte`,
		v2(`"chunks":[{"chunkData":[{"SegmentSecret":7}]}]`):                                                                        `fields.chunks[0].chunkData[0].SegmentSecret: must be a string`,
		`{"fields":{"blocks":[],"Version":1,"dwHashAlgo":1,"dwOffsetInFirstSegment":0,"dwReadBytesInLastSegment":0,"segments":[]}}`: `"message" must be CONTENT_INFORMATION_V1`,
	} {
		_, err := streamed(strings.NewReader(text))
		var fault *message.Error
		if want == "must be nested" {
			want = "is nested too deeply"
		}
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) || strings.HasPrefix(want, "1:") && err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// failing is a Store that fails from some byte on.
type failing struct {
	memory
	most int
}

var errFull = errors.New("the disk is full")

func (f *failing) Write(b []byte) (int, error) {
	if len(f.b)+len(b) > f.most {
		return 0, errFull
	}
	return f.memory.Write(b)
}

func (f *failing) WriteAt([]byte, int64) (int, error) { return 0, errFull }

// Errors of reading and of writing come out, wherever they are; so does an end.
func TestContentReaderFails(t *testing.T) {
	raw, objects := contentObjects(t)
	broken := errors.New("the wire is broken")
	tried := map[byte]int{} // by version
	for i, object := range objects {
		if tried[raw[i][1]]++; tried[raw[i][1]] > 2 || len(object) > 4000 {
			continue
		}
		object = strings.TrimSpace(object)
		for n := range len(object) {
			if _, err := streamed(io.MultiReader(strings.NewReader(object[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
				t.Fatalf("broken at %d of %s: %v", n, object, err)
			}
			var fault *message.Error
			if _, err := streamed(strings.NewReader(object[:n])); n > 0 && !errors.As(err, &fault) {
				t.Fatalf("end at %d of %s: %v", n, object, err)
			}
		}
		for most := range len(raw[i]) {
			c := message.NewContentReader(strings.NewReader(object), &failing{most: most}, nil)
			if _, err := c.Next(); err != errFull {
				t.Fatalf("full at %d of %s: %v", most, object, err)
			}
		}
	}
}

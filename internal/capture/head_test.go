package capture

import (
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestFields reads header fields in every shape.
func TestFields(t *testing.T) {
	long := strings.Repeat("s", 32)
	for head, want := range map[string]fields{
		"":                                    {length: -1},
		"Content-Length: 7":                   {length: 7}, // without the end of the line
		"Content-Length: 7\n":                 {length: 7},
		"content-length:7\r\n":                {length: 7},
		"CONTENT-LENGTH :\t7 \r\n":            {length: 7},
		"Content-Length:\r\n 7\r\n":           {length: 7},
		"Content-Length:\n\t7\n":              {length: 7},
		"Content-Length:\n7\n":                {length: -1, invalid: true},
		"Content-Lengths: 7\n":                {length: -1},
		"X-Content-Length: 7\n":               {length: -1},
		"A: b\n Content-Length: 7\n":          {length: -1}, // goes on with the field before
		"A: b\nContent-Length: 7\nC: d\n":     {length: 7},
		"Transfer-Encoding: chunked\n":        {length: -1, chunked: true},
		"transfer-encoding: CHUNKED\n":        {length: -1, chunked: true},
		"Transfer-Encoding: gzip, chunked\n":  {length: -1, chunked: true},
		"Transfer-Encoding: chunked, gzip\n":  {length: -1, coded: true},
		"Transfer-Encoding: gzip\n":           {length: -1, coded: true},
		"Transfer-Encoding: identity\n":       {length: -1},
		"Transfer-Encoding: identity, gzip\n": {length: -1, coded: true},
		"Transfer-Encoding: chunked\nTransfer-Encoding: identity\n":    {length: -1, coded: true},
		"Transfer-Encoding: gzip\nTransfer-Encoding: identity\n":       {length: -1, coded: true},
		"Transfer-Encoding: gzip\nTransfer-Encoding: chunked\n":        {length: -1, chunked: true},
		"Transfer-Encoding: identity\nTransfer-Encoding: identity\n":   {length: -1},
		"Authorization: Negotiate YII=\n":                              {length: -1, allowed: true, auth: []byte("Negotiate")},
		"authorization: Basic\n":                                       {length: -1, allowed: true, auth: []byte("Basic")},
		"Authorization:\n":                                             {length: -1},
		"Authorization: " + long + " x\n":                              {length: -1, allowed: true, auth: []byte(long)},
		"Authorization: " + long + "s x\n":                             {length: -1, allowed: true},
		"Authorization: a=b\n":                                         {length: -1, allowed: true},
		"Authorization: A-Za_z09 x\n":                                  {length: -1, allowed: true, auth: []byte("A-Za_z09")},
		"WWW-Authenticate: Negotiate\n":                                {length: -1, auth: []byte("Negotiate")},
		"WWW-Authenticate: Negotiate abc=\n":                           {length: -1, auth: []byte("Negotiate ...")},
		"WWW-Authenticate: NTLM abc=\n":                                {length: -1, auth: []byte("NTLM")},
		"WWW-Authenticate: Negotiate\nWWW-Authenticate: NTLM\n":        {length: -1, auth: []byte("Negotiate, NTLM")},
		"WWW-Authenticate: Negotiate abc=, NTLM\n":                     {length: -1, auth: []byte("Negotiate ..., NTLM")},
		"WWW-Authenticate: Digest realm=\"a b\", nonce=\"x\", Basic\n": {length: -1, auth: []byte("Digest, Basic")},
		"WWW-Authenticate: , ,\n":                                      {length: -1},
	} {
		got := readFields([]byte(head))
		if got.length != want.length || got.invalid != want.invalid || got.chunked != want.chunked || got.coded != want.coded || got.allowed != want.allowed || string(got.auth) != string(want.auth) {
			t.Errorf("%q: %+v, auth %q; want %+v, auth %q", head, got, got.auth, want, want.auth)
		}
	}
	var f fields
	for range 100 {
		f.addSchemes([]byte(strings.Repeat("s", 30)))
	}
	if len(f.auth) != 4*30+3*2+2+30 {
		t.Errorf("%d bytes of schemes", len(f.auth))
	}
}

// TestPaths: what of a target is its path, and which are of MS-PCHC.
func TestPaths(t *testing.T) {
	for target, want := range map[string]string{
		"/": "/", "/a?b": "/a", "/a#b": "/a", "/a?b#c": "/a", "http://h/a": "/a", "http://h:80/a?b": "/a", "http://h": "", "http://h?x=/a": "/a", "http:///a": "/a", "http:///": "/",
		"/a://b/c": "/a://b/c", "*": "*", "://h/a": "://h/a", "x://h/a": "/a", "?a": "", "": "",
	} {
		if got := string(pathOf([]byte(target))); got != want {
			t.Errorf("%q: %q, want %q", target, got, want)
		}
	}
	for path, want := range map[string]bool{
		capturetest.PathV1: true, strings.ToLower(capturetest.PathV1): true, strings.ToUpper(v2): true, v2 + "/": true, v2 + "//": false, v2 + "x": false, v2[:36]: false, v2[1:]: false, "": false,
	} {
		if got := new(Options).protocolOf([]byte(path)) == PCHC; got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	for head, want := range map[string]bool{
		"POST /": false, "POST /0": true, "POST /c5": true, "POST /1": false, "POST " + v2: true, "POST " + v2 + " ": true, "POST " + v2 + " HTTP/1.1\r\n": true,
		"POST " + v2[:20]: true, "POST " + v2[:20] + " ": false, "POST " + v2 + "/": true, "POST http://h/0": true, "POST http://h/": false, "POST": false, "GET " + v2: false, "post " + v2: false,
	} {
		if got := new(Options).mayBeOurs([]byte(head)) == PCHC; got != want {
			t.Errorf("%q may be ours: %v", head, got)
		}
	}
}

// TestHeadEnd finds the empty line, wherever the search begins.
func TestHeadEnd(t *testing.T) {
	for head, want := range map[string]int{
		"": -1, "\n": -1, "\n\n": 2, "a\n\n": 3, "a\r\n\r\n": 5, "a\r\n\n": 4, "a\n\r\n": 4, "a\r\n\r": -1, "a\r\n": -1, "a\nb\n\nc": 5, "a\r\nb\r\n\r\nc": 8,
		"a\n\rb\n\n": 6, "a\r\r\n\r\n": 6,
	} {
		for from := range max(want-2, 1) {
			if from > 0 && head[from-1] == '\n' {
				continue // the search goes on two bytes before the end
			}
			if got := headEnd([]byte(head), from); got != want {
				t.Errorf("%q from %d: %d, want %d", head, from, got, want)
			}
		}
	}
	for line, want := range map[string]string{"a\nb": "a|b", "a\r\nb": "a|b", "a": "a|", "a\r": "a|", "\n": "|", "a\r\r\nb": "a\r|b"} {
		got, rest := cutLine([]byte(line))
		if s := string(got) + "|" + string(rest); s != want {
			t.Errorf("%q: %q, want %q", line, s, want)
		}
	}
}

// TestPayload takes what ends send without packets.
func TestPayload(t *testing.T) {
	var got []string
	r := NewReader(Options{Exchanges: true}, func(e *Event) error {
		s := map[EventKind]string{Request: "request", Response: "response", Problem: "problem " + e.Detail, Unanswered: "unanswered"}[e.Kind]
		got = append(got, s)
		return nil
	})
	post := string(capturetest.Post("/any", offer))
	for _, s := range []struct {
		stream uint64
		from   int
		data   string
	}{
		{1, 1, post[:20]}, {2, 0, post}, {1, 1, post[20:]}, {2, 1, string(answer)}, {1, 0, string(answer[:30])}, {1, 0, string(answer[30:])}, // two connections
		{3, 0, post[:len(post)-5]}, {3, 0, post}, // another begins
		{4, 0, post[:30]}, {4, 0, post},
		{5, 1, post}, {5, 1, post}, // and one that does not
	} {
		if err := r.Payload(s.stream, s.from, []byte(s.data)); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := r.Close()
	want := []string{"request", "request", "response", "response",
		"problem incomplete HTTP request: another message begins after 43 of 48 bytes of its body", "request",
		"problem incomplete HTTP request: another message begins within its header", "request", "request", "request",
		"unanswered", "unanswered", "unanswered", "unanswered", "unanswered"}
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b || err != nil || sum.Frames != 12 || sum.Connections != 5 {
		t.Errorf("%+v, %v\n%s\nwant\n%s", sum, err, a, b)
	}
	for begin, want := range map[string]bool{"HTTP/1.1 200 OK\r\n": true, "POST / HTTP/1.1\r\n": false, "x": false} {
		if IsResponse([]byte(begin)) != want {
			t.Errorf("%q is a response: %v", begin, !want)
		}
	}
}

// TestUnfinished: in which phases a message has begun that must go on.
func TestUnfinished(t *testing.T) {
	for p, want := range map[phase][2]bool{ // unfinished, within
		atHead: {false, false}, inBody: {true, true}, inSize: {true, true}, inChunk: {true, true}, inGap: {true, true},
		inTrailer: {false, false}, toEnd: {false, false}, searching: {false, false}, unframed: {false, false},
	} {
		f := framer{phase: p}
		if got := [2]bool{f.unfinished(), f.within()}; got != want {
			t.Errorf("phase %d: %v, want %v", p, got, want)
		}
	}
	f := framer{head: []byte("P")}
	if !f.unfinished() || !f.within() {
		t.Error("a head that has begun is not unfinished")
	}
}

// TestMostSchemes keeps schemes of authentication up to a length, of which the last may
// go beyond it.
func TestMostSchemes(t *testing.T) {
	for first, want := range map[string]int{"": 130, "a": 129, "ab": 128, "abc": 131} { // the next are ", xy" each
		var f fields
		if first != "" {
			f.addSchemes([]byte("xy" + first)) // 3 to 5 letters
		}
		for range 60 {
			f.addSchemes([]byte("xy"))
		}
		if first == "" && len(f.auth) != want || first != "" && len(f.auth) != 2+len(first)+(128-2-len(first)+3)/4*4 {
			t.Errorf("%q: %d bytes", first, len(f.auth))
		}
	}
}

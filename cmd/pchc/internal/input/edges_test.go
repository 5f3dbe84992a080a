package input

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestShows: which character a tool writes for which byte.
func TestShows(t *testing.T) {
	for b := range 256 {
		for _, c := range []rune{0, '\t', ' ', '!', '.', '/', '0', '1', '?', '@', 'A', '^', '_', '`', 'a', '~', 0x7e, 0x7f, 0x80, '•', '×'} {
			var want bool
			switch {
			case b == ' ':
				want = strings.ContainsRune(" ._\u007f\u0080•×", c)
			case b > ' ' && b < 0x7f:
				want = c == rune(b)
			default:
				want = strings.ContainsRune(". ?\u007f\u0080•×", c) || b == 0 && c == '0' || strings.ContainsRune("\t\n\r\f", rune(b)) && c == '_'
			}
			if got := shows(c, byte(b)); got != want {
				t.Errorf("%q for byte %#x: %v", c, b, got)
			}
		}
	}
}

// TestLikeText: what stands beside bytes, and how like them it is.
func TestLikeText(t *testing.T) {
	for _, c := range []struct {
		text, bytes string
		want        likeness
	}{
		{"abc", "abc", alike}, {"  abc  ", "abc", alike}, {"|abc|", "abc", alike}, {">abc<", "abc", alike}, {"*abc*", "abc", alike},
		{": abc", "abc", alike}, {"- abc", "abc", alike}, {"|abc", "abc", alike}, {"abc|", "abc", alike}, {"abd", "abc", asLong},
		{"ab", "abc", unlike}, {"abcd", "abc", unlike}, {"", "abc", unlike}, {"", "  ", alike}, {"", "", alike}, {"ab", "ab  ", alike}, {"ab", "  ab", alike},
		{"a b", "ab", alike}, {"a|b", "ab", alike}, {"a\tb", "ab", alike}, {"a.b", "a\x00b", alike}, {"a b", "a\x00b", alike}, {"a_b", "a b", alike},
		{"ab", "a\x00", asLong}, {"abc", "ab ", asLong}, {"a b", "acb", asLong}, {"....", "\x00\x01\x7f\xff", alike}, {"...", "\x00\x01\x7f\xff", unlike},
		{"ab  ", "ab", alike}, {"ab cd ef", "abcdef", alike}, {"ab xd ef", "abcdef", asLong}, {"   ab", " \x00ab", unlike}, {"=ab=", "ab", unlike},
	} {
		if got := likeText(c.text, []byte(c.bytes)); got != c.want {
			t.Errorf("%q beside %q: %d, want %d", c.text, c.bytes, got, c.want)
		}
	}
}

// TestLooks: a message is known from the byte on that tells, and by each of its bytes.
func TestLooks(t *testing.T) {
	v2 := "\x00\x02\x04" + strings.Repeat("\x00", 28)
	for _, c := range []struct {
		name, message string
		least         int   // bytes that it takes
		any           []int // bytes that may have any value
	}{
		{"offer", "\x00\x01\x00\x01\x00\x00\x00\x00", 8, []int{4, 5, 6, 7}},
		{"segment info", "\x00\x01\x00\x02\x00\x00\x00\x00", 8, []int{4, 5, 6, 7}},
		{"batch", "\x00\x02\x00\x03\x00\x00\x00\x00", 8, []int{4, 5, 6, 7}},
		{"response", "\x00\x00\x00\x01", 4, nil},
		{"content", "\x00\x01\x0c\x80\x00\x00", 6, nil},
		{"content of SHA-512", "\x00\x01\x0e\x80\x00\x00", 6, nil},
		{"content 2.0", v2, 31, nil},
	} {
		for n := range len(c.message) + 1 {
			if got := looks([]byte(c.message[:n])); got != (n >= c.least) {
				t.Errorf("%s, %d bytes: %v", c.name, n, got)
			}
		}
		for i := range min(6, c.least) {
			for _, flip := range []byte{0x10, 0x40, 0xff} {
				b := []byte(c.message)
				b[i] ^= flip
				if got := looks(b); got != (slices.Contains(c.any, i) || c.name == "content 2.0" && i > 2) {
					t.Errorf("%s, byte %d ^ %#x: %v", c.name, i, flip, got)
				}
			}
		}
	}
	for s, want := range map[string]bool{
		"\x00\x00\x00\x01\x00\x00\x00": true, "\x00\x00\x00\x01\x00\x00\x00\x00": false, "\x00\x00\x00\x02\x00": false, "\x00\x01\x0b\x80\x00\x00": false, "\x00\x01\x0d\x80\x00\x00": true, "\x00\x01\x0f\x80\x00\x00": false,
		"\x00\x01\x00\x03\x00\x00\x00\x00": false, "\x00\x02\x00\x01\x00\x00\x00\x00": false, "\x00\x02\x00\x02\x00\x00\x00\x00": false, "\x00\x03\x00\x03\x00\x00\x00\x00": false,
	} {
		if got := looks([]byte(s)); got != want {
			t.Errorf("%x: %v", s, got)
		}
	}
	for s, want := range map[string]bool{"": false, "\x00": true, "\x01": false, "\x00\x00": true, "\x00\x02": true, "\x00\x03": false, "\x01\x00": false} {
		if got := begins([]byte(s)); got != want {
			t.Errorf("%x begins a message: %v", s, got)
		}
	}
}

// TestNotations: how long a number is in each, and its bytes.
func TestNotations(t *testing.T) {
	hexa, octal, octalWords, binary, decimal, decimalWords := notations[0], notations[1], notations[2], notations[3], notations[4], notations[5]
	for _, c := range []struct {
		how   *notation
		text  string
		run   int
		bytes string
	}{
		{hexa, "00", 2, "\x00"}, {hexa, "0", 0, ""}, {hexa, "aF9", 0, ""}, {hexa, "aF09 ", 4, "\xaf\x09"}, {hexa, "g0", 0, ""}, {hexa, "", 0, ""}, {hexa, "0123456789abcdef0", 0, ""},
		{octal, "377", 3, "\xff"}, {octal, "400", 0, ""}, {octal, "37", 0, ""}, {octal, "0377", 0, ""}, {octal, "380", 0, ""}, {octal, "010x", 3, "\x08"},
		{octalWords, "177777", 6, "\xff\xff"}, {octalWords, "200000", 0, ""}, {octalWords, "000400", 6, "\x01\x00"}, {octalWords, "00400", 0, ""},
		{binary, "10000001", 8, "\x81"}, {binary, "1000000", 0, ""}, {binary, "100000012", 8, "\x81"}, {binary, "100000011", 0, ""},
		{decimal, "255", 3, "\xff"}, {decimal, "256", 0, ""}, {decimal, "0", 1, "\x00"}, {decimal, "00", 0, ""}, {decimal, "10", 2, "\x0a"}, {decimal, "007", 0, ""}, {decimal, "9", 1, "\x09"},
		{decimalWords, "65535", 5, "\xff\xff"}, {decimalWords, "65536", 0, ""}, {decimalWords, "00256", 5, "\x01\x00"}, {decimalWords, "000256", 0, ""},
	} {
		if got := c.how.run(c.text); got != c.run {
			t.Errorf("%s, %q: %d digits, want %d", c.how.name, c.text, got, c.run)
		}
		if c.run == 0 {
			continue
		}
		if got := string(c.how.append([]byte(">"), c.text[:c.run])); got != ">"+c.bytes || c.how.bytesOf(c.run) != len(c.bytes) {
			t.Errorf("%s, %q: %x, %d bytes", c.how.name, c.text, got, c.how.bytesOf(c.run))
		}
	}
	for _, c := range []struct {
		digits string
		marked bool
		radix  int
		want   uint64
		ok     bool
	}{
		{"0000010", false, 16, 0x10, true}, {"0000010", false, 8, 8, true}, {"0000010", false, 10, 10, true}, {"000010", false, 8, 0, false}, {"00000010", false, 8, 0, false},
		{"0000010", true, 8, 0, false}, {"0000010", true, 10, 0, false}, {"00000010", true, 10, 10, true}, {"00000010", false, 10, 0, false}, {"000000010", true, 10, 0, false},
		{"0000008", false, 8, 0, false}, {"000000a", false, 10, 0, false}, {"00000245`1fd2b040", true, 16, 0x2451fd2b040, true}, {"10000000000000000", true, 16, 0, false},
	} {
		r := row{digits: c.digits, marked: c.marked}
		if got, ok := r.parseOffset(c.radix); ok != c.ok || ok && got != c.want {
			t.Errorf("%s to base %d, marked %v: %d %v", c.digits, c.radix, c.marked, got, ok)
		}
	}
}

// TestOffsets: which number of a line may be an offset, and what belongs to it.
func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		text   string
		at     int
		digits string // "" for none
		marked bool
		prefix bool
		tail   string
	}{
		{"0010 00", 0, "0010", false, false, " 00"}, {"010 00", 0, "", false, false, ""}, {"10: 00", 0, "10", true, false, " 00"}, {"1: 00", 0, "", false, false, ""},
		{"0x10 00", 0, "", false, false, ""}, {"0x0010 00", 0, "0010", true, false, " 00"}, {"0X0010 00", 0, "0010", true, false, " 00"}, {"+0x10  00", 1, "10", true, false, "  00"}, {"-0x10  00", 1, "", false, false, ""},
		{"+10  00", 1, "", false, false, ""}, {"+0x1  00", 1, "", false, false, ""},
		{"[0010] 00", 1, "0010", true, false, " 00"}, {"[0010> 00", 1, "", false, false, ""}, {"<0010> 00", 1, "0010", true, false, " 00"}, {"(0010) 00", 1, "0010", true, false, " 00"}, {"{0010} 00", 1, "0010", true, false, " 00"}, {"[0010", 1, "", false, false, ""},
		{"[10]: 00", 1, "10", true, false, " 00"},
		{"0010h: 00", 0, "0010", true, false, " 00"}, {"0010H: 00", 0, "0010", true, false, " 00"}, {"0010g: 00", 0, "", false, false, ""}, {"0010h 00", 0, "0010", true, false, " 00"}, {"0010h", 0, "0010", true, false, ""},
		{"0010:00", 0, "", false, false, ""}, {"0010:0x00", 0, "0010", true, false, "0x00"}, {"0010:", 0, "0010", true, false, ""}, {"0010:\t00", 0, "0010", true, false, "\t00"},
		{"0010 : 00", 0, "0010", true, false, " 00"}, {"0010 - 00", 0, "0010", true, false, " 00"}, {"0010 | 00", 0, "0010", true, false, " 00"}, {"0010| 00", 0, "0010", true, false, " 00"}, {"0010- 00", 0, "", false, false, ""}, {"0010 -00", 0, "0010", false, false, " -00"}, {"0010 -", 0, "0010", true, false, ""}, {"0010 , 00", 0, "0010", false, false, " , 00"},
		{"0010 <buf+16>:\t00", 0, "0010", true, false, "\t00"}, {"0010 <buf+16>\t00", 0, "0010", false, false, " <buf+16>\t00"}, {"0010 <" + strings.Repeat("b", 126) + ">:\t00", 0, "0010", true, false, "\t00"}, {"0010 <" + strings.Repeat("b", 127) + ">:\t00", 0, "0010", false, false, " <" + strings.Repeat("b", 127) + ">:\t00"}, {"0010 <>: 0", 0, "0010", true, false, " 0"},
		{"00000245`1fd2b040 00", 0, "00000245`1fd2b040", false, false, " 00"}, {"0123456789abcdef0 00", 0, "0123456789abcdef0", false, false, " 00"}, {"0123456789abcdef01 00", 0, "", false, false, ""},
		{"> 0010 00", 2, "0010", false, false, " 00"}, {"a 0010 00", 2, "0010", false, true, " 00"}, {" \t>|+[(<{:;#*-=$0010 00", 16, "0010", false, false, " 00"}, {"0010", 0, "0010", false, false, ""},
	} {
		r, ok := readOffset(line{no: 1, text: c.text}, c.at)
		if ok != (c.digits != "") || ok && (r.digits != c.digits || r.marked != c.marked || r.prefix != c.prefix || c.text[r.tail:] != c.tail || r.from != c.at || r.kind != data) {
			t.Errorf("%q: %+v %v", c.text, r, ok)
		}
	}
}

// TestReadings: each number of a line may be an offset, up to a number of them, and
// not far behind its beginning.
func TestReadings(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"0010 00", []string{"0010"}}, {"x0010 0020 00", []string{"0020"}}, {"`0010 0020 00", []string{"0020"}}, {"_0010 0020 00", []string{"0020"}}, {"é0010 0020 00", []string{"0020"}},
		{"00100 0020 00", []string{"00100", "0020"}}, {"Z0010z 0020", []string{"0020"}}, {".0010 0020", []string{"0010", "0020"}}, {"/0010/", nil}, {"@0010 {0020", []string{"0010"}},
		{"0001 0002 0003 0004 0005 0006 0007 0008 0009", []string{"0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"}},
		{strings.Repeat("!", maxPrefix-1) + "0010 00", []string{"0010"}}, {strings.Repeat("!", maxPrefix) + "0010 00", nil},
	} {
		var got []string
		for _, r := range readings(line{no: 1, text: c.text}, notations[0]) {
			got = append(got, r.digits)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		if may := mayBegin(line{no: 1, text: c.text}); may != (c.want != nil) {
			t.Errorf("%q may begin a dump: %v", c.text, may)
		}
	}
	if maxPrefix != 256 || maxReadings != 8 || lookahead != 32 {
		t.Error("limits are others")
	}
}

// rowOf reads a line whose offset is its first word.
func rowOf(t *testing.T, text string, how *notation) row {
	t.Helper()
	r, ok := readOffset(line{no: 1, text: text}, 0)
	if !ok {
		t.Fatalf("%q has no offset", text)
	}
	r.readBytes(how)
	r.offset, _ = r.parseOffset(16)
	return r
}

// TestGroups: the numbers of a row, what is behind them, and how many bytes end where.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		text   string
		how    int
		groups []int // bytes of the row at their ends
		rest   string
	}{
		{"0000 00 01 02", 0, []int{1, 2, 3}, ""}, {"0000  0001 02  ab", 0, []int{2, 3}, "  ab"[:0] + ""}, {"0000 00 01 x", 0, []int{1, 2}, " x"}, {"0000 00 01  |..|", 0, []int{1, 2}, "  |..|"},
		{"0000 00-01", 0, []int{1, 2}, ""}, {"0000 00:01,02|03", 0, []int{1, 2, 3, 4}, ""}, {"0000 00--01", 0, []int{1}, "--01"}, {"0000 00 - 01", 0, []int{1, 2}, ""}, {"0000 00;01", 0, nil, " 00;01"},
		{"0000 0x00 0x01", 0, []int{1, 2}, ""}, {"0000 0x0001 0x0203", 0, []int{2, 4}, ""}, {"0000 00 1", 0, []int{1}, " 1"}, {"0000", 0, nil, ""}, {"0000  |", 0, nil, "  |"}, {"0000: ", 0, nil, " "},
		{"0000000 000 001 377", 1, []int{1, 2, 3}, ""}, {"0000000 000 001 ab", 1, nil, ""}, {"0000000 000 -001", 1, nil, ""}, {"0000000 0x00", 4, nil, ""},
		{"0000000 0 1 255", 4, []int{1, 2, 3}, ""}, {"0000000 0 256", 5, []int{2, 4}, ""}, {"0000: 00000000 11111111  ..", 3, []int{1, 2}, "  .."},
	} {
		if c.text == "0000  0001 02  ab" {
			c.groups, c.rest = []int{2, 3, 4}, ""
		}
		r := rowOf(t, c.text, notations[c.how])
		var got []int
		for _, g := range r.groups {
			got = append(got, g.total)
		}
		if !slices.Equal(got, c.groups) {
			t.Errorf("%q: %v, want %v", c.text, got, c.groups)
			continue
		}
		if len(got) == 0 {
			if r.most() != 0 || r.size() != 0 || r.digits0() != 0 || (r.kind == end) != (strings.Trim(c.text[r.tail:], " \t|") == "") {
				t.Errorf("%q: %+v", c.text, r)
			}
			continue
		}
		if r.most() != got[len(got)-1] || r.size() != got[0] || r.rest(r.most()) != c.rest || r.kind != data {
			t.Errorf("%q: most %d, size %d, rest %q", c.text, r.most(), r.size(), r.rest(r.most()))
		}
	}
	r := rowOf(t, "0000 00 0001 x", notations[0])
	if r.rest(0) != " 0001 x" || r.rest(1) != " 0001 x" || r.rest(2) != " x" || r.rest(3) != " x" || r.rest(4) != " x" {
		t.Errorf("rests %q %q %q", r.rest(1), r.rest(2), r.rest(4))
	}
	if w, v := r.append([]byte("a"), []byte("b")); string(w) != "a\x00\x00\x01" || string(v) != "b\x00\x01\x00" {
		t.Errorf("%x %x", w, v)
	}
}

// TestHolds: bytes end with a group, words at the end of a dump also within.
func TestHolds(t *testing.T) {
	for _, c := range []struct {
		text     string
		n        uint64
		whole    bool
		anywhere bool
	}{
		{"0000 00 01 02", 0, false, false}, {"0000 00 01 02", 1, true, true}, {"0000 00 01 02", 3, true, true}, {"0000 00 01 02", 4, false, false},
		{"0000 0001 0203", 1, false, false}, {"0000 0001 0203", 2, true, true}, {"0000 0001 0203", 3, false, true}, {"0000 0001 0203", 4, true, true}, {"0000 0001 0203", 5, false, false},
		{"0000 0001", 1, false, true}, {"0000 0001", 0, false, false}, {"0000 000102 030405", 4, false, false}, {"0000 000102 030405", 6, true, true}, {"0000 00010203 04050607", 5, false, true},
	} {
		r := rowOf(t, c.text, notations[0])
		if whole, anywhere := r.holds(c.n, false), r.holds(c.n, true); whole != c.whole || anywhere != c.anywhere {
			t.Errorf("%q, %d bytes: %v, at the end %v", c.text, c.n, whole, anywhere)
		}
	}
}

// TestFollows: how well a row follows another.
func TestFollows(t *testing.T) {
	for _, c := range []struct {
		first, next string
		want        link
	}{
		{"0000 00 01", "0002 02 03", exact}, {"0000 00 01", "0001 02 03", broken}, {"0000 00 01", "0000 02 03", broken}, {"0002 00 01", "0000 02 03", broken}, {"0000 00 01", "0003 02 03", broken},
		{"0000 00 01", "0002", exact}, {"0000 0001", "0001", exact}, {"0000 0001 0203", "0003", exact}, {"0000 0001", "0001 00", broken},
		{"0000 61 62 ab", "0002 00", partial}, {"0000 61 62 63 ab", "0002 00", broken}, {"0000 61 62 63  ab", "0003 00", broken}, {"0000 61 62  cd", "0002 00", partial}, {"0000 00", "0001 00", exact},
		{"00: 00 01 02", "03: 00", broken}, {"00: 00 01 02 03", "04: 00", exact}, {"000: 00 01 02", "003: 00", broken}, {"0000: 00 01 02", "0003: 00", exact},
	} {
		first, next := rowOf(t, c.first, notations[0]), rowOf(t, c.next, notations[0])
		if got := first.follows(&next); got != c.want {
			t.Errorf("%q after %q: %d, want %d", c.next, c.first, got, c.want)
		}
	}
}

// TestTypical: a row alone is one of a dump if it is like those of tools.
func TestTypical(t *testing.T) {
	for text, want := range map[string]bool{
		"0000 00 00": true, "0000 00": false, "0000 0000": false, "0010 00 00 00 00": true, "0010 00 00 00": false, "0010 0000 0000 0000 0000": false, "0011 00 00 00 00": false, "00000 00 00": true, "000 00 00": false,
		"ffffffff0 00 00 00 00": false, "fffffff0 00 00 00 00": true,
		"0000 0000000101": true, "0000 00000001": false, "0000 ffffffffff": false, "0000 00010001": false, "0000 0001000100000000": true,
		"0000: 00": true, "0x0000 00": true, "00: 00 00 00 00": true, "00: 00 00 00": false, "10: 00 00 00 00": false, "00: 0000 0000 0000 0000": false, "0011: 00": true, "00000245`1fd2b041 00": true,
		"a 0000: 00 00": true, "a 0000: 00": false, "a 0000 00 00": false, "a 0010: 00 00": false, "a 0010: 0000 0001 00": true, "a 00: 00 00": false, "a 0000: 00 00 x": false, "a 0000: 00 00 |": true, "a 000: 00 00": false,
	} {
		from := strings.IndexAny(text, "0123456789f")
		if strings.HasPrefix(text, "a ") {
			from = 2
		}
		r, ok := readOffset(line{no: 1, text: text}, from)
		if ok {
			r.readBytes(notations[0])
			r.offset, _ = r.parseOffset(16)
			ok = r.isTypical()
		}
		if ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

// TestWide: what begins a column of text.
func TestWide(t *testing.T) {
	for text, want := range map[string]bool{"": false, " a": false, "  a": true, "\ta": true, "|a": true, " |a": true, " :a": true, " >a": true, ":a": false, ">a": false, "a  ": false, " *a": false} {
		if got := isWide(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestStar: what stands for lines left out.
func TestStar(t *testing.T) {
	for text, want := range map[string]bool{"*": true, " * ": true, "> *": true, "|*|": true, "\t*": true, "**": false, "": false, "  ": false, "* a": false, "a *": false} {
		if got := isStar(line{no: 1, text: text}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestSizes: which lines of digits have one length.
func TestSizes(t *testing.T) {
	for lengths, want := range map[string]bool{"4": true, "4 4": true, "4 3": true, "4 5": false, "4 4 2": true, "4 2 4": false, "4 5 4": false, "2 4 4": false, "4 4 4": true, "4 4 5": false} {
		var units []unit
		for _, n := range strings.Fields(lengths) {
			n, _ := strconv.Atoi(n)
			units = append(units, unit{digits: strings.Repeat("0", n)})
		}
		if got := sameLength(units); got != want {
			t.Errorf("%s: %v", lengths, got)
		}
	}
	for text, want := range map[string]bool{"00": true, "000x": true, "00xx": true, "000!": true, "00!": false, "000000!!": true, "00000!!": false, "!": false, ":,;- ": true, "": true} {
		if got := mostlyHexDigits([]line{{no: 1, text: text}}); got != want {
			t.Errorf("%q is mostly hex: %v", text, got)
		}
	}
	for text, want := range map[string]bool{"00": true, "0 : , ; - x X f": true, "": false, ":": false, "0g": false} {
		if got := onlyHexDigits([]line{{no: 1, text: text}}); got != want {
			t.Errorf("%q is only hex: %v", text, got)
		}
	}
	for s, want := range map[string]string{"": "", "12345678": "12345678", "123456789": "12345678..."} {
		if got := clip(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
	if quoteAt("aé", 1) != "'é'" || quoteAt("a", 1) != "the end" || plural(1, "x") != "1 x" || plural(0, "x") != "0 xs" || plural(1234567890, "x") != "1234567890 xs" || firstWord("  a b") != "a" || firstWord(" ") != "" {
		t.Error("words of errors")
	}
	for c := range 256 {
		b := byte(c)
		if isHexDigit(b) != bytes.ContainsRune([]byte("0123456789abcdefABCDEF"), rune(c)) || isBlank(b) != (c < 0x80 && strings.ContainsRune(" \t\n\v\f\r", rune(c))) {
			t.Errorf("%q", b)
		}
		word := c >= 0x80 || strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_`", rune(c))
		if isWord(b) != word {
			t.Errorf("%q in a word: %v", b, !word)
		}
	}
}

// TestEscapes: the bytes of each escape, and what is none.
func TestEscapes(t *testing.T) {
	for _, c := range []struct{ text, bytes, fault string }{
		{`\x00`, "\x00", ""}, {`\xfF`, "\xff", ""}, {`\x0`, "", `\x needs two hex digits`}, {`\x`, "", `\x needs`}, {`\x0g`, "", `\x needs`}, {`\x001`, "\x001", ""},
		{`\u0041`, "A", ""}, {`\u007f`, "\x7f", ""}, {`\u0080`, "", "is one byte in some languages"}, {`\u004`, "", `\u needs 4 hex digits`}, {`\u00411`, "A1", ""}, {`\U00000041`, "A", ""}, {`\U0000004`, "", `\U needs 8 hex digits`}, {`\U00200000`, "", `\U needs 8`},
		{`\x{0}`, "\x00", ""}, {`\x{fF}`, "\xff", ""}, {`\x{100}`, "", "more than one byte"}, {`\u{7f}`, "\x7f", ""}, {`\u{80}`, "", "more than one byte"}, {`\x{80}`, "\x80", ""}, {`\x{ff}a`, "\xffa", ""}, {`\x{}`, "", `\x needs`},
		{`\0`, "\x00", ""}, {`\7`, "\x07", ""}, {`\8`, "", `unknown escape \8`}, {`\12`, "\n", ""}, {`\123`, "S", ""}, {`\1234`, "S4", ""}, {`\377`, "\xff", ""}, {`\400`, "", `\400 is not a byte`}, {`\08`, "", "is decimal in some languages"}, {`\18`, "", "is decimal"}, {`\129`, "", `\129 is decimal in some languages`}, {`\1238`, "S8", ""}, {`\0a`, "\x00a", ""}, {`\12a`, "\na", ""},
		{`\a\b\t\n\v\f\r\e`, "\a\b\t\n\v\f\r\x1b", ""}, {`\\\"\'\?`, `\"'?`, ""}, {`\q`, "", `unknown escape \q`}, {`\é`, "", `unknown escape \é`}, {"\\\na", "a", ""}, {"\\\r\na", "a", ""}, {"~", "~", ""}, {"\u007f", "\x7f", ""}, {"é", "", "more than one byte"},
	} {
		b, n, err := readQuoted(`"`+c.text+`"!`, 0)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: %x, %v, want %s", c.text, b, err, c.fault)
			}
		} else if err != nil || string(b) != c.bytes || n != len(c.text)+2 {
			t.Errorf("%s: %x, %d, %v", c.text, b, n, err)
		}
	}
	for text, want := range map[string]string{`"`: "unterminated", `"a`: "unterminated", "\"a\nb\"": "line 1, column 1: unterminated", `"\`: "unterminated", `"a'`: "unterminated"} {
		if b, n, err := readQuoted(text, 0); err == nil || !strings.Contains(err.Error(), want) || b != nil || n != 0 {
			t.Errorf("%q: %v", text, err)
		}
	}
	if b, n, err := readQuoted(`a'b"'`, 1); err != nil || string(b) != `b"` || n != 5 {
		t.Errorf("%q, %d, %v", b, n, err)
	}
	if b, _, err := readQuotedAs(`"é\u0080\u1234"`, 0, true); err != nil || string(b) != "é\u0080\u1234" {
		t.Errorf("in Go: %x, %v", b, err)
	}
}

// TestLists: the integers of lists, and what is none.
func TestLists(t *testing.T) {
	long := func(s string) string { return strings.TrimSuffix(strings.Repeat(s+", ", 5), ", ") }
	for _, c := range []struct{ text, want string }{
		{"{0, 0, 0, 1, 1}", "0000000101"}, {"{0,0,0,1,1,}", "0000000101"}, {"[ 0 0 0 1 1 ]", "0000000101"}, {"<<0,0,0,1,1>>", "0000000101"}, {"(0, 0, 0, 1, 1)", "0000000101"},
		{"{" + long("255") + "}", "ffffffffff"}, {"{" + long("256") + "}", "!256 is not a byte"}, {"{" + long("-128") + "}", "8080808080"}, {"{" + long("-129") + "}", "!-129 is not a byte"}, {"{" + long("-1") + "}", "ffffffffff"},
		{"{" + long("0xff") + "}", "ffffffffff"}, {"{" + long("0x0ff") + "}", "!0x0ff has the digits of more than one byte"}, {"{" + long("0x100") + "}", "!0x100 is not a byte"}, {"{" + long("0x1ff") + "}", "!0x1ff is not a byte"},
		{"{" + long("0xA") + "}", "0a0a0a0a0a"}, {"{" + long("$0A") + "}", "0a0a0a0a0a"}, {"{" + long("&H0A") + "}", "0a0a0a0a0a"}, {"{" + long("#0A") + "}", "0a0a0a0a0a"}, {"{" + long("0Ah") + "}", "0a0a0a0a0a"},
		{"{" + long("'0x0a'") + "}", "0a0a0a0a0a"}, {"{" + long("10u8") + "}", "0a0a0a0a0a"}, {"{" + long("0x0a'u8") + "}", "0a0a0a0a0a"}, {"{" + long("10uy") + "}", "0a0a0a0a0a"},
		{"{00 00 00 01 0a}", "000000010a"}, {"{00 00 00 01 01}", "0000000101"}, {"{10 10 10 11 11}", "0a0a0a0b0b"}, {"{10 10 10 11 1f}", "1010101" + "11f"}, {"{10 10 10 11 1}", "0a0a0a0b01"},
		{"{127, 127, -1, -1, -1}", "7f7fffffff"}, {"{128, 127, -1, -1, -1}", "!signed and unsigned bytes in one list"}, {"{0x80, 127, -1, -1, -1}", "807fffffff"},
		{"{0, 1 <repeats 3 times>, 2}", "0001010102"}, {"{0, 1 <repeats 1 times>, 2, 3, 4}", "0001020304"}, {"{0, 1 <repeats 0 times>, 2}", "!'0' is not a number of repetitions"}, {"{0, 1, ..., 2, 3}", "!'...' means"},
		{"{18446744073709551616, 0, 0, 0, 0}", "!'18446744...' is not an integer"}, {"{0, 0, 0, 1, x}", "!'x' is not an integer"},
		{"[0u8; 5]", "!a value and how often it is repeated"}, {"int x[5] = {0, 0, 0, 1, 1};", "0000000101"}, {"f(0, 0, 0, 1, 1)", "0000000101"}, {"{0, 0, 0, 1, 1", "!"},
		{"x = {1};", "!a literal of 1 byte in other text"}, {"x = {1, 2, 3, 4};", "!a literal of 4 bytes in other text"}, {"x = {1, 2, 3, 4, 5};", "0102030405"}, {"{1, 2}", "0102"}, {"{1}", "01"}, {"[1]", "01"}, {"(1, 2, 3, 4)", "!"}, {"(1, 2, 3, 4, 5)", "0102030405"},
		{"a[] = {0, 0, 0, 1, 1};\nb[] = {0, 0, 0, 1, 0};", "0000000101 0000000100"}, {"/* {9, 9, 9, 9, 9} */ {0, 0, 0, 1, 1} // {8, 8}", "0000000101"},
	} {
		m, err := Parse([]byte(c.text), Options{})
		var got []string
		for _, m := range m {
			got = append(got, fmt.Sprintf("%x", m.Bytes))
		}
		if reason, wrong := strings.CutPrefix(c.want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: %q, %v, want %s", c.text, got, err, reason)
			}
		} else if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v, want %s", c.text, got, err, c.want)
		}
	}
}

package input

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A form is a way in which programs write bytes as text.
type form struct {
	name  string
	write func(b []byte) string
	dump  bool // it has offsets
	alone bool // of a dump: a row proves itself, by its text or the mark of its offset
}

// rows returns a dump: each n bytes as how writes them.
func rows(b []byte, n int, how func(offset int, row []byte) string) string {
	var s strings.Builder
	for i := 0; i < len(b); i += n {
		s.WriteString(how(i, b[i:min(len(b), i+n)]) + "\n")
	}
	return s.String()
}

// pairs is hex in groups of two digits.
func pairs(b []byte) string { return fmt.Sprintf("% x", b) }

// halves is pairs with a sign in the middle.
func halves(b []byte, sign string) string {
	if len(b) <= 8 {
		return pairs(b)
	}
	return pairs(b[:8]) + sign + pairs(b[8:])
}

func words(b []byte, n int) string {
	var all []string
	for ; len(b) > n; b = b[n:] {
		all = append(all, hex.EncodeToString(b[:n]))
	}
	return strings.Join(append(all, hex.EncodeToString(b)), " ")
}

// textOf is the column of text of a dump.
func textOf(b []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '.'
		}
		return c
	}, latin1(b))
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// hexylText is the column of text of hexyl.
func hexylText(b []byte) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == 0:
			return '0'
		case c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r':
			return '_'
		case c < ' ' || c == 0x7f:
			return '•'
		case c > '~':
			return '×'
		}
		return c
	}, latin1(b))
}

// each writes all bytes in one way, with something between them.
func each(format, between string) func(b []byte) string {
	return func(b []byte) string {
		var all []string
		for _, c := range b {
			all = append(all, fmt.Sprintf(format, c))
		}
		return strings.Join(all, between)
	}
}

func signed(b []byte) string {
	var all []string
	for _, c := range b {
		all = append(all, strconv.Itoa(int(int8(c))))
	}
	return strings.Join(all, ", ")
}

// around writes something around what write does.
func around(before string, write func(b []byte) string, after string) func(b []byte) string {
	return func(b []byte) string { return before + write(b) + after }
}

func wrapBase64(b []byte) string { return fold(base64.StdEncoding.EncodeToString(b), 64) }

func forms() []form {
	dump := func(name string, alone bool, n int, how func(i int, r []byte) string) form {
		return form{name, func(b []byte) string { return rows(b, n, how) }, true, alone}
	}
	ended := func(f form, last string) form { // with a last offset
		write := f.write
		f.write = func(b []byte) string { return write(b) + fmt.Sprintf(last, len(b)) + "\n" }
		return f
	}
	const border = "+--------+-------------------------------------------------+----------------+\n"
	netty := dump("Netty", true, 16, func(i int, r []byte) string { return fmt.Sprintf("|%08x| %-48s|%-16s|", i, pairs(r), textOf(r)) })
	nettyRows := netty.write
	netty.write = func(b []byte) string {
		return "         +-------------------------------------------------+\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n" + border + nettyRows(b) + border
	}
	all := []form{
		dump("xxd", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-40s %s", i, words(r, 2), textOf(r)) }),
		dump("xxd -c 10 -g1", true, 10, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-30s %s", i, pairs(r), textOf(r)) }),
		dump("xxd -d", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%08d: %-40s %s", i, words(r, 2), textOf(r)) }),
		dump("xxd -b", true, 6, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-54s %s", i, each("%08b", " ")(r), textOf(r)) }),
		ended(dump("hexdump -C", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x  %-49s |%s|", i, halves(r, "  "), textOf(r)) }), "%08x"),
		ended(dump("od -tx1", false, 16, func(i int, r []byte) string { return fmt.Sprintf("%07o %s", i, pairs(r)) }), "%07o"),
		ended(dump("od -Ax -tx1z", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%06x %-47s  >%s<", i, pairs(r), textOf(r)) }), "%06x"),
		ended(dump("od -b", false, 16, func(i int, r []byte) string { return fmt.Sprintf("%07o %s", i, each("%03o", " ")(r)) }), "%07o"),
		ended(dump("hexdump -b", false, 16, func(i int, r []byte) string { return fmt.Sprintf("%07x %s", i, each("%03o", " ")(r)) }), "%07x"),
		ended(dump("od -tu1", false, 16, func(i int, r []byte) string { return fmt.Sprintf("%07o %s", i, each("%3d", " ")(r)) }), "%07o"),
		dump("WinDbg", true, 16, func(i int, r []byte) string {
			return fmt.Sprintf("00000245`%08x  %-47s  %s", 0x1fd2b040+i, halves(r, "-"), textOf(r))
		}),
		dump("gdb x/xb", true, 8, func(i int, r []byte) string {
			return fmt.Sprintf("%#x <buf+%d>:\t%s", 0x7fffffffe670+uint64(i), i, each("0x%02x", "\t")(r))
		}),
		dump("dlv examinemem", true, 8, func(i int, r []byte) string {
			return fmt.Sprintf("%#x:   %s   ", 0xc000014080+uint64(i), each("0x%02x", "   ")(r))
		}),
		dump("iPXE", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x : %-47s : %s", i, halves(r, "-"), textOf(r)) }),
		dump("openssl", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%04x - %-47s   %s", i, halves(r, "-"), textOf(r)) }),
		dump("strace -e write", true, 16, func(i int, r []byte) string {
			return fmt.Sprintf(" | %05x  %-49s  %-16s |", i, halves(r, "  "), textOf(r))
		}),
		dump("hexyl", true, 16, func(i int, r []byte) string {
			k := min(len(r), 8)
			return fmt.Sprintf("│%08x│ %-23s ┊ %-23s │%-8s┊%-8s│", i, pairs(r[:k]), pairs(r[k:]), hexylText(r[:k]), hexylText(r[k:]))
		}),
		netty,
		dump("brackets", true, 16, func(i int, r []byte) string { return fmt.Sprintf("[%04x]   %s", i, pairs(r)) }),
		dump("angles", true, 16, func(i int, r []byte) string { return fmt.Sprintf("<%04x>   %s", i, pairs(r)) }),
		dump("0x and a colon", true, 16, func(i int, r []byte) string { return fmt.Sprintf("0x%04x: %s", i, pairs(r)) }),
		dump("plus", true, 16, func(i int, r []byte) string { return fmt.Sprintf("+0x%02x  %s", i, pairs(r)) }),
		dump("editor", true, 16, func(i int, r []byte) string { return fmt.Sprintf("%04Xh: %s", i, strings.ToUpper(pairs(r))) }),
		dump("one number a line", false, 32, func(i int, r []byte) string { return fmt.Sprintf("%04x  %x", i, r) }),
		dump("Markdown table", true, 16, func(i int, r []byte) string { return fmt.Sprintf("| %04x | %s |", i, pairs(r)) }),
		dump("debugger's columns", true, 16, func(i int, r []byte) string {
			return fmt.Sprintf("%016X | %s | %s", 0x14000c000+uint64(i), strings.ToUpper(words(r, 1)), textOf(r))
		}),
	}
	for name, write := range map[string]func(b []byte) string{
		"hex":           hex.EncodeToString,
		"pairs":         pairs,
		"hex;":          around("", hex.EncodeToString, ";"),
		"smart quotes":  around("“", hex.EncodeToString, "”"),
		"backticks":     around("`", hex.EncodeToString, "`"),
		"base64":        base64.StdEncoding.EncodeToString,
		"base32":        base32.StdEncoding.EncodeToString,
		"Java":          around("[", signed, "]"),
		"C#":            around("new sbyte[] { ", signed, " };"),
		"Java casts":    around("byte[] b = { ", each("(byte)0x%02x", ", "), " };"),
		"Kotlin":        around("val b = byteArrayOf(", each("0x%02x.toByte()", ", "), ")"),
		"Scala":         around("Array[Byte](", signed, ")"),
		"Rust vec":      around("let b = vec![", each("0x%02xu8", ", "), "];"),
		"Rust slice":    around("let b: &[u8] = &[", each("%du8", ", "), "];"),
		"Rust string":   around(`b"`, each(`\x%02x`, ""), `"`),
		"Erlang":        around("<<", each("%d", ","), ">>"),
		"F#":            around("[|", each("0x%02xuy", "; "), "|]"),
		"Visual Basic":  around("{", each("&H%X", ", "), "}"),
		"Scheme":        around("#u8(", each("%d", " "), ")"),
		"Node":          around("<Buffer ", pairs, ">"),
		"Node's JSON":   around(`{"type":"Buffer","data":[`, each("%d", ","), "]}"),
		"Node's array":  func(b []byte) string { return fmt.Sprintf("Uint8Array(%d) [\n  %s\n]", len(b), each("%3d", ", ")(b)) },
		"NSData":        around("<", func(b []byte) string { return words(b, 4) }, ">"),
		"NSData, short": func(b []byte) string { return fmt.Sprintf("{length = %d, bytes = 0x%s}", len(b), words(b, 4)) },
		"list of text":  around("['", each("0x%x", "', '"), "']"),
		"C characters":  around("{ ", each(`'\x%02x'`, ", "), " };"),
		"octal":         around(`"`, each(`\%03o`, ""), `"`),
		"gdb p":         around(`$1 = "`, each(`\%03o`, ""), `"`),
		"shell":         around("printf '", each(`\x%02x`, ""), "' | nc cache 80"),
		"bytea":         around(`\x`, hex.EncodeToString, ""),
		"bytea of psql": around("  body  \n--------\n \\x", hex.EncodeToString, "\n(1 row)\n"),
		"SQL 0x":        around("INSERT INTO t VALUES (0x", hex.EncodeToString, ");"),
		"SQL X":         around("X'", hex.EncodeToString, "'"),
		".reg": around("Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\X]\n\"Body\"=hex:", func(b []byte) string {
			return strings.ReplaceAll(rows(b, 20, func(_ int, r []byte) string { return each("%02x", ",")(r) }), "\n", ",\\\n  ")[:len(each("%02x", ",")(b))+4*((len(b)-1)/20)]
		}, "\n"),
		"percent":        each("%%%02X", ""),
		"form":           around("body=", each("%%%02x", ""), ""),
		"data: URI":      around("data:;base64,", base64.StdEncoding.EncodeToString, ""),
		"PEM":            around("-----BEGIN MESSAGE-----\n", wrapBase64, "\n-----END MESSAGE-----\n"),
		"YAML":           around("body: !!binary |\n  ", func(b []byte) string { return strings.ReplaceAll(wrapBase64(b), "\n", "\n  ") }, "\n"),
		"a log":          around("2026-11-29T12:00:01.123Z INFO cache: body=", hex.EncodeToString, " peer=10.0.0.1:8080"),
		"a log of pairs": around("12:00:01 recv: ", pairs, ""),
		"go test":        func(b []byte) string { return "go test fuzz v1\n[]byte(" + strconv.Quote(string(b)) + ")\n" },
		"JSON":           around(`{"time":"2026-11-29T12:00:00Z","hex":"`, hex.EncodeToString, `"}`),
		"wrapped":        func(b []byte) string { return fold(hex.EncodeToString(b), 64) },
	} {
		all = append(all, form{name: name, write: write})
	}
	slices.SortFunc(all, func(a, b form) int { return strings.Compare(a.name, b.name) })
	return all
}

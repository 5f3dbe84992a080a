package input_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// turn is what one end of a connection sent at a time.
type turn struct {
	from int // 0 the client
	data []byte
}

// turns are what the packets of a connection carry.
func turns(t *capturetest.Trace) (all []turn) {
	client := t.Packets[0].Src
	for _, p := range t.Packets {
		if len(p.Data) == 0 {
			continue
		}
		from := 1
		if p.Src == client {
			from = 0
		}
		all = append(all, turn{from, p.Data})
	}
	return all
}

// dumpRows is a hex dump in rows of 16 bytes.
func dumpRows(b []byte, row func(offset int, b []byte) string) string {
	var s strings.Builder
	for at := 0; at < len(b); at += 16 {
		s.WriteString(row(at, b[at:min(at+16, len(b))]))
	}
	return s.String()
}

// dots is the text of bytes as tools write it beside them.
func dots(b []byte) string {
	s := bytes.Clone(b)
	for i, c := range s {
		if c < ' ' || c > '~' {
			s[i] = '.'
		}
	}
	return string(s)
}

// wide is 16 bytes with a gap in their middle.
func wide(b []byte) string {
	if len(b) <= 8 {
		return fmt.Sprintf("% x", b)
	}
	return fmt.Sprintf("% x  % x", b[:8], b[8:])
}

const followHead = "\n===================================================================\nFollow: tcp,%s\nFilter: tcp.stream eq 0\n" +
	"Node 0: 10.0.0.1:40001\nNode 1: 10.0.0.2:80\n"

const followEnd = "===================================================================\n"

// followHex is Follow Stream as a hex dump.
func followHex(all []turn, indent string) string {
	var s strings.Builder
	var offsets [2]int
	for _, t := range all {
		s.WriteString(dumpRows(t.data, func(at int, b []byte) string {
			text := dots(b)
			if len(text) > 8 {
				text = text[:8] + " " + text[8:]
			}
			return fmt.Sprintf("%s%08X  %-49s %s\n", strings.Repeat(indent, t.from), offsets[t.from]+at, wide(b), text)
		}))
		offsets[t.from] += len(t.data)
	}
	return s.String()
}

// conversationForms are what tools write of a connection without its packets.
func conversationForms(all []turn) map[string]string {
	forms := map[string]string{}
	forms["tshark, hex"] = fmt.Sprintf(followHead, "hex") + followHex(all, "\t") + followEnd
	forms["tshark, hex, no indentation"] = fmt.Sprintf(followHead, "hex") + followHex(all, "") + followEnd
	forms["tshark, hex, prompts"] = "user@host:~$ sudo tshark -q -z follow,tcp,hex,0 -r x\n[sudo] password for user: \n" + forms["tshark, hex"] + "user@host:~$ \n"
	forms["Wireshark, hex"] = followHex(all, "    ")
	forms["Wireshark, hex, CR LF"] = strings.ReplaceAll(followHex(all, "    "), "\n", "\r\n")
	for name, indent := range map[string]string{"tshark, raw": "\t", "tshark, raw, no indentation": ""} {
		forms[name] = fmt.Sprintf(followHead, "raw")
		for _, t := range all {
			forms[name] += strings.Repeat(indent, t.from) + hex.EncodeToString(t.data) + "\n"
		}
		forms[name] += followEnd
	}
	forms["YAML"] = "peers:\n  - peer: 0\n    host: 10.0.0.1\n    port: 40001\n  - peer: 1\n    host: 10.0.0.2\n    port: 80\npackets:\n"
	index := [2]int{}
	for i, t := range all {
		encoded := base64.StdEncoding.EncodeToString(t.data)
		lines := ""
		for at := 0; at < len(encoded); at += 76 {
			lines += encoded[at:min(at+76, len(encoded))] + "\n"
		}
		indented := "      " + strings.TrimSuffix(strings.ReplaceAll(lines, "\n", "\n      "), "      ")
		forms["YAML"] += fmt.Sprintf("  - packet: %d\n    peer: %d\n    index: %d\n    timestamp: 1600000000.%09d\n    data: !!binary |\n%s", 4+i, t.from, index[t.from], i, indented)
		forms["YAML, old"] += fmt.Sprintf("# Packet %d\npeer%d_%d: !!binary |\n%s", 4+i, t.from, index[t.from], strings.ReplaceAll(indented, "      ", "  "))
		forms["C arrays"] += fmt.Sprintf("char peer%d_%d[] = { /* Packet %d */\n%s};\n", t.from, index[t.from], 4+i,
			dumpRows(t.data, func(at int, b []byte) string {
				end := ", \n"
				if at+len(b) == len(t.data) {
					end = " "
				}
				return "0x" + strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ", 0x") + end
			}))
		index[t.from]++
		forms["strace"] += straceCall(t, octal)
		forms["strace -f -xx -T -yy"] += "[pid  1234] " + straceTimed(straceCall(t, escaped))
		forms["strace -e write=all"] += straceDump(t)
	}
	forms["tshark -T fields -e tcp.payload"] = ""
	for _, t := range all {
		forms["tshark -T fields -e tcp.payload"] += hex.EncodeToString(t.data) + "\n\n"
	}
	forms["curl --trace"] = curlTrace(all, "")
	forms["curl --trace --trace-time"] = curlTrace(all, "12:00:00.123456 ")
	forms["curl --trace --trace-time --trace-ids"] = curlTrace(all, "12:00:00.123456 [0-0] ")
	return forms
}

// curlTrace is curl --trace, with each line of a received header on its own.
func curlTrace(all []turn, stamp string) string {
	var s strings.Builder
	s.WriteString(stamp + "== Info:   Trying 10.0.0.2:80...\n" + stamp + "== Info: Connected to 10.0.0.2 (10.0.0.2) port 80 (#0)\n")
	record := func(from int, what string, b []byte) {
		way := []string{"=> Send ", "<= Recv "}[from]
		fmt.Fprintf(&s, "%s%s%s, %d bytes (0x%x)\n", stamp, way, what, len(b), len(b))
		s.WriteString(dumpRows(b, func(at int, b []byte) string {
			return fmt.Sprintf("%04x: %-47s %s\n", at, fmt.Sprintf("% x", b), dots(b))
		}))
	}
	for _, t := range all {
		head, body, ok := bytes.Cut(t.data, []byte("\r\n\r\n"))
		if !ok {
			record(t.from, "data", t.data)
			continue
		}
		head = t.data[:len(head)+4]
		if t.from == 0 {
			record(0, "header", head)
		} else {
			for _, line := range bytes.SplitAfter(head, []byte("\n")) {
				if len(line) > 0 {
					record(1, "header", line)
				}
			}
		}
		if len(body) > 0 {
			record(t.from, "data", body)
		}
	}
	s.WriteString(stamp + "== Info: Connection #0 to host 10.0.0.2 left intact\n")
	return s.String()
}

func straceCall(t turn, quote func([]byte) string) string {
	if t.from == 0 && len(t.data) > 40 {
		return fmt.Sprintf("writev(5, [{iov_base=\"%s\", iov_len=40}, {iov_base=\"%s\", iov_len=%d}], 2) = %d\n", quote(t.data[:40]), quote(t.data[40:]), len(t.data)-40, len(t.data))
	}
	if t.from == 0 {
		return fmt.Sprintf("sendto(5, \"%s\", %d, MSG_NOSIGNAL, NULL, 0) = %d\n", quote(t.data), len(t.data), len(t.data))
	}
	return fmt.Sprintf("recvfrom(5, \"%s\", 102400, 0, NULL, NULL) = %d\n", quote(t.data), len(t.data))
}

func straceTimed(s string) string {
	return strings.Replace(strings.TrimSuffix(s, "\n"), "(5, ", "(5<TCP:[10.0.0.1:40001->10.0.0.2:80]>, ", 1) + " <0.000021>\n"
}

// straceDump is a call whose string is cut and which is dumped below.
func straceDump(t turn) string {
	call := []string{"write", "read"}[t.from]
	return fmt.Sprintf("%s(5, \"%s\"..., %d) = %d\n", call, octal(t.data[:1]), len(t.data), len(t.data)) +
		dumpRows(t.data, func(at int, b []byte) string {
			return fmt.Sprintf(" | %05x  %-48s  %-16s |\n", at, wide(b), dots(b))
		})
}

// octal is a C string as strace writes it.
func octal(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		digit := i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9'
		switch {
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\r':
			s.WriteString(`\r`)
		case c == '"' || c == '\\':
			s.WriteString(`\` + string(rune(c)))
		case c >= ' ' && c < 0x7f:
			s.WriteByte(c)
		case digit:
			fmt.Fprintf(&s, `\%03o`, c)
		default:
			fmt.Fprintf(&s, `\%o`, c)
		}
	}
	return s.String()
}

func escaped(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\x%02x`, c)
	}
	return s.String()
}

// packetForms are what tools write of the frames of a capture, beside those of
// views.
func packetForms(t *testing.T, file []byte) map[string]string {
	forms := map[string]string{}
	for i, f := range frames(t, file) {
		digits := hex.EncodeToString(f.Data)
		comma := ","
		if i == 0 {
			comma = "["
		}
		forms["tshark -T json -x"] += fmt.Sprintf("%s\n  {\n    \"_index\": \"x\",\n    \"_source\": {\n      \"layers\": {\n        \"frame_raw\": [\n          %q,\n          0,\n          %d,\n          0,\n          1\n        ],\n"+
			"        \"frame\": {\n          \"frame.number\": \"%d\"\n        }\n      }\n    }\n  }\n", comma, digits, len(f.Data), i+1)
		forms["tshark -T ek -x"] += fmt.Sprintf("{\"index\":{\"_index\":\"x\"}}\n{\"timestamp\":\"1\",\"layers\":{\"frame_raw\":%q,\"frame\":{\"frame_frame_number\":\"%d\"}}}\n", digits, i+1)
		forms["C arrays of packets"] += fmt.Sprintf("/* Frame (%d bytes) */\nstatic const unsigned char pkt%d[%d] = {\n%s};\n\n", len(f.Data), i+1, len(f.Data),
			dumpRows(f.Data, func(at int, b []byte) string {
				comma := ", "
				if at+len(b) == len(f.Data) {
					comma = " "
				}
				return "0x" + strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ", 0x") + comma + "/* " + strings.ReplaceAll(dots(b), "*", ".") + " */\n"
			}))
		forms["hex stream"] += digits + "\n"
		forms["tcpdump -t"] += strings.ReplaceAll(capturetest.TcpdumpText(f.Link, f.Data, "-XX"), "15:09:26.535897 ", "")
		forms["tcpdump -tttt -e, sudo"] += "[sudo] password for user: \n" + strings.ReplaceAll(capturetest.TcpdumpText(f.Link, f.Data, "-xx"),
			"15:09:26.535897 IP", "2026-03-14 15:09:26.535897 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 60: IP (tos 0x0, ttl 64, id 4, offset 0, flags [DF], proto TCP (6), length 46)\n   ")
	}
	forms["tshark -T json -x"] += "]\n"
	return forms
}

// talks are connections that every form can show.
func talks() map[string]*capturetest.Trace {
	const v1, v2 = capturetest.PathV1, capturetest.PathV2
	ok, interested := capturetest.Answer(200, capturetest.OK), capturetest.Answer(200, capturetest.Interested)
	all := map[string]*capturetest.Trace{}
	for name, talk := range map[string]func(c *capturetest.Conn){
		"exchanges": func(c *capturetest.Conn) {
			c.Send(capturetest.Post(v1, offer)).Reply(interested).Send(capturetest.Post(v1, info)).Reply(ok).
				Send(capturetest.Post(v2, capturetest.Batch(1, 40))).Reply(ok)
		},
		"cut across": func(c *capturetest.Conn) {
			c.MSS = 100
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 10))).Reply(ok).Send(capturetest.Post(v2, capturetest.Batch(2, 1))).Reply(ok)
		},
		"chunked": func(c *capturetest.Conn) {
			c.Send(capturetest.Message("POST "+v2+" HTTP/1.1", capturetest.Chunked(capturetest.Batch(1, 20), 700), "Host: c", "Transfer-Encoding: gzip, chunked")).
				Reply(capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(capturetest.OK, 2), "Transfer-Encoding: chunked"))
		},
		"pipelined": func(c *capturetest.Conn) {
			c.Send(slices.Concat(capturetest.Post(v1, offer), capturetest.Post(v1, info))).Reply(slices.Concat(interested, ok))
		},
		"401 and resend": func(c *capturetest.Conn) {
			c.Send(capturetest.Post(v1, offer)).Reply(capturetest.Answer(401, []byte("no"))).Send(capturetest.Post(v1, offer, "Authorization: x")).Reply(interested)
		},
		"100 Continue": func(c *capturetest.Conn) {
			head, body, _ := bytes.Cut(capturetest.Post(v2, capturetest.Batch(1, 4), "Expect: 100-continue"), []byte("\r\n\r\n"))
			c.Send(append(head, "\r\n\r\n"...)).Reply([]byte("HTTP/1.1 100 Continue\r\n\r\n")).Send(body).Reply(ok)
		},
		"CONNECT": func(c *capturetest.Conn) {
			c.Send([]byte("CONNECT cache:80 HTTP/1.1\r\nHost: cache:80\r\n\r\n")).Reply([]byte("HTTP/1.1 200 Connection established\r\n\r\n")).
				Send(capturetest.Post(v2, capturetest.Batch(1, 4))).Reply(ok)
		},
		"to the end": func(c *capturetest.Conn) {
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 1))).Reply(capturetest.Message("HTTP/1.0 200 OK", capturetest.OK, "Connection: close"))
		},
		"lengths repeated": func(c *capturetest.Conn) {
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 1), "Content-Length: 75")).Reply(capturetest.Answer(200, capturetest.OK, "Content-Length: 5, 5"))
		},
		"lengths that differ": func(c *capturetest.Conn) {
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 1), "Content-Length: 76")).Reply(ok)
		},
	} {
		var t capturetest.Trace
		c := t.Conn(1).Open()
		talk(c)
		c.CloseServer()
		all[name] = &t
	}
	return all
}

// TestForms: what tools write of a connection gives the messages of its capture.
func TestForms(t *testing.T) {
	for name, trace := range talks() {
		file := trace.Encode(capturetest.Format{})
		want, problems := fromFile(t, file)
		all := conversationForms(turns(trace))
		for form, text := range packetForms(t, file) {
			all[form] = text
		}
		for form, text := range all {
			got, missing := fromText(t, text)
			if diff := cmp.Diff(want, got); diff != "" || (missing > 0) != (problems > 0) {
				t.Errorf("%s, %s: %d problems, want %d (-file +text):\n%.1500s", name, form, missing, problems, diff)
			}
		}
	}
}

// TestFormsTools does so with what tshark really writes.
func TestFormsTools(t *testing.T) {
	if testing.Short() {
		t.Skip("runs tshark many times")
	}
	tshark := testutil.Tool(t, "tshark")
	talks := talks()
	for n, name := range slices.Sorted(maps.Keys(talks)) {
		t.Run(name, func(t *testing.T) {
			b := talks[name].Encode(capturetest.Format{})
			want, problems := fromFile(t, b)
			file := filepath.Join(t.TempDir(), "capture")
			if err := os.WriteFile(file, b, 0o666); err != nil {
				t.Fatal(err)
			}
			for i, options := range []string{"-q -z follow,tcp,hex,0", "-q -z follow,tcp,raw,0", "-q -z follow,tcp,yaml,0", "-T json -x", "-T jsonraw", "-T ek -x",
				"-T json -x -Y http", "-T ek -x -Y http", "-V -x", "-P -x -Y http", "-T fields -e tcp.payload"} {
				if (i+n)%2 > 0 {
					continue // tshark takes half a second to start: each view of every second conversation
				}
				cmd := exec.Command(tshark, append([]string{"-r", file}, strings.Fields(options)...)...)
				cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(file))
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v", options, err)
				}
				got, missing := fromText(t, string(out))
				if diff := cmp.Diff(want, got); diff != "" || (missing > 0) != (problems > 0) {
					t.Errorf("%s: %d problems, want %d (-file +text):\n%.1500s", options, missing, problems, diff)
				}
			}
		})
	}
}

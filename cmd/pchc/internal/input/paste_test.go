package input_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// An INITIAL_OFFER_MESSAGE and a SEGMENT_INFO_MESSAGE.
var (
	offer, _ = hex.DecodeString("0001000100000000c8220000000000007365296aa158f7a46a80b139608b1e663d46f4d3c019fa14381f3ead68db9dc5")
	info, _  = hex.DecodeString("0001000200000000c822000000000000576562494f000000000000000000000000010c8000000000000003100000010000000000" +
		"00000000000003100000000001009ac2510eb84557ff6b9c8e95b1c5ee651c25f5901392747408025a8e427b6c136c16f115d77b0250" +
		"790218519345bf990697c08069b56656187c6c712532ce8901000000e90004bf31e8991d83043cd9c5a3eec7cea5391e047c2d5270b2" +
		"f7ee11b853f4")
)

// pasted is a capture that is read as a file, and as the text that tools write of
// it.
type pasted struct {
	file  []byte
	trace *capturetest.Trace // in order, one frame each; nil where it is not known

	// incomplete is why tshark -Y http does not show all that there is. Then Parse
	// must say that something is missing, and invent nothing.
	incomplete string
}

// pastes are the captures of other implementations, and made ones of each kind.
func pastes(t *testing.T) map[string]*pasted {
	all := map[string]*pasted{}
	files, err := filepath.Glob("../../testdata/*.pcap*")
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "tls.pcap") }) // of which a paste shows nothing
	if err != nil || len(files) != 4 {
		t.Fatalf("captures %q, %v; want 4", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = &pasted{file: b}
	}
	made := func(name string, f capturetest.Format, talk func(trace *capturetest.Trace)) {
		var trace capturetest.Trace
		talk(&trace)
		p := &pasted{file: trace.Encode(f)}
		if f.Fragment == 0 {
			p.trace = &trace
		}
		all[name] = p
	}
	unordered := func(name string, talk func(trace *capturetest.Trace)) *pasted {
		var trace capturetest.Trace
		talk(&trace)
		p := &pasted{file: trace.Encode(capturetest.Format{})}
		all[name] = p
		return p
	}
	const v1, v2 = capturetest.PathV1, capturetest.PathV2
	ok, interested := capturetest.Answer(200, capturetest.OK), capturetest.Answer(200, capturetest.Interested)
	exchanges := func(c *capturetest.Conn) {
		c.Send(capturetest.Post(v1, offer)).Reply(interested).Send(capturetest.Post(v1, info)).Reply(ok)
		c.Send(capturetest.Post(v2, capturetest.Batch(1, 40))).Reply(ok)
		c.Send(capturetest.Post(v2, capturetest.Batch(1, 1)[:24])).Reply(interested) // malformed, and not allowed
	}
	plain := func(trace *capturetest.Trace) {
		c := trace.Conn(1).Open()
		exchanges(c)
		c.Close()
	}
	made("several exchanges", capturetest.Format{}, plain)
	made("pcapng, big-endian", capturetest.Format{Pcapng: true, BigEndian: true}, plain)
	made("VLAN", capturetest.Format{Tags: []uint16{0x8100}}, plain)
	made("Linux cooked", capturetest.Format{Link: capturetest.Linux}, plain)
	made("raw IP", capturetest.Format{Link: capturetest.Raw}, plain)
	made("BSD loopback", capturetest.Format{NullLink: true}, plain)
	made("IPv4 options", capturetest.Format{Options: true}, plain)
	made("IPv6", capturetest.Format{}, func(trace *capturetest.Trace) {
		c := trace.Conn(1).IPv6().Open()
		exchanges(c)
		c.Close()
	})
	made("tiny segments", capturetest.Format{}, func(trace *capturetest.Trace) {
		c := trace.Conn(1)
		c.MSS = 11
		c.Open()
		exchanges(c)
		c.Close()
	})
	made("fragments", capturetest.Format{Fragment: 400}, plain)
	made("no handshake, no end", capturetest.Format{}, func(trace *capturetest.Trace) { exchanges(trace.Conn(1)) })
	made("chunked", capturetest.Format{}, func(trace *capturetest.Trace) {
		trace.Conn(1).Open().
			Send(capturetest.Message("POST "+v2+" HTTP/1.1", capturetest.Chunked(capturetest.Batch(1, 50), 700), "Host: c", "Transfer-Encoding: chunked")).
			Reply(capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(capturetest.OK, 2), "Transfer-Encoding: chunked")).Close()
	})
	made("pipelined", capturetest.Format{}, func(trace *capturetest.Trace) {
		trace.Conn(1).Open().Send(slices.Concat(capturetest.Post(v1, offer), capturetest.Post(v1, info))).Reply(slices.Concat(interested, ok)).Close()
	})
	made("401 and resend", capturetest.Format{}, func(trace *capturetest.Trace) {
		trace.Conn(1).Open().Send(capturetest.Post(v1, offer)).Reply(capturetest.Answer(401, bytes.Repeat([]byte("no"), 1000))).
			Send(capturetest.Post(v1, offer, "Authorization: x")).Reply(interested).Close()
	})
	made("100 Continue", capturetest.Format{}, func(trace *capturetest.Trace) {
		head, body, _ := bytes.Cut(capturetest.Post(v2, capturetest.Batch(1, 40), "Expect: 100-continue"), []byte("\r\n\r\n"))
		c := trace.Conn(1).Open()
		c.Send(append(head, "\r\n\r\n"...)).Reply([]byte("HTTP/1.1 100 Continue\r\n\r\n")).Send(body).Reply(ok).Close()
	})
	made("among other HTTP", capturetest.Format{}, func(trace *capturetest.Trace) {
		trace.Conn(1).Open().Send(capturetest.Post("/other", capturetest.Batch(1, 1))).Reply(ok).
			Send([]byte("GET / HTTP/1.1\r\nHost: c\r\n\r\n")).Reply(capturetest.Answer(200, []byte("<html>"))).
			Send(capturetest.Post(v2, capturetest.Batch(1, 1))).Reply(ok).Close()
	})
	made("several connections", capturetest.Format{}, func(trace *capturetest.Trace) {
		var parts []*capturetest.Trace
		for n := range 4 {
			var part capturetest.Trace
			c := part.Conn(n)
			c.MSS = 300 + 100*n
			c.Open()
			exchanges(c)
			c.Close()
			parts = append(parts, &part)
		}
		*trace = *capturetest.Merge(parts...)
	})
	unordered("retransmitted", func(trace *capturetest.Trace) {
		plain(trace)
		for i := len(trace.Packets) - 1; i >= 0; i -= 2 {
			trace.Packets = slices.Insert(trace.Packets, i, trace.Packets[i])
		}
	})
	unordered("reordered", func(trace *capturetest.Trace) {
		plain(trace)
		trace.Swap(rand.New(rand.NewPCG(1, 1)), 0.3)
	})
	unordered("tiny segments, reordered", func(trace *capturetest.Trace) {
		c := trace.Conn(1)
		c.MSS = 100
		c.Open()
		exchanges(c)
		c.Close()
		trace.Swap(rand.New(rand.NewPCG(1, 1)), 0.3)
	}).incomplete = "it does not reassemble segments out of order (tcp.reassemble_out_of_order is off by default)"
	unordered("begins within a body", func(trace *capturetest.Trace) {
		plain(trace)
		trace.Packets = trace.Packets[13:]
	})
	made("cut by the snap length", capturetest.Format{Snap: 400}, plain)
	unordered("lost", func(trace *capturetest.Trace) {
		plain(trace)
		trace.Drop(func(i int, p *capturetest.Packet) bool { return i == 12 })
	}).incomplete = "the request that lacks a segment is not shown as HTTP"
	return all
}

// message is one that was found, however it was read.
type message struct {
	Kind    spec.Kind
	Request uint16
	Bytes   string // in hex
}

func found(kind spec.Kind, b []byte, request uint16) message {
	if kind == 0 {
		kind = spec.Guess(b)
	}
	return message{kind, request, hex.EncodeToString(b)}
}

// fromFile returns the messages in a capture file, and how many problems there are.
func fromFile(t *testing.T, file []byte) (messages []message, problems int) {
	t.Helper()
	_, err := capture.Read(bytes.NewReader(file), capture.Options{ByFrame: true}, func(e *capture.Event) error {
		switch e.Kind {
		case capture.Request:
			messages = append(messages, found(spec.Request, e.Body, 0))
		case capture.Response:
			messages = append(messages, found(spec.Response, e.Body, e.RequestType))
		case capture.Problem:
			problems++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages, problems
}

// lostBefore counts the problems of a capture that tell of what is missing before the
// first request. A copy of a few packets does not have that either, and nobody misses it.
func lostBefore(t *testing.T, file []byte) (problems int) {
	t.Helper()
	asked := map[int]bool{}
	_, err := capture.Read(bytes.NewReader(file), capture.Options{ByFrame: true}, func(e *capture.Event) error {
		asked[e.Stream] = asked[e.Stream] || e.Kind == capture.Request
		if e.Kind == capture.Problem && !asked[e.Stream] && strings.HasSuffix(e.Detail, "reading resumes at this frame") {
			problems++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// fromText does so for a text. One without a message or a problem has an error.
func fromText(t *testing.T, text string) (messages []message, problems int) {
	t.Helper()
	all, err := input.Parse([]byte(text), input.Options{})
	if (err == nil) != (len(all) > 0) {
		t.Errorf("%d messages and %v", len(all), err)
	}
	for _, m := range all {
		if m.Problem != "" {
			problems++
		} else {
			messages = append(messages, found(m.Kind, m.Bytes, m.Request))
		}
	}
	return messages, problems
}

// frames returns the frames of a capture.
func frames(t *testing.T, file []byte) (all []pcapfile.Frame) {
	r, err := pcapfile.NewReader(bytes.NewReader(file))
	for err == nil {
		var f pcapfile.Frame
		if err = r.Next(&f); err == nil {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return all
}

// views are the texts that tools write of a capture, made here.
func views(t *testing.T, p *pasted) map[string]string {
	text := map[string]string{}
	for i, f := range frames(t, p.file) {
		for _, option := range tcpdumpOptions() {
			text["tcpdump "+option] += capturetest.TcpdumpText(f.Link, f.Data, option)
		}
		text["tshark -x"] += capturetest.TsharkText(f.Data)
		if p.trace == nil {
			continue
		}
		whole := p.trace.Packets[i].Whole
		switch {
		case f.Wire > len(f.Data): // tshark reassembles nothing from it, but shows the segment with the header
			text["tshark -x, with views"] += capturetest.TsharkText(f.Data)
			text["tshark -Y http -x"] += capturetest.TsharkText(f.Data)
		case whole == nil:
			text["tshark -x, with views"] += capturetest.TsharkText(f.Data)
		case len(whole) == len(p.trace.Packets[i].Data):
			text["tshark -x, with views"] += capturetest.TsharkText(f.Data)
			text["tshark -Y http -x"] += capturetest.TsharkText(f.Data)
		default:
			view := capturetest.View{Title: "Reassembled TCP", Data: whole}
			text["tshark -x, with views"] += capturetest.TsharkText(f.Data, view)
			text["tshark -Y http -x"] += capturetest.TsharkText(f.Data, view)
		}
	}
	return text
}

// tcpdumpOptions are those for hex.
func tcpdumpOptions() []string {
	if testing.Short() {
		return []string{"-x", "-XX"}
	}
	return []string{"-x", "-X", "-xx", "-XX"}
}

// sameAsFile demands of texts what is in the file.
func sameAsFile(t *testing.T, p *pasted, texts map[string]string) {
	want, problems := fromFile(t, p.file)
	for tool, text := range texts {
		got, missing := fromText(t, text)
		if p.incomplete != "" && strings.Contains(tool, "http") {
			if missing == 0 || len(got) > len(want) {
				t.Errorf("%s: %d messages of %d, %d problems; %s", tool, len(got), len(want), missing, p.incomplete)
			}
			for _, m := range got {
				if !slices.ContainsFunc(want, func(w message) bool { return w.Bytes == m.Bytes }) {
					t.Errorf("%s: invented %s", tool, m.Bytes)
				}
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-file +text):\n%.2000s", tool, diff)
		}
		if (missing > 0) != (problems > 0) {
			t.Errorf("%s: %d problems, the file has %d", tool, missing, problems)
		}
	}
}

// TestPaste: packets as text give the same messages as the capture that they are
// from.
func TestPaste(t *testing.T) {
	for name, p := range pastes(t) {
		t.Run(name, func(t *testing.T) { sameAsFile(t, p, views(t, p)) })
	}
}

// TestPasteTools does so with what the tools really write.
func TestPasteTools(t *testing.T) {
	if testing.Short() {
		t.Skip("runs tshark twice for each capture")
	}
	tcpdump, tshark := testutil.Tool(t, "tcpdump"), testutil.Tool(t, "tshark")
	for name, p := range pastes(t) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "capture")
			if err := os.WriteFile(file, p.file, 0o666); err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{}
			for _, args := range [][]string{
				{tcpdump, "-nn", "-x"}, {tcpdump, "-nn", "-X"}, {tcpdump, "-nn", "-xx"}, {tcpdump, "-nn", "-v", "-e", "-XX"},
				{tshark, "-x"}, {tshark, "-Y", "http", "-x"},
			} {
				cmd := exec.Command(args[0], append(args[1:], "-r", file)...)
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%q: %v: %s", args, err, &stderr)
				}
				texts[filepath.Base(args[0])+" "+strings.Join(args[1:], " ")] = string(out)
			}
			sameAsFile(t, p, texts)
		})
	}
}

// TestPasteDropped: whatever frames are missing, repeated or in another order, the
// text gives the messages that the capture gives.
func TestPasteDropped(t *testing.T) {
	count := 2000
	if testing.Short() {
		count = 200
	}
	const seed = 5
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	all := talks()
	names := slices.Sorted(maps.Keys(all))
	for n := range count {
		name := names[random.IntN(len(names))]
		trace := &capturetest.Trace{Packets: slices.Clone(all[name].Packets)}
		lost := random.IntN(3)
		trace.Drop(func(int, *capturetest.Packet) bool { return random.IntN(12) < lost })
		trace.Swap(random, float64(random.IntN(2))/4)
		if p := trace.Packets; len(p) > 0 {
			trace.Packets = slices.Insert(p, random.IntN(len(p)), p[random.IntN(len(p))])
		}
		if !slices.ContainsFunc(trace.Packets, func(p capturetest.Packet) bool { return p.Src == all[name].Packets[0].Src && len(p.Data) > 0 }) {
			continue // responses alone: a copy may have them, a capture file cannot know what they answer
		}
		file := trace.Encode(capturetest.Format{})
		want, problems := fromFile(t, file)
		text := ""
		for _, f := range frames(t, file) {
			text += capturetest.TcpdumpText(f.Link, f.Data, "-x")
		}
		got, missing := fromText(t, text)
		if missing == 0 && problems > 0 {
			problems -= lostBefore(t, file)
		}
		if diff := cmp.Diff(want, got); diff != "" || (missing > 0) != (problems > 0) {
			t.Errorf("%d, %s: %d problems, the file has %d (-file +text):\n%.1500s", n, name, missing, problems, diff)
		}
	}
}

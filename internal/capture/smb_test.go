package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/internal/testutil"
)

var aFile = capturetest.SMBFile

// smbEvents are events of retrieval, and the bodies of Content and of Parts.
func smbEvents(t *testing.T, in []byte, o Options) (all []string, contents [][]byte, parts []byte) {
	t.Helper()
	o.Retrieval = true
	out := readWith(bytes.NewReader(in), o)
	if out.err != nil {
		t.Fatal(out.err)
	}
	for _, e := range out.events {
		s := fmt.Sprintf("%v %d %d", e.Protocol, e.Kind, e.Exchange)
		if e.Asked != nil {
			s += " " + e.Asked.URL
		}
		switch e.Kind {
		case Content:
			contents = append(contents, e.Body)
		case Part:
			parts = append(parts, e.Body...)
			continue
		case Plain:
			s += fmt.Sprintf(" %d+%d of %s", e.Length, e.Missing, e.Answered.Range)
		default:
			s += " " + e.Detail
		}
		if e.Kind != Problem && e.Kind != Note && (e.Src.Port() != 445 || e.Direction != "response" || e.Exchange > 0 && e.Requested.Frame == 0 || e.Began.Frame == 0 && e.Kind != Unanswered) {
			t.Errorf("%s: from %v, %s, requested in frame %d", s, e.Src, e.Direction, e.Requested.Frame)
		}
		all = append(all, s)
	}
	return all, contents, parts
}

// Content Information that a file server hands out is found, with the name of the file,
// in one response or in several; and so is what is then read of the file.
func TestSMB(t *testing.T) {
	for name, c := range map[string]struct{ version, pieces, mss int }{
		"version 1.0": {1, 1, 1460}, "in parts": {1, 5, 1460}, "version 2.0": {2, 1, 1460}, "small segments": {1, 2, 7}, "large segments": {2, 1, 60000},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			conn := smbConn(&trace, 0)
			conn.MSS = c.mss
			content := capturetest.SMBStory(conn.Open(), c.version, c.pieces)
			conn.Close()
			all, contents, parts := smbEvents(t, trace.Encode(capturetest.Format{}), Options{Parts: true})
			const file = `\\files\share\dir\a file.bin`
			compareTold(t, all, fmt.Sprintf(`MS-SMB2 8 %d %s`, c.pieces, file),
				fmt.Sprintf(`MS-SMB2 10 %d %s 70000+0 of bytes 65536-135535/300000`, c.pieces+1, file),
				fmt.Sprintf(`MS-SMB2 10 %d %s 20+0 of bytes 0-19/300000`, c.pieces+2, file))
			if len(contents) != 1 || !bytes.Equal(contents[0], content.Information) {
				t.Error("not the Content Information")
			}
			if !bytes.Equal(parts, append(content.Bytes[65536:][:70000:70000], content.Bytes[:20]...)) {
				t.Error("not the bytes that were read")
			}
			if out := read(bytes.NewReader(trace.Encode(capturetest.Format{}))); len(out.events) != 0 {
				t.Errorf("%d events, though it is not asked for retrieval", len(out.events))
			}
		})
	}
}

func smbConn(trace *capturetest.Trace, n int) *capturetest.Conn {
	c := trace.Conn(n)
	c.Server = netip.AddrPortFrom(c.Server.Addr(), 445)
	return c
}

// What else may come on such a connection.
func TestSMBConversations(t *testing.T) {
	content := capturetest.NewContent(1, 70_000, 1)
	file := content.HashFile()
	in, out := capturetest.HashRequest(1, 0), capturetest.HashBased(0, file)
	join := func(messages ...[]byte) []byte { return bytes.Join(messages, nil) }
	one := func(m []byte) []byte { return capturetest.NetBIOS(m) }
	const found = "MS-SMB2 8 1 "
	for name, c := range map[string]struct {
		say  func(s *capturetest.SMB, c *capturetest.Conn)
		want []string
	}{
		"opened before": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(answer))
		}, []string{found}},
		"connected before": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.Create("f", aFile, 70_000)
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(answer))
		}, []string{found + `\\10.0.0.2\?\f`}},
		"DFS": {func(s *capturetest.SMB, c *capturetest.Conn) {
			s.Flags = 0x10000000
			ask, answer := s.Create(`domain\root\f`, aFile, 70_000)
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(answer))
		}, []string{found + `\\domain\root\f`}},
		"compound": {func(s *capturetest.SMB, c *capturetest.Conn) {
			related := [16]byte(bytes.Repeat([]byte{0xff}, 16))
			create, created := s.Create(`f`, aFile, 70_000)
			hash, hashes := s.ReadHash(related, in, out)
			read, data := s.ReadFile(related, 4, content.Bytes[4:3000])
			shut, closed := s.Shut(related)
			c.Send(capturetest.NetBIOS(create, hash, read, shut)).Reply(capturetest.NetBIOS(created, hashes, data, closed))
		}, []string{found + `\\10.0.0.2\?\f`, `MS-SMB2 10 2 \\10.0.0.2\?\f 2996+0 of bytes 4-2999/70000`}},
		"pending": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(s.HashFailed(0x103))).Reply(one(answer))
		}, []string{found}},
		"SMB1 before, keep-alive between": {func(s *capturetest.SMB, c *capturetest.Conn) {
			c.Send(capturetest.NetBIOS(append([]byte("\xffSMB\x72"), make([]byte, 200)...)))
			ask, answer := s.ReadHash(aFile, in, out)
			c.Reply([]byte{0x85, 0, 0, 0}).Send(join([]byte{0x85, 0, 0, 0}, one(ask))).Reply(one(answer))
		}, []string{found}},
		"in turns": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask1, answer1 := s.ReadHash(aFile, in, out)
			s.Tree++
			ask2, answer2 := s.ReadHash([16]byte{9}, in, out)
			c.Send(join(one(ask1), one(ask2))).Reply(join(one(answer2), one(answer1)))
		}, []string{"MS-SMB2 8 2 ", found}},
		"none": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, _ := s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(s.HashFailed(0xc000a101)))
			ask, _ = s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(s.HashFailed(0xc0001234)))
		}, []string{"MS-SMB2 4 1  STATUS_HASH_NOT_PRESENT", "MS-SMB2 4 2  status 0xc0001234"}},
		"asked on": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(one(answer))
			ask, _ = s.ReadHash(aFile, capturetest.HashRequest(1, uint64(len(file))), nil)
			c.Send(one(ask)).Reply(one(s.HashFailed(0xc0000011)))
		}, []string{found}},
		"a part left out": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, capturetest.HashBased(0, file[:100]))
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.ReadHash(aFile, in, capturetest.HashBased(120, file[120:]))
			c.Send(one(ask)).Reply(one(answer))
		}, []string{"MS-SMB2 3 0 a part of the Content Information of a file is missing: the part at byte 120 is not the next one"}},
		"closed too early": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, capturetest.HashBased(0, file[:100]))
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.Shut(aFile)
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.ReadHash(aFile, in, capturetest.HashBased(0, file[:90]))
			c.Send(one(ask)).Reply(one(answer))
		}, []string{"MS-SMB2 3 0 incomplete Content Information of a file: only the first 100 bytes of its file were sent",
			"MS-SMB2 3 0 incomplete Content Information of a file: only the first 90 bytes of its file were sent"}},
		"malformed": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, answer := s.ReadHash(aFile, in, out[:20])
			c.Send(one(ask)).Reply(one(answer))
			ask, answer = s.ReadHash(aFile, in, out)
			c.Send(one(ask)).Reply(capturetest.NetBIOS(answer[:len(answer)-1]))
			ask, answer = s.ReadHash(aFile, in, capturetest.HashBased(0, file[1:]))
			c.Send(one(ask)).Reply(one(answer))
		}, []string{"MS-SMB2 3 0 the output of FSCTL_SRV_READ_HASH is not as long as it says",
			"MS-SMB2 3 0 the output of FSCTL_SRV_READ_HASH is not as long as it says",
			"MS-SMB2 3 0 the Content Information File that FSCTL_SRV_READ_HASH reads has no valid HASH_HEADER"}},
		"no response": {func(s *capturetest.SMB, c *capturetest.Conn) {
			ask, _ := s.ReadHash(aFile, in, out)
			c.Send(one(ask))
		}, []string{"MS-SMB2 5 1  "}},
		"no request": {func(s *capturetest.SMB, c *capturetest.Conn) {
			_, answer := s.ReadHash(aFile, in, out)
			c.Send(one(append([]byte("\xfeSMB"), make([]byte, 100)...))).Reply(one(answer))
		}, []string{"MS-SMB2 8 0 "}},
		"encrypted": {func(s *capturetest.SMB, c *capturetest.Conn) {
			for range 3 {
				c.Send(one(append([]byte("\xfdSMB"), make([]byte, 100)...))).Reply(one(append([]byte("\xfdSMB"), make([]byte, 10)...)))
			}
		}, []string{"MS-SMB2 9 0 SMB2 with encryption, which is not read: hashes (FSCTL_SRV_READ_HASH) in it are not visible"}},
		"compressed": {func(s *capturetest.SMB, c *capturetest.Conn) {
			c.Send(one(append([]byte("\xfeSMB"), make([]byte, 100)...))).Reply(one(append([]byte("\xfcSMB"), make([]byte, 100)...)))
		}, []string{"MS-SMB2 9 0 SMB2 with compression, which is not read: hashes (FSCTL_SRV_READ_HASH) in it are not visible"}},
		"others": {func(s *capturetest.SMB, c *capturetest.Conn) {
			c.Send(one(append([]byte("\xffSMB\x72"), make([]byte, 200)...))).Reply([]byte{0, 0, 0, 3, 1, 2, 3})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			conn := smbConn(&trace, 0).Open()
			c.say(&capturetest.SMB{Session: 1, Tree: 7}, conn)
			conn.Close()
			out := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Retrieval: true})
			var all []string
			for _, e := range out.events {
				s := fmt.Sprintf("%v %d %d ", e.Protocol, e.Kind, e.Exchange)
				if e.Asked != nil {
					s += e.Asked.URL
				}
				switch e.Kind {
				case Plain:
					s += fmt.Sprintf(" %d+%d of %s", e.Length, e.Missing, e.Answered.Range)
				case Problem, Note:
					s += e.Detail
				case Content:
					if !bytes.Equal(e.Body, content.Information) {
						t.Error("not the Content Information")
					}
				default:
					s += " " + e.Detail
				}
				all = append(all, s)
			}
			compareTold(t, all, c.want...)
		})
	}
}

// With segments missing, frames cut, or the beginning missing, nothing is found that was
// not said; and what comes after it is found.
func TestSMBLoss(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		var trace capturetest.Trace
		conn := smbConn(&trace, 0)
		conn.MSS = 100 + random.IntN(1400)
		content := capturetest.SMBStory(conn.Open(), 1+n%2, 1+n%3)
		after := capturetest.SMBStory(conn, 1+n%2, 1)
		format := capturetest.Format{}
		lost := random.IntN(len(trace.Packets) / 2)
		switch n % 4 {
		case 0:
			trace.Drop(func(i int, _ *capturetest.Packet) bool { return i == lost })
		case 1:
			trace.Drop(func(i int, _ *capturetest.Packet) bool { return i < lost })
		case 2:
			trace.Drop(func(i int, p *capturetest.Packet) bool {
				return i < len(trace.Packets)/2 && len(p.Data) > 0 && random.IntN(20) == 0
			})
		case 3:
			format.Snap = 54 + random.IntN(conn.MSS)
		}
		all, contents, _ := smbEvents(t, trace.Encode(format), Options{Parts: true})
		for _, c := range contents {
			if !bytes.Equal(c, content.Information) && !bytes.Equal(c, after.Information) {
				t.Errorf("%d: not the Content Information", n)
			}
		}
		if n%4 < 3 && (len(contents) == 0 || !strings.Contains(strings.Join(all, "\n"), "70000+0 of bytes 65536-135535/300000")) {
			t.Errorf("%d: %d contents, %q", n, len(contents), all)
		}
	}
}

// Whatever the bytes say, reading goes on.
func TestSMBDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		var trace capturetest.Trace
		conn := smbConn(&trace, 0)
		conn.MSS = 300 + random.IntN(9000)
		capturetest.SMBStory(conn.Open(), 1+n%2, 1+n%3)
		for i := range trace.Packets {
			if p := &trace.Packets[i]; len(p.Data) > 0 {
				p.Data = bytes.Clone(p.Data)
				for range 1 + random.IntN(4) {
					p.Data[random.IntN(min(len(p.Data), 200))] = byte(random.IntN(256) & random.IntN(256)) // often small
				}
			}
		}
		readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Retrieval: true, Parts: true})
	}
}

// However many files are open, and however long their names are, memory is bounded.
func TestSMBMemory(t *testing.T) {
	const most = 1 << 20
	r := NewReader(Options{Retrieval: true, MaxBuffered: most}, func(*Event) error { return nil })
	var trace capturetest.Trace
	name := strings.Repeat("n", 900)
	for n := range 40 {
		c := smbConn(&trace, n).Open()
		s := capturetest.SMB{Session: uint64(n)}
		for i := range byte(100) {
			ask, answer := s.Create(name, [16]byte{i}, 1)
			c.Send(capturetest.NetBIOS(ask)).Reply(capturetest.NetBIOS(answer))
			ask, answer = s.ReadHash([16]byte{i}, capturetest.HashRequest(1, 0), capturetest.HashBased(0, capturetest.NewContent(1, 1, 1).HashFile()[:60]))
			c.Send(capturetest.NetBIOS(ask)).Reply(capturetest.NetBIOS(answer))
			ask, _ = s.ReadHash([16]byte{i}, capturetest.HashRequest(1, 0), nil)
			c.Send(capturetest.NetBIOS(ask))
		}
	}
	held := int64(0)
	for i := range trace.Packets {
		one := capturetest.Trace{Packets: trace.Packets[i : i+1]}
		file, err := pcapfile.NewReader(bytes.NewReader(one.Encode(capturetest.Format{})))
		if err != nil {
			t.Fatal(err)
		}
		var f pcapfile.Frame
		if err := file.Next(&f); err != nil {
			t.Fatal(err)
		}
		if err := r.Frame(&f, nil); err != nil {
			t.Fatal(err)
		}
		held = max(held, r.pool.used)
	}
	_, err := r.Close()
	if err != nil || held < most/2 || held > most || r.pool.used != 0 {
		t.Errorf("%d bytes held, at the end %d, %v", held, r.pool.used, err)
	}
}

// tshark finds the same responses in the same frames, to the same requests, about the same
// file.
func TestTsharkSMB(t *testing.T) {
	tshark := testutil.Tool(t, "tshark")
	for n := range 4 {
		pieces := 1 + n
		var trace capturetest.Trace
		conn := smbConn(&trace, 0)
		conn.MSS = []int{1460, 100, 9000, 536}[n]
		capturetest.SMBStory(conn.Open(), 1+n%2, pieces)
		conn.Close()
		file := trace.Encode(capturetest.Format{Pcapng: n%2 == 0})
		path := filepath.Join(t.TempDir(), "smb.pcap")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tshark, "-r", path, "-Y", "smb2.flags.response==1 && (smb2.ioctl.function==0x001441bb || smb2.cmd==8)",
			"-T", "fields", "-E", "separator=|", "-e", "frame.number", "-e", "smb2.response_to", "-e", "_ws.col.Info").Output()
		if err != nil {
			t.Fatal(err)
		}
		theirs := strings.Split(strings.TrimSpace(string(out)), "\n")
		theirs = theirs[:len(theirs)-1] // of a file that is not open
		if n%2 == 0 {
			theirs = theirs[pieces-1:] // those before are joined with it
		}
		var ours []string
		for _, e := range readWith(bytes.NewReader(file), Options{Retrieval: true}).events {
			info := "Read Response"
			if e.Kind == Content {
				info = "Ioctl Response FSCTL_SRV_READ_HASH File: " + strings.TrimPrefix(e.Asked.URL, `\\files\share\`)
			}
			ours = append(ours, fmt.Sprintf("%d|%d|%s", e.Frame, e.Requested.Frame, info))
		}
		compareTold(t, ours, theirs...)
	}
}

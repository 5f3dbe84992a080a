package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// setUpRetrieval gives the scripts about retrieval its captures, and RETRIEVAL, the folder
// with those of other implementations.
func setUpRetrieval(env *testscript.Env) error {
	name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
	if !strings.HasPrefix(name, "stats_") && !strings.HasPrefix(name, "extract_") && name != "pcap_retrieval" {
		return nil
	}
	folder, err := filepath.Abs("../../internal/conversation/testdata")
	if err != nil {
		return err
	}
	env.Setenv("RETRIEVAL", folder)
	for name, b := range retrievalFiles() {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// retrievalFiles returns captures of retrieval, the contents in them, and Content
// Information.
func retrievalFiles() map[string][]byte {
	one, two := ct.NewContent(1, "one.bin", 3*65536+1000), ct.NewContent(2, "two.bin", 2*65536)
	files := map[string][]byte{"one.bin": one.Data, "two.bin": two.Data, "one.ci": one.Wire, "two.ci": two.Wire}
	tell := func(name string, f func(s *ct.Story)) *ct.Story {
		var s ct.Story
		f(&s)
		files[name] = s.Encode(capturetest.Format{})
		return &s
	}
	whole := tell("whole.pcap", func(s *ct.Story) {
		s.Information(ct.Client, one)
		s.Blocks(ct.Client, ct.Cache, one, ct.All)
		s.Information(ct.Client, two)
		s.Blocks(ct.Client, ct.Cache, two, func(segment, _ int) bool { return segment == 0 })
		s.MissingData(ct.Client, two, 65536, len(two.Data))
		s.Offer(ct.Client, two)
		s.Fetch(ct.Client, two)
	})
	tell("holes.pcap", func(s *ct.Story) {
		s.Information(ct.Client, one)
		s.Blocks(ct.Client, ct.Cache, one, func(_, block int) bool { return block%2 == 0 })
	})
	named := *one // as the capture is
	named.Path = "/one.bin.pcap"
	tell("one.bin.pcap", func(s *ct.Story) { s.Information(ct.Client, &named); s.MissingData(ct.Client, &named, 0, 1000) })
	tell("secretless.pcap", func(s *ct.Story) { s.Blocks(ct.Client, ct.Cache, one, ct.All) })
	lossy := *whole
	data := 0
	lossy.Drop(func(_ int, p *capturetest.Packet) bool { // a segment within the second block
		if p.Src == ct.Cache && len(p.Data) > 0 {
			data++
		}
		return data == 60 && p.Src == ct.Cache && len(p.Data) > 0
	})
	files["smb.pcap"], files["smb.content"] = smbFile()
	files["lossy.pcap"] = lossy.Encode(capturetest.Format{})
	files["snap.pcap"] = whole.Encode(capturetest.Format{Snap: 300})
	return files
}

// smbFile returns a capture of a client that asks a file server for hashes, which it has
// of one file and not of another, and what the client reads of the first.
func smbFile() (file, content []byte) {
	var trace capturetest.Trace
	conn := func(n int, port uint16) *capturetest.Conn {
		c := trace.Conn(n)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), port)
		return c.Open()
	}
	files := conn(0, 445)
	c := capturetest.SMBStory(files, 1, 3)
	files.Close()
	cache, segment := conn(1, 80), c.Segments[0]
	for i, block := range segment.Blocks[:2] {
		index := uint32(i)
		cache.Send(capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(segment.HoHoDk, index)))
		cache.Reply(capturetest.Answer(200, capturetest.Blk(segment.HoHoDk, index, block, segment.Secret[:16], 1)))
	}
	cache.Close()
	other, s := conn(2, 445), capturetest.SMB{Session: 2}
	say := func(ask, answer []byte) { other.Send(capturetest.NetBIOS(ask)).Reply(capturetest.NetBIOS(answer)) }
	say(s.Connect(`\\files\share`, 4))
	say(s.Create("small.txt", capturetest.SMBFile, 40))
	ask, _ := s.ReadHash(capturetest.SMBFile, capturetest.HashRequest(1, 0), nil)
	say(ask, s.HashFailed(0xc000a101))
	say(s.ReadFile(capturetest.SMBFile, 0, c.Bytes[:40]))
	other.Close()
	encrypted := conn(3, 445)
	encrypted.Send(capturetest.NetBIOS(append([]byte("\xfdSMB"), make([]byte, 100)...))).Close()
	return trace.Encode(capturetest.Format{}), c.Bytes[:65536+70000]
}

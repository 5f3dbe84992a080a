package main

import (
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
	files["lossy.pcap"] = lossy.Encode(capturetest.Format{})
	return files
}

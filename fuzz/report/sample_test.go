package report

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/spec"
)

// offer returns a BATCHED_OFFER_MESSAGE.
func offer(descriptors int) []byte {
	b, _ := hex.DecodeString("0002000300000000" + "1f90000000000000")
	d, _ := hex.DecodeString("00010000" + "00010000" + "0010" + strings.Repeat("aa", 16) + "04" + strings.Repeat("5b", 32))
	return append(b, bytes.Repeat(d, descriptors)...)
}

// v2 returns CONTENT_INFORMATION_V2 whose key is all 0x5e.
func v2() []byte {
	b, _ := hex.DecodeString("000204" + strings.Repeat("00", 24) + "00000000" + "00" + "00000044" + "00010000" + strings.Repeat("a1", 32) + strings.Repeat("5e", 32))
	return b
}

// sample is a campaign over a decoder, a hosted cache and a target that could not
// be tried to the end, with a finding of each sort.
func sample() *Report {
	result := &campaign.Result{
		RNGSeed: math.MaxUint64, Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Elapsed: 20 * time.Second,
		Targets: []campaign.TargetResult{
			{Name: "./decoder --json", Executions: 1_200_345, Coverage: 412, Restarts: 3},
			{Name: "http://127.0.0.1:8080", Kinds: []spec.Kind{spec.Request}, Executions: 52_100, Coverage: 230},
			{Name: "codec", Kinds: []spec.Kind{spec.Request, spec.Response}, Executions: 7, Coverage: 3, Error: "exec: \"codec\": not found"},
		},
		Findings: []campaign.Finding{
			{
				Target: "./decoder --json",
				Difference: fuzz.Difference{
					Fault: fuzz.Accepted, Rule: "PCHC-2.2.1.5-MaxDescriptors", Offset: 16 + 128*59, Field: "SegmentDescriptor[128]", Detail: "129th descriptor, at most 128 allowed",
					Answer: `{"message":"BATCHED_OFFER_MESSAGE","valid":true}`,
				},
				Messages: []fuzz.Message{{Kind: spec.Request, Bytes: offer(129)}}, Original: 20_000, At: 310 * time.Millisecond, Count: 3100, File: "out dir/max.txt",
			},
			{
				Target: "./decoder --json",
				Difference: fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCHC-2.2.1.5-BlockSize", Offset: 16, Field: "SegmentDescriptor[0].BlockSize", Detail: "is 256, is 65536 in the message",
					Answer: `{"message":"BATCHED_OFFER_MESSAGE","valid":true,"fields":{"SegmentDescriptor":[{"BlockSize":256}]},"violations":[]}`},
				Messages: []fuzz.Message{{Kind: spec.Request, Bytes: offer(1)}}, Original: 75, At: 2 * time.Second, Count: 1, File: "found/field.txt",
			},
			{
				Target: "http://127.0.0.1:8080",
				Difference: fuzz.Difference{
					Fault: fuzz.Answered, Rule: "PCHC-2.2.1.5-SizeOfContentTag", Requirement: "PCHC-3.1.5.4-Drop", Offset: 24,
					Field: "SegmentDescriptor[0].SizeOfContentTag", Detail: "is 17, must be 16; it is answered with OK", Answer: "HTTP status 200, 5 bytes: 00 00 00 01 00",
				},
				Messages: []fuzz.Message{
					{Kind: spec.Request, Bytes: offer(1)},
					{Kind: spec.Request, Bytes: bytes.Replace(offer(1), []byte{0, 16, 0xaa}, []byte{0, 17, 0xaa}, 1)},
				},
				Original: 400, At: 12 * time.Second, Count: 17, File: "found/drop.txt", Flaky: true,
			},
			{
				Target: "./decoder --json", Difference: fuzz.Difference{Fault: fuzz.Crash, Detail: "exit status 2: panic: index out of range"},
				Messages: []fuzz.Message{{Kind: spec.Content, Bytes: v2()}}, Original: 104, At: 15 * time.Second, Count: 2,
			},
		},
	}
	r := &Report{
		Result: result, Version: "v1.2.3", Caches: []string{"http://127.0.0.1:8080"},
		Replay: func(f *campaign.Finding) string { return "replay " + Quote(f.Target) + " " + Quote(f.File) },
	}
	for i := range r.Targets[:2] {
		t := &r.Targets[i]
		for n := range 200 {
			share := float64(n+1) / 200
			s := campaign.Sample{
				At:         time.Duration(share * float64(r.Elapsed)),
				Executions: int64(float64(t.Executions) * (share + 0.01*math.Sin(share*30))),
				Coverage:   int(float64(t.Coverage) * (1 - math.Exp(-8*share))),
			}
			for j := range r.Findings {
				if r.Findings[j].Target == t.Name && r.Findings[j].At <= s.At {
					s.Findings++
				}
			}
			t.Samples = append(t.Samples, s)
		}
	}
	return r
}

// hostile is sample with what a browser would run, and what would move a
// terminal's cursor, wherever a target could have put it.
func hostile() *Report {
	const evil = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">&amp;\x1b[2J\r\n\u202e\xff]]>javascript:alert(1)`"
	r := sample()
	for i := range r.Targets {
		r.Targets[i].Name += evil
		r.Targets[i].Error += evil
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Target += evil
		f.Rule += evil
		f.Requirement += evil
		f.Field += evil
		f.Detail += evil
		f.Answer += evil
		f.File += evil
	}
	r.Findings[3].Fault = evil
	r.Caches[0] += evil
	return r
}

// faultless is sample without findings.
func faultless() *Report {
	r := sample()
	r.Findings, r.Targets = nil, r.Targets[:2]
	for i := range r.Targets {
		for j := range r.Targets[i].Samples {
			r.Targets[i].Samples[j].Findings = 0
		}
	}
	return r
}

// untried is a campaign whose only target did not start.
func untried() *Report {
	return &Report{Result: &campaign.Result{Start: sample().Start, Interrupted: true, Targets: []campaign.TargetResult{{Name: "./missing", Error: "it does not start"}}}}
}

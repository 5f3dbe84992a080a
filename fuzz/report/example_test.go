package report_test

import (
	"bytes"
	"os"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

func ExampleText() {
	var b bytes.Buffer
	result := campaign.Result{
		RNGSeed: 7, Elapsed: 20 * time.Second,
		Targets: []campaign.TargetResult{{Name: "./decoder", Executions: 1_200_000, Coverage: 400}},
		Findings: []campaign.Finding{{
			Target:     "./decoder",
			Difference: fuzz.Difference{Fault: fuzz.Accepted, Rule: "PCHC-2.2.2.1-Size", Field: "TransportHeader.Size", Detail: "is 2, must be 1"},
			Messages:   []fuzz.Message{{Kind: spec.Response, Bytes: []byte{0, 0, 0, 2, 0}}},
			Original:   5, At: 40 * time.Millisecond, Count: 812, File: "found/size.txt",
		}},
	}
	replay := func(f *campaign.Finding) string { return "replay ./decoder " + f.File }
	report.Text(&b, &report.Report{Result: &result, Replay: replay}, &message.Text{})
	text, _, _ := strings.Cut(b.String(), "Coverage is")
	os.Stdout.WriteString(text)
	// Output:
	// 1. ./decoder: TransportHeader.Size is 2, must be 1
	//    PCHC-2.2.2.1-Size, accepted: accepts an invalid message
	//    MS-PCHC 2.2.2.1: Size MUST be the number of bytes that follow it, which is 1 in every response.
	//    seen 812 times, first after 0.04 s
	//
	//    RESPONSE_MESSAGE, 5 bytes, INVALID, 1 format violation (MS-PCHC 2.2.2.2)
	//    0000                           TransportHeader
	//    0000  00 00 00 02                Size           2
	//          ^^ ^^ ^^ ^^                ! is 2, must be 1 (PCHC-2.2.2.1-Size, MS-PCHC 2.2.2.1)
	//    0004  00                       ResponseCode     OK (0)
	//
	//    Reproduce: replay ./decoder found/size.txt
	//
	// 1 finding
	//
	// TARGET      MESSAGES      RATE  COVERAGE  FINDINGS  RESTARTS
	// ./decoder  1 200 000  60 000/s       400         1         0
	//
	// Sent 1 200 000 messages in 20 s (60 000/s); seed 7.
	// ./decoder: tested against 50 of 141 requirements of MS-PCHC and MS-PCCRC.
	// Not tested on decoders: the behaviour of clients and hosted caches (MS-PCHC section 3).
}

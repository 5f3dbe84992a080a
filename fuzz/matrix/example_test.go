package matrix_test

import (
	"context"
	"fmt"
	"os"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/matrix"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/target"
)

// The decoder of SRV_READ_HASH_REQUEST of this module.
func Example() {
	c, err := campaign.New(campaign.Config{Targets: target.Codec()[3:4], Executions: 1000, RNGSeed: 1, Jobs: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := c.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	t := matrix.New("", []matrix.Result{{Name: "pchc", Report: &report.Report{Result: result}}})
	if err := matrix.Text(os.Stdout, t, 80); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MS-SMB2  SRV_READ_HASH_REQUEST  versions
	// pchc     ok                     ok
	//
	// ok: messages violated every requirement that they can violate, without a finding. ok 5/7: 5 of the 7.
	// judged: no finding in what the implementation sent or did; it may not have done all of it.
	// -: the implementation gets no such messages.
	// No implementation was tried with messages of MS-PCHC, MS-PCCRC, MS-PCCRR, MS-PCCRD, MS-PCCRTP.
}

package campaign_test

import (
	"context"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// A decoder in Go, which knows no other ResponseCode than OK, is tried in this
// process.
func Example() {
	decoder := func(b []byte) error {
		if string(b) != "\x00\x00\x00\x01\x00" {
			return fmt.Errorf("malformed")
		}
		return nil
	}
	check := func(c target.Case) *fuzz.Difference {
		switch err := decoder(c.Bytes); {
		case err != nil && c.Expected.Valid():
			return &fuzz.Difference{Fault: fuzz.Rejected}
		case err == nil && !c.Expected.Valid():
			return &fuzz.Difference{Fault: fuzz.Accepted}
		}
		return nil
	}
	c, err := campaign.New(campaign.Config{
		Targets: []target.Target{target.InProcess("decoder", check, spec.Response)}, Executions: 1000, RNGSeed: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := c.Run(context.Background())
	for _, f := range result.Findings {
		fmt.Printf("%s: %x\n", f.Error(), f.Message().Bytes)
	}
	fmt.Println(err)
	// Output:
	// rejected: ResponseCode at 4: 0000000101
	// <nil>
}

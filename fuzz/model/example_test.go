package model_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/model"
)

// A hosted cache that takes offers, but retrieves nothing: nobody calls its Run.
func Example() {
	server := httptest.NewServer(new(hostedcache.Cache))
	defer server.Close()
	run, err := model.New(model.Config{
		URLs: []string{server.URL}, RNGSeed: 1, Executions: 10000, Patience: 100 * time.Millisecond,
		Stop: func(*campaign.Finding) bool { return true }, // at the first one
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := run.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range result.Findings {
		fmt.Println(f.Fault, f.Requirement) // f.Conversation has the steps
	}
	// Output:
	// unfetched PCHC-3.1.5.2-Retrieve
}

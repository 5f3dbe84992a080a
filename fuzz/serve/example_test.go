package serve_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hostedcache/pchc/fuzz/serve"
)

// A shell script with curl or the like is a client, too. This one does nothing, so nothing
// is known of it.
func ExampleServer_Run() {
	s, err := serve.New(serve.Config{
		Address: "127.0.0.1:0", Start: "echo would offer something to {url}/; exit 1",
		Tick: 50 * time.Millisecond, Tolerance: 50 * time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	r, err := s.Run(context.Background())
	fmt.Println(len(r.Findings), "findings,", r.Targets[0].Executions, "requests,", err != nil)
	// Output: 0 findings, 0 requests, true
}

// What the server does is a scenario.
func ExampleParseScenario() {
	s, err := serve.ParseScenario("offer:right info:reset")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range s {
		fmt.Println(step.On, step.What)
	}
	// Output:
	// offer answered rightly
	// info reset the connection
}

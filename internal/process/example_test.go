//go:build !windows

package process_test

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/internal/process"
)

func Example() {
	p, err := process.Start("echo 'Fatal: no licence' >&2; exit 3", process.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-p.Done()
	fmt.Println(p.ExitSummary(strings.TrimSpace))
	// Output: process exited with status 3, last output: Fatal: no licence
}

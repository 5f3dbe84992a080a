package exec

import "time"

// Starve returns options for programs that wait for a processor for so long.
func (o Options) Starve(runDelay func() (time.Duration, bool)) Options {
	o.runDelay = runDelay
	return o
}

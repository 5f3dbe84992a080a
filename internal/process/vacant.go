package process

import (
	"context"
	"errors"
	"net"
	"time"
)

// Vacant waits until nobody accepts TCP connections at any of the addresses, and fails
// after limit. Who has just closed a listener there may still be heard: a child that was
// forked meanwhile has it until it runs its program, and so have the children of a process
// that was killed.
func Vacant(ctx context.Context, addresses []string, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	dialer := net.Dialer{Timeout: max(limit, time.Second)}
	for _, address := range addresses {
		for {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				break
			}
			_ = conn.Close()
			if time.Now().After(deadline) {
				return errors.New("another server already listens at this address")
			}
			again := time.NewTimer(time.Millisecond)
			select {
			case <-again.C:
			case <-ctx.Done():
				again.Stop()
				return ctx.Err()
			}
		}
	}
	return ctx.Err()
}

package process

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

func TestVacant(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addresses := []string{l.Addr().String()}
	if err := Vacant(t.Context(), addresses, time.Millisecond); err == nil {
		t.Error("somebody listens")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Vacant(ctx, addresses, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go func() { // a listener that goes away is waited for
		if conn, err := l.Accept(); err == nil {
			_ = conn.Close()
		}
		_ = l.Close()
	}()
	if err := Vacant(t.Context(), addresses, time.Hour); err != nil {
		t.Error(err)
	}
}

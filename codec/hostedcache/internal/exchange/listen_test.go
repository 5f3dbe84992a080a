package exchange

import (
	"net"
	"net/netip"
	"sync"
	"testing"
)

func addr(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }

// pipes is a listener that hands out connections of clients.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// from is a connection of a client at an address.
type from struct {
	net.Conn
	address net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.address }

func TestLimitOfConnections(t *testing.T) {
	p := &pipes{make(chan net.Conn), make(chan struct{})}
	l := Limit(p).(*limited)
	var accepted []net.Conn
	got := make(chan net.Conn)
	var all sync.WaitGroup
	all.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			got <- c
		}
	})
	// dial reports whether a connection is kept.
	dial := func(host byte) bool {
		client, server := net.Pipe()
		before, closed := l.opened(), make(chan struct{})
		p.conns <- from{server, &net.TCPAddr{IP: net.IPv4(192, 0, 2, host), Port: 1}}
		all.Go(func() {
			_, _ = client.Read(make([]byte, 1))
			close(closed)
		})
		select {
		case c := <-got:
			accepted = append(accepted, c)
			return l.opened() == before+1
		case <-closed:
			return false
		}
	}
	for i := range maxConnsOfClient {
		if !dial(1) {
			t.Fatalf("connection %d is not kept", i)
		}
	}
	if dial(1) || !dial(2) {
		t.Error("the limit is of one address")
	}
	for range 2 {
		_ = accepted[0].Close() // counts once
	}
	if !dial(1) || dial(1) {
		t.Error("a closed connection still counts")
	}
	_ = l.Close()
	for _, c := range accepted {
		_ = c.Close()
	}
	all.Wait()
	if l.opened() != 0 || len(l.open) != 0 {
		t.Errorf("%d connections are open, of %d addresses", l.all, len(l.open))
	}
	l.all = maxConns
	if l.count(addr(9), 1) {
		t.Error("the limit of all")
	}
	l.all--
	if !l.count(addr(9), 1) {
		t.Error("one below the limit of all")
	}
}

func (l *limited) opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

package http

import (
	"net"
	"syscall"
)

// acknowledge has the system acknowledge at once what comes next over a
// connection. A server that writes header and body of an answer by themselves
// holds the body back until the header is acknowledged, which the system by
// itself puts off for 40 ms.
func acknowledge(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { // it is slower without, and else the same
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
}

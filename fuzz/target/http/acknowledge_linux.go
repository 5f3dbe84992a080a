package http

import (
	"net"
	"syscall"
)

// acknowledge makes the system acknowledge the next segment at once. Otherwise it
// delays the acknowledgement by up to 40 ms, and a server with Nagle's algorithm
// that writes header and body separately delays the body as long.
func acknowledge(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { // only speed depends on it
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
	}
}

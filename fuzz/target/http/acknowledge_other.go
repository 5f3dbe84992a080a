//go:build !linux

package http

import "net"

// acknowledge does nothing: only Linux has TCP_QUICKACK.
func acknowledge(net.Conn) {}

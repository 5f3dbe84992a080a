//go:build !linux

package http

import "net"

// acknowledge does nothing where there is no such setting.
func acknowledge(net.Conn) {}

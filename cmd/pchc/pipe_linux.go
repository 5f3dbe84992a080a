package main

import (
	"io"
	"syscall"
)

// widen makes a pipe hold more, so that who writes to it and the command wait for each
// other less often. It is of no consequence where that fails, as for other files.
func widen(in io.Reader) {
	const setPipeSize, size = 1031, 1 << 20 // F_SETPIPE_SZ; the most that any user may ask for, by default
	if f, ok := in.(syscall.Conn); ok {
		if c, err := f.SyscallConn(); err == nil {
			_ = c.Control(func(fd uintptr) {
				_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, size)
			})
		}
	}
}

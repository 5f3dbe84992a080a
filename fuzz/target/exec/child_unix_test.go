//go:build !windows

package exec_test

import (
	osexec "os/exec"
	"syscall"
)

// leaveGroup makes a process one that is not ended with its parent's group.
func leaveGroup(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

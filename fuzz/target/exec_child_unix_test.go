//go:build !windows

package target_test

import (
	"os/exec"
	"syscall"
)

// leaveGroup makes a process one that is not ended with its parent's group.
func leaveGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

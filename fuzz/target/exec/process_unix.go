//go:build !windows

package exec

import (
	"os"
	"os/exec"
	"syscall"
)

// shell returns the command to be started in a process group of its own.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// killGroup ends a process and those that it started.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// howEnded says how a process ended. A shell tells the signal that ended its
// command by a status above 128.
func howEnded(state *os.ProcessState) string {
	if state == nil {
		return "it cannot be told how"
	}
	if code := state.ExitCode(); code > 128 && code < 128+65 {
		return state.String() + " (" + syscall.Signal(code-128).String() + ")"
	}
	return state.String()
}

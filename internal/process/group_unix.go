//go:build !windows

package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// shell returns the command, to be started in its own process group.
func shell(command string) *exec.Cmd { return program("sh", []string{"-c", command}) }

// program returns the same without a shell.
func program(path string, args []string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// killGroup kills a process and its children.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// exitStatus describes how a process ended. A shell reports the signal that ended
// its command as a status above 128.
func exitStatus(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "process ended by signal: " + status.Signal().String()
	}
	code := state.ExitCode()
	if code > 128 && code < 128+65 {
		return fmt.Sprintf("process exited with status %d (%v)", code, syscall.Signal(code-128))
	}
	return fmt.Sprintf("process exited with status %d", code)
}

package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell returns the command.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd")
	// cmd does not undo Go's usual quoting.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd /S /C \"" + command + "\""}
	return cmd
}

// program returns the same without a shell.
func program(path string, args []string) *exec.Cmd { return exec.Command(path, args...) }

// killGroup kills a process and its children.
func killGroup(p *os.Process) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
	_ = p.Kill()
}

// exitStatus describes how a process ended.
func exitStatus(state *os.ProcessState) string {
	return fmt.Sprintf("process exited with status %#x", state.ExitCode())
}

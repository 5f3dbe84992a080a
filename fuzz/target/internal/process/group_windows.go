package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell returns the command to be started.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd")
	// The usual quoting is not what cmd undoes.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd /S /C \"" + command + "\""}
	return cmd
}

// killGroup ends a process and those that it started.
func killGroup(p *os.Process) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
	_ = p.Kill()
}

// exitStatus says how a process ended.
func exitStatus(state *os.ProcessState) string {
	return fmt.Sprintf("process exited with status %#x", state.ExitCode())
}

package resource

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// RunDelay returns for how long the threads of processes that run now have waited for a
// processor since they began, together. ok is false if that cannot be read.
func RunDelay(pids []int) (sum time.Duration, ok bool) {
	for _, pid := range pids {
		folder := fmt.Sprintf("/proc/%d/task", pid)
		threads, _ := os.ReadDir(folder)
		for _, thread := range threads {
			b, err := os.ReadFile(folder + "/" + thread.Name() + "/schedstat")
			if fields := bytes.Fields(b); err == nil && len(fields) > 1 { // see Documentation/scheduler/sched-stats.rst
				n, err := strconv.ParseInt(string(fields[1]), 10, 64)
				sum, ok = sum+time.Duration(n), ok || err == nil
			}
		}
	}
	return sum, ok
}

// Listeners returns the processes of this machine that listen at a TCP port, as far as this
// user may know.
func Listeners(port int) (pids []int) {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		end := fmt.Sprintf(":%04X", port)
		for lines := bufio.NewScanner(f); lines.Scan(); {
			// The fields are number, local address, remote address, state and so on.
			if fields := strings.Fields(lines.Text()); len(fields) > 9 && strings.HasSuffix(fields[1], end) && fields[3] == "0A" {
				sockets["socket:["+fields[9]+"]"] = true
			}
		}
		_ = f.Close()
	}
	if len(sockets) == 0 {
		return nil
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && sockets[to] {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			if len(pids) == 0 || pids[len(pids)-1] != pid {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// Load returns the load of the machine, averaged over a minute; 0 if it cannot be read.
func Load() float64 {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

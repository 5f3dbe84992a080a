package resource

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Unwatched says why processes cannot be watched on this system; nil if they can.
func Unwatched() error {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return errors.New("there is no /proc")
	}
	return nil
}

// reader reads the processes of a group in /proc.
type reader struct {
	group   int
	members []int                 // of the group, as of the last scan
	scanned time.Time             //
	pause   time.Duration         // until the next scan
	ended   time.Duration         // processor time of members that have ended
	clocks  map[int]time.Duration // processor time of each member
	buf     [4096]byte
}

func newReader(group int) reader {
	return reader{group: group, members: []int{group}, clocks: map[int]time.Duration{}}
}

// A scan of all processes of the machine takes at most 1/scanShare of the time.
const (
	scanEvery = time.Second
	scanShare = 200
)

// shadow is the address space above which a process has the shadow memory of a
// sanitizer: 16 TiB on AMD64. No heap is reserved that large.
const shadow = 10 << 40

// read reads the group.
func (r *reader) read() (u Usage, err error) {
	all := r.processes()
	alive := all[:0]
	for _, pid := range all {
		s, ok := r.stat(pid)
		if !ok || s.group != r.group {
			r.ended += r.clocks[pid]
			delete(r.clocks, pid)
			continue
		}
		alive = append(alive, pid)
		if s.state == 'Z' { // it has nothing but its times
			continue
		}
		u.Processes++
		u.Memory += s.resident
		u.Threads += s.threads
		u.Shadowed = u.Shadowed || s.size > shadow
		if u.Process == 0 {
			u.Process = s.start<<22 | int64(pid) // ids of processes have at most 22 bits
		}
		if n := files(pid); n < 0 || u.Files < 0 {
			u.Files = -1
		} else {
			u.Files += n
		}
		r.clocks[pid] = clock(pid, s.times)
		u.CPU += r.clocks[pid]
	}
	r.members = alive
	u.CPU += r.ended
	if u.Processes == 0 {
		return u, ErrEnded
	}
	return u, nil
}

// processes returns the members of the group. It looks for new ones if that was long ago.
func (r *reader) processes() []int {
	if now := time.Now(); now.Sub(r.scanned) >= r.pause {
		r.scan()
		r.scanned = now
		r.pause = max(scanEvery, scanShare*time.Since(now))
	}
	return r.members
}

// scan finds the members of the group. The first is the one that was started, if it is
// still there.
func (r *reader) scan() {
	proc, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	known := map[int]bool{}
	for _, pid := range r.members {
		known[pid] = true
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || known[pid] {
			continue
		}
		if s, ok := r.stat(pid); ok && s.group == r.group {
			r.members = append(r.members, pid)
		}
	}
}

// status is what /proc/PID/stat says.
type status struct {
	state          byte
	group, threads int
	start          int64 // in clock ticks
	size, resident int64 // in bytes
	times          time.Duration
}

// Fields of /proc/PID/stat after the name, see proc(5).
const (
	fieldState    = 0
	fieldGroup    = 2
	fieldUser     = 11
	fieldSystem   = 12
	fieldThreads  = 17
	fieldStart    = 19
	fieldSize     = 20
	fieldResident = 21

	tick = time.Second / 100 // USER_HZ, the same on all machines
)

var pageSize = int64(os.Getpagesize())

func (r *reader) stat(pid int) (s status, ok bool) {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return s, false
	}
	defer f.Close()
	n, err := f.Read(r.buf[:])
	if err != nil {
		return s, false
	}
	return parseStat(r.buf[:n])
}

// parseStat parses /proc/PID/stat. The name is in parentheses and may have any bytes.
func parseStat(b []byte) (s status, ok bool) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return s, false
	}
	fields := bytes.Fields(b[i+1:])
	if len(fields) <= fieldResident {
		return s, false
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	s = status{
		state: fields[fieldState][0], group: int(number(fieldGroup)), threads: int(number(fieldThreads)), start: number(fieldStart),
		size: number(fieldSize), resident: number(fieldResident) * pageSize, times: time.Duration(number(fieldUser)+number(fieldSystem)) * tick,
	}
	return s, ok
}

// files returns the number of open files of a process, -1 if it is another user's.
func files(pid int) int {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return -1
		}
		return 0
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	return len(names)
}

// clock returns the processor time of a process in nanoseconds, or else less precisely.
// The id of its clock is that of clock_getcpuclockid(3).
func clock(pid int, less time.Duration) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|2), &t) != nil {
		return less
	}
	return time.Duration(t.Nano())
}

// DefaultMemory is a limit of memory that protects this machine: half of what it has, in
// bytes; 0 if that is not known.
func DefaultMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit) / 2)
}

package results

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// InUseError says that another process, or another [Writer] of this one, is writing a result file.
type InUseError struct {
	Path string
	PID  int // the process that writes; 0 where that cannot be told
}

// Error implements error.
func (e *InUseError) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = "process " + strconv.Itoa(e.PID)
	}
	return fmt.Sprintf("%s is being written by %s: wait for its end, or interrupt it", e.Path, who)
}

// lockFile makes an open file its holder's alone, until it is closed or the process dies. Two writers would each put an end record into
// the middle of what the other writes.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return &InUseError{Path: f.Name(), PID: lockHolder(f)}
		default:
			// A file system without locks (some network ones) is no reason to measure nothing.
			return nil
		}
	}
}

// lockHolder is the process that holds the lock of a file by /proc/locks (proc(5)), 0 where that does not say.
func lockHolder(f *os.File) int {
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &stat); err != nil {
		return 0
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer locks.Close()
	suffix := ":" + strconv.FormatUint(stat.Ino, 10)
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], suffix) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 {
			return pid
		}
	}
	return 0
}

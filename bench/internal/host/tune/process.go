package tune

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// The values of a process.
const (
	running = "running"
	paused  = "paused"
)

// process is one that runs or is paused. It is the same one only if it started at the same time.
type process struct {
	machine host.Machine
	Process
}

// Process names a process.
type Process struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // in clock ticks since boot, proc_pid_stat(5)
	Name  string `json:"name"`
}

// processes finds those of a name.
func processes(m host.Machine, name string) []place {
	var all []place
	for path, comm := range m.ReadAll("proc/[0-9]*/comm") {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || comm != name {
			continue
		}
		p := process{m, Process{PID: pid, Name: name}}
		if _, p.Start, err = p.stat(); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// stat reads state and start from proc_pid_stat(5), where they follow the name in parentheses.
func (p process) stat() (state, start string, err error) {
	text, err := p.machine.Read(fmt.Sprintf("proc/%d/stat", p.PID))
	if errors.Is(err, unix.ESRCH) {
		err = os.ErrNotExist // it died between open and read
	}
	if err != nil {
		return "", "", err
	}
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	const stateField, startField = 3, 22
	if len(fields) <= startField-stateField {
		return "", "", fmt.Errorf("parse proc/%d/stat", p.PID)
	}
	return fields[0], fields[startField-stateField], nil
}

func (p process) read() (string, error) {
	state, start, err := p.stat()
	switch {
	case err != nil:
		return "", err
	case start != p.Start || state == "Z" || state == "X":
		return "", fmt.Errorf("process %d: %w", p.PID, os.ErrNotExist)
	case state == "T":
		return paused, nil
	}
	return running, nil
}

// signalPatience is how long a process may take to obey; one that waits for a disk takes its time.
const signalPatience = 10 * time.Second

func (p process) write(value string) error {
	signal := unix.SIGCONT
	if value == paused {
		signal = unix.SIGSTOP
	}
	if err := p.signal(signal); err != nil {
		return err
	}
	for deadline := time.Now().Add(signalPatience); ; time.Sleep(time.Millisecond) {
		got, err := p.read()
		if err != nil || got == value {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("signal %s: process %d is not %s after %v", p.Name, p.PID, value, signalPatience)
		}
	}
}

// signal sends one to the process and to no later one of its number.
func (p process) signal(signal unix.Signal) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		err = os.ErrNotExist
	}
	if err == nil {
		defer unix.Close(fd)
		if _, err = p.read(); err == nil {
			err = unix.PidfdSendSignal(fd, signal, nil, 0)
		}
	}
	if err != nil {
		return fmt.Errorf("signal %s, process %d: %w", p.Name, p.PID, err)
	}
	return nil
}

func (p process) writable() error { return p.signal(0) }

func (p process) change() Change { return Change{Process: &p.Process} }

// pause is what tune wants of a process.
func pause(current string) (value, leave string) { return constant(paused)(current) }

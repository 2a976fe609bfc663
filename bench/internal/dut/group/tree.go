package group

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// tree follows processes where nothing keeps them together: what descends from the command, what has the mark in its environment, and what was
// seen to belong before its parent died.
type tree struct {
	mark string

	mu   sync.Mutex
	root int
	seen map[int]uint64 // start times by process ID, which may be another's one day
}

// newTree makes orphans of the group's processes children of this process, so that they are in its sight.
func newTree(mark string) Group {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // without it the mark must do
	return &tree{mark: mark, seen: map[int]uint64{}}
}

// Start implements [Group].
func (g *tree) Start(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.root = cmd.Process.Pid
	return nil
}

// process is what /proc says of one.
type process struct {
	parent int
	born   uint64 // clock ticks since the boot
	dead   bool   // a zombie
}

func (g *tree) Processes() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := allProcesses()
	var pids []int
	for pid, p := range all {
		switch {
		case !g.belongs(pid, all):
		case p.dead:
			g.reap(pid, p)
		default:
			pids = append(pids, pid)
			if g.seen == nil {
				g.seen = map[int]uint64{}
			}
			g.seen[pid] = p.born
		}
	}
	return pids
}

func (g *tree) belongs(pid int, all map[int]process) bool {
	if born, ok := g.seen[pid]; ok && born == all[pid].born {
		return true
	}
	for above, steps := pid, 0; above > 1 && steps < len(all); above, steps = all[above].parent, steps+1 {
		if above == g.root {
			return true
		}
	}
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append([]byte{0}, environment...), []byte("\x00"+g.mark+"\x00"))
}

// reap takes the exit status of an orphan that was left to this process. The command itself is waited for by whoever started it.
func (g *tree) reap(pid int, p process) {
	if p.parent == os.Getpid() && pid != g.root {
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
}

func (*tree) CPUTime() (time.Duration, bool) { return 0, false }

func (*tree) How() string { return "process tree" }

func (g *tree) kill() error { return killAll(g.Processes()) }

func (*tree) remove() error { return nil }

// allProcesses reads /proc; processes that end meanwhile are left out.
func allProcesses() map[int]process {
	all := map[int]process{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return all
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// The name, in parentheses, may have anything in it (proc_pid_stat(5)); behind it state is field 3, ppid 4, starttime 22.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 20 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		born, _ := strconv.ParseUint(fields[19], 10, 64)
		all[pid] = process{parent: parent, born: born, dead: fields[0] == "Z" || fields[0] == "X"}
	}
	return all
}

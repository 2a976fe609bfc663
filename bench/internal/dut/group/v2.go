package group

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// v2 is a control group of the unified hierarchy.
type v2 struct{ folder string }

func newV2(name string) (Group, error) {
	parent, err := own("")
	if err != nil {
		return nil, err
	}
	folder, err := makeFolder(parent, name)
	if err != nil {
		return nil, err
	}
	return v2{folder}, nil
}

func findV2(name string) (Group, error) {
	parent, err := own("")
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(parent, name)
	_, err = os.Stat(folder)
	return v2{folder}, err
}

// Start implements [Group]: the process is born in the group.
func (g v2) Start(cmd *exec.Cmd) error {
	folder, err := os.Open(g.folder)
	if err != nil {
		return fmt.Errorf("open control group: %w", err)
	}
	defer folder.Close()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(folder.Fd())
	return cmd.Start()
}

func (g v2) Processes() []int { return processesIn(filepath.Join(g.folder, "cgroup.procs")) }

func (g v2) CPUTime() (time.Duration, bool) {
	text, err := os.ReadFile(filepath.Join(g.folder, "cpu.stat"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "usage_usec "); ok {
			us, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			return time.Duration(us) * time.Microsecond, err == nil
		}
	}
	return 0, false
}

func (g v2) How() string { return "control group (v2)" }

// kill uses the kernel's own way, against which nobody can fork, where it has one (5.14).
func (g v2) kill() error {
	if err := os.WriteFile(filepath.Join(g.folder, "cgroup.kill"), []byte("1"), 0); err == nil {
		return nil
	}
	return killAll(g.Processes())
}

func (g v2) remove() error { return removeFolder(g.folder) }

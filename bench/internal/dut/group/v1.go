package group

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// v1 is a control group in the hierarchies of two controllers: one counts CPU time, the other can forbid new processes.
type v1 struct{ folders map[string]string } // by controller

// v1Controllers are those that are wanted; one is enough.
var v1Controllers = []string{"cpuacct", "pids"}

func newV1(name string) (Group, error) {
	g := v1{map[string]string{}}
	var errs []error
	for _, controller := range v1Controllers {
		parent, err := own(controller)
		if err == nil {
			var folder string
			if folder, err = makeFolder(parent, name); err == nil {
				g.folders[controller] = folder
			}
		}
		errs = append(errs, err)
	}
	if len(g.folders) == 0 {
		return nil, errors.Join(errs...)
	}
	return g, nil
}

func findV1(name string) (Group, error) {
	g := v1{map[string]string{}}
	for _, controller := range v1Controllers {
		if parent, err := own(controller); err == nil {
			folder := filepath.Join(parent, name)
			if _, err := os.Stat(folder); err == nil {
				g.folders[controller] = folder
			}
		}
	}
	if len(g.folders) == 0 {
		return nil, errNone
	}
	return g, nil
}

// Start implements [Group]: the thread that starts the process is in the group meanwhile.
func (g v1) Start(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	var back []string
	enter := func() error {
		for controller, folder := range g.folders {
			home, err := own(controller) // the process's: that of its threads, but for this moment
			if err != nil {
				return err
			}
			if err := moveThread(folder); err != nil {
				return err
			}
			back = append(back, home)
		}
		return nil
	}
	err := enter()
	if err == nil {
		err = cmd.Start()
	}
	for _, home := range back {
		if backErr := moveThread(home); backErr != nil {
			return errors.Join(err, backErr) // the thread stays locked: it must not serve other goroutines
		}
	}
	runtime.UnlockOSThread()
	return err
}

// moveThread moves the calling thread into a control group.
func moveThread(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, "tasks"), []byte(strconv.Itoa(unix.Gettid())), 0); err != nil {
		return fmt.Errorf("enter control group: %w", err)
	}
	return nil
}

func (g v1) Processes() []int {
	for _, folder := range g.folders {
		return processesIn(filepath.Join(folder, "cgroup.procs")) // they are in all of them
	}
	return nil
}

func (g v1) CPUTime() (time.Duration, bool) {
	text, err := os.ReadFile(filepath.Join(g.folders["cpuacct"], "cpuacct.usage"))
	if err != nil {
		return 0, false
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return time.Duration(ns), err == nil
}

func (g v1) How() string { return "control group (v1)" }

// kill first forbids new processes: who forks faster than it is killed would live for ever.
func (g v1) kill() error {
	if folder, ok := g.folders["pids"]; ok {
		_ = os.WriteFile(filepath.Join(folder, "pids.max"), []byte("0"), 0)
	}
	return killAll(g.Processes())
}

func (g v1) remove() error {
	var errs []error
	for _, folder := range g.folders {
		errs = append(errs, removeFolder(folder))
	}
	return errors.Join(errs...)
}

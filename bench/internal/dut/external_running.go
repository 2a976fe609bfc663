package dut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/group"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/program"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// outputBytes is as much of what a program prints as is kept.
const outputBytes = 64 << 10

// runningExternal is a program of others at work.
type runningExternal struct {
	file    *program.File
	variant Variant
	facts   facts
	folder  *program.Folder
	group   group.Group
	output  *tail
	adopted bool        // devices that it made are configured
	main    *os.Process // the command itself; nil until it is started

	exited chan struct{} // closed when the command is gone
	exit   string        // how it went; set before exited is closed
	failed bool          // it was not by its own will, or with another status than 0
	heard  chan struct{} // closed when all of its output is read
	ended  chan struct{} // closed when the program is: the command failed, or none of its processes is left
	err    error         // why; set before ended is closed

	offload  tun.Offload // active on its devices when it was ready
	unburden func()      // ends the handicap; nil where there is none
	stopping sync.Once
	stopErr  error
}

// start starts the command on a thread that stays as long as it: the kernel kills it at the end of the thread, which otherwise would be that of
// this process.
func (r *runningExternal) start(ctx context.Context, place program.Place) error {
	r.exited, r.heard, r.ended = make(chan struct{}), make(chan struct{}), make(chan struct{})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	args := r.file.Args(place)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = r.file.Folder()
	cmd.Env = append(os.Environ(), r.file.Env(place)...)
	// A session of its own: no terminal, and Ctrl-C is for the harness to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := host.OnCPUs(place.CPUs, func() error { return r.group.Start(cmd) })
		err = errors.Join(err, write.Close())
		started <- err
		if err == nil {
			r.wait(cmd)
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", r.file.Name, err), read.Close())
	}
	r.main = cmd.Process
	// If memory runs short it is the program that goes, not the harness.
	_ = os.WriteFile("/proc/"+strconv.Itoa(r.main.Pid)+"/oom_score_adj", []byte("1000"), 0)
	go func() {
		defer close(r.heard)
		_, _ = io.Copy(r.output, read) // until the last of its processes has closed it
		_ = read.Close()
	}()
	go r.watch()
	return nil
}

// wait waits for the command.
func (r *runningExternal) wait(cmd *exec.Cmd) {
	err := cmd.Wait()
	r.exit, r.failed = "exit status 0", err != nil
	if err != nil {
		r.exit = err.Error()
	}
	close(r.exited)
}

// leftPause is how often it is looked whether a program whose command is gone still has processes.
const leftPause = 20 * time.Millisecond

// heardPatience is how long the last words of a command may take to come through the pipe.
const heardPatience = time.Second

// watch notices the end of the program.
func (r *runningExternal) watch() {
	<-r.exited
	for !r.failed && len(r.group.Processes()) > 0 {
		time.Sleep(leftPause)
	}
	select {
	case <-r.heard:
	case <-time.After(heardPatience): // a process that it left has its output open
	}
	r.err = r.withOutput(fmt.Errorf("%s ended: %s", r.file.Name, r.exit))
	close(r.ended)
}

// withOutput adds the program's last words to an error.
func (r *runningExternal) withOutput(err error) error {
	if words := said(r.output.String()); words != "" {
		return fmt.Errorf("%w: %s", err, words)
	}
	return err
}

// endingPatience is how long after something failed the program may be found to have ended.
const endingPatience = time.Second

// explain prefers the end of the program over what followed from it.
func (r *runningExternal) explain(err error) error {
	select {
	case <-r.ended:
		return r.err
	case <-time.After(endingPatience): // it may be about to
		return err
	}
}

func (r *runningExternal) Processes() []int { return r.group.Processes() }

// CPUTime is that of all its processes, also those that ended.
func (r *runningExternal) CPUTime() (time.Duration, bool) { return r.group.CPUTime() }

func (r *runningExternal) Info() *results.DUT {
	info := &results.DUT{Program: r.variant.String(), OffloadAccepted: r.offload.String(), External: &results.Program{
		File: r.file.Text, Version: r.facts.version, SHA256: r.facts.sha256, Together: r.group.How(), Output: r.output.String(),
	}}
	select {
	case <-r.exited:
		info.External.Exit = r.exit
	default:
	}
	return info
}

func (r *runningExternal) Counters() (*forwarder.Stats, error) { return nil, nil }

func (r *runningExternal) Ended() <-chan struct{} { return r.ended }

func (r *runningExternal) Err() error {
	select {
	case <-r.ended:
		return r.err
	default:
		return nil
	}
}

// UnwillingError says that a program did not end when it was told to, and was killed. That is a fault of the
// program, not of the host.
type UnwillingError struct {
	Program string
	Signal  string
	Within  time.Duration
}

func (e *UnwillingError) Error() string {
	return fmt.Sprintf("%s did not end within %v of SIG%s and was killed", e.Program, e.Within, e.Signal)
}

// Stop ends the program as its file says, then what is left of it.
func (r *runningExternal) Stop() error {
	r.stopping.Do(func() { r.stopErr = r.stop() })
	return r.stopErr
}

func (r *runningExternal) stop() error {
	var unwilling error
	if r.main != nil && !r.endsWhenTold() {
		unwilling = r.withOutput(&UnwillingError{r.file.Name, r.file.Stop.Signal, r.file.Stop.Within})
	}
	if r.unburden != nil {
		r.unburden()
	}
	err := group.End(r.group)
	if r.main != nil {
		<-r.exited
	}
	return errors.Join(unwilling, err, r.folder.Remove())
}

// leftPatience is how long what a command left may take to end when it is told to; then it is killed, which is nobody's fault.
const leftPatience = 200 * time.Millisecond

// endsWhenTold sends the signal to the command and waits until it is gone; then what it left is told as well. Of a command that had left before,
// what it left is the program.
func (r *runningExternal) endsWhenTold() bool {
	signal := unix.SignalNum("SIG" + r.file.Stop.Signal)
	patience := r.file.Stop.Within
	select {
	case <-r.exited:
	default:
		_ = r.main.Signal(signal) // it may be gone
		select {
		case <-r.exited:
			patience = leftPatience
		case <-time.After(patience):
			return false
		}
	}
	for _, pid := range r.group.Processes() {
		_ = unix.Kill(pid, signal) // it may be gone
	}
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(readyPause) {
		if len(r.group.Processes()) == 0 {
			return true
		}
	}
	return patience == leftPatience
}

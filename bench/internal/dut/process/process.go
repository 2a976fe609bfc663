// Package process keeps a program of somebody else running: one command with all that it starts, what it prints,
// and how it ends.
package process

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
	"tunbench/forwarder/tun"
)

// outputBytes is as much of what a program prints as is kept.
const outputBytes = 64 << 10

// Command is what to start.
type Command struct {
	Name  string   // of the program, in messages
	Args  []string // the first is found in PATH, if it has no slash
	Env   []string // NAME=VALUE, added to the environment of this process
	Dir   string   // working folder; "" is that of this process
	NetNS string   // path of the network namespace that it runs in; "" is that of this process
	CPUs  []int    // it may use these only; none: any
	Mark  string   // NAME=VALUE, in the environment of this command and of no other, see [group.New]
	Want  string   // a text of its output to be noticed, see [Process.Saw]; "" is none
}

// Process is a command at work. Its methods may be called from any goroutine.
type Process struct {
	command Command
	group   group.Group
	output  *Tail
	main    *os.Process // the command itself; nil until it is started

	exited chan struct{} // closed when the command is gone
	exit   string        // how it went; set before exited is closed
	failed bool          // it was not by its own will, or with another status than 0
	heard  chan struct{} // closed when all of its output is read
	ended  chan struct{} // closed when the program is: the command failed, or none of its processes is left
	err    error         // why; set before ended is closed

	stopping sync.Once
	stopErr  error
}

// Start starts the command on a thread that stays as long as it: the kernel kills it at the end of the thread, which
// otherwise would be that of this process. What Start returns must be stopped, also with an error.
func Start(ctx context.Context, c Command) (*Process, error) {
	p := &Process{
		command: c, group: group.New(c.Mark), output: &Tail{Keep: outputBytes, Want: c.Want},
		exited: make(chan struct{}), heard: make(chan struct{}), ended: make(chan struct{}),
	}
	if ctx.Err() != nil {
		return p, context.Cause(ctx)
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	// A session of its own: no terminal, and Ctrl-C is for the harness to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		return p, fmt.Errorf("make a pipe: %w", err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	started := make(chan error, 1)
	go p.run(cmd, write, started)
	if err := <-started; err != nil {
		return p, errors.Join(fmt.Errorf("start %s: %w", c.Name, err), read.Close())
	}
	p.main = cmd.Process
	// If memory runs short it is the program that goes, not the harness.
	_ = os.WriteFile("/proc/"+strconv.Itoa(p.main.Pid)+"/oom_score_adj", []byte("1000"), 0)
	go func() {
		defer close(p.heard)
		_, _ = io.Copy(p.output, read) // until the last of its processes has closed it
		_ = read.Close()
	}()
	go p.watch(read)
	return p, nil
}

// run starts the command, tells how that went, and waits for it, all on one thread.
func (p *Process) run(cmd *exec.Cmd, write *os.File, started chan<- error) {
	told := false
	err := inNamespace(p.command.NetNS, func() error {
		err := host.OnCPUs(p.command.CPUs, func() error { return p.group.Start(cmd) })
		err = errors.Join(err, write.Close())
		told = true
		started <- err
		if err == nil {
			p.wait(cmd)
		}
		return nil
	})
	if !told {
		started <- errors.Join(err, write.Close())
	}
}

// inNamespace runs f on a locked thread in the namespace, or where this process is.
func inNamespace(path string, f func() error) error {
	if path != "" {
		return tun.InNamespace(path, f)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return f()
}

// wait waits for the command.
func (p *Process) wait(cmd *exec.Cmd) {
	err := cmd.Wait()
	p.exit, p.failed = "exit status 0", err != nil
	if err != nil {
		p.exit = err.Error()
	}
	close(p.exited)
}

// leftPause is the time between two looks for processes of a program whose command is gone.
const leftPause = 20 * time.Millisecond

// heardPatience is how long the last words of a command may take to come through the pipe.
const heardPatience = time.Second

// mostWaits is how often that is waited for while some of them are unread: what it left may print for ever.
const mostWaits = 30

// watch notices the end of the program, whose output comes through the pipe.
func (p *Process) watch(output *os.File) {
	<-p.exited
	for !p.failed && len(p.group.Processes()) > 0 {
		time.Sleep(leftPause)
	}
	for range mostWaits {
		select {
		case <-p.heard:
		case <-time.After(heardPatience): // a process that it left has its output open, or who reads it has got no CPU yet
			if unread(output) {
				continue
			}
		}
		break
	}
	p.err = p.WithOutput(fmt.Errorf("%s ended: %s", p.command.Name, p.exit))
	close(p.ended)
}

// unread reports whether something waits in a pipe, for a reader that has got no CPU yet; false if it is closed.
func unread(pipe *os.File) bool {
	conn, err := pipe.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	failed := conn.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return failed == nil && err == nil && n > 0
}

// Processes returns the IDs of the processes that the program has now.
func (p *Process) Processes() []int { return p.group.Processes() }

// CPUTime is that of all its processes, also those that ended; false if the system does not keep it.
func (p *Process) CPUTime() (time.Duration, bool) { return p.group.CPUTime() }

// How says in words what keeps the processes together.
func (p *Process) How() string { return p.group.How() }

// Output is the end of what the program printed.
func (p *Process) Output() string { return p.output.String() }

// Saw says whether the program printed the text that was wanted.
func (p *Process) Saw() bool { return p.output.Saw() }

// Exit says how the command ended; "" while it runs.
func (p *Process) Exit() string {
	select {
	case <-p.exited:
		return p.exit
	default:
		return ""
	}
}

// Ended is closed when the program ends: its command fails, or none of its processes is left. Err then says why.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err is why the program ended, with its last words; nil while it runs.
func (p *Process) Err() error {
	select {
	case <-p.ended:
		return p.err
	default:
		return nil
	}
}

// WithOutput adds the program's last words to an error.
func (p *Process) WithOutput(err error) error {
	if words := Said(p.output.String()); words != "" {
		return fmt.Errorf("%w: %s", err, words)
	}
	return err
}

// EndingPatience is how long after something failed a program may be found to have ended.
const EndingPatience = 5 * time.Second

// Explain prefers the end of the program over what followed from it.
func (p *Process) Explain(err error) error {
	select {
	case <-p.ended:
		return p.err
	case <-time.After(EndingPatience): // it may be about to
		return err
	}
}

// Stop sends the signal ("TERM") to the command, waits until it is gone, for as long as within, and kills what is
// left. An error says that it had to. Later calls return what the first did.
func (p *Process) Stop(signal string, within time.Duration) error {
	p.stopping.Do(func() { p.stopErr = p.stop(signal, within) })
	return p.stopErr
}

func (p *Process) stop(signal string, within time.Duration) error {
	var unwilling error
	if p.main != nil && !p.endsWhenTold(signal, within) {
		unwilling = p.WithOutput(fmt.Errorf("%s did not end within %v of SIG%s and was killed", p.command.Name, within, signal))
	}
	err := group.End(p.group)
	if p.main != nil {
		<-p.exited
	}
	return errors.Join(unwilling, err)
}

const (
	// leftPatience is how long what a command left may take to end when it is told to; then it is killed, which is nobody's fault.
	leftPatience = 200 * time.Millisecond
	endPause     = 2 * time.Millisecond
)

// endsWhenTold sends the signal to the command and waits until it is gone; then what it left is told as well. Of a command that had left before,
// what it left is the program.
func (p *Process) endsWhenTold(name string, patience time.Duration) bool {
	signal := unix.SignalNum("SIG" + name)
	select {
	case <-p.exited:
	default:
		_ = p.main.Signal(signal) // it may be gone
		select {
		case <-p.exited:
			patience = leftPatience
		case <-time.After(patience):
			return false
		}
	}
	for _, pid := range p.group.Processes() {
		_ = unix.Kill(pid, signal) // it may be gone
	}
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(endPause) {
		if len(p.group.Processes()) == 0 {
			return true
		}
	}
	return patience == leftPatience
}

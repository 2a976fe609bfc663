package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"tunbench/forwarder"
)

// background are the flags with which tunbench forward returns as soon as it forwards.
type background struct {
	wanted  bool
	readyFD int // where to say so; 0 is nowhere
}

// backgroundFlag is how it is given; the process in the background gets readyFlag instead.
const (
	backgroundFlag = "--background"
	readyFlag      = "--ready-fd"
)

// inBackground starts this command once more as a process of its own, in a session of its own so that nothing typed at this terminal ends it,
// waits until that says that it forwards, and prints its id. A shell that takes the id from standard output waits until nobody has that open: the
// process in the background prints to standard error.
func (con *console) inBackground(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	ready, readyEnd, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer ready.Close()
	args := slices.DeleteFunc(slices.Clone(con.args), func(arg string) bool { return arg == backgroundFlag || strings.HasPrefix(arg, backgroundFlag+"=") })
	const firstExtra = 3 // what exec.Cmd gives its extra files
	child := exec.Command(program, append(args, readyFlag, strconv.Itoa(firstExtra))...)
	child.Stdout, child.Stderr = con.stderr, con.stderr
	child.ExtraFiles = []*os.File{readyEnd}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = errors.Join(child.Start(), readyEnd.Close())
	if err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = child.Process.Signal(syscall.SIGTERM) })
	defer stop()
	if said, _ := io.ReadAll(io.LimitReader(ready, 1)); len(said) == 1 {
		if _, err := fmt.Fprintln(con.stdout, child.Process.Pid); err != nil {
			return fmt.Errorf("print process id: %w", err)
		}
		return child.Process.Release()
	}
	_ = child.Wait()
	return notStarted(child.ProcessState.ExitCode())
}

// notStarted passes on why the process in the background ended; what was wrong it said itself.
func notStarted(code int) error {
	err := fmt.Errorf("%s: it ended before it forwarded anything (see above)", backgroundFlag)
	switch code {
	case exitUsage:
		return &usageError{err}
	case exitUnsupported:
		return fmt.Errorf("%w: %w", err, forwarder.ErrUnsupported)
	}
	return err
}

// ready says that packets are forwarded from now on, to whoever waits for it.
func (b background) ready() error {
	if b.readyFD == 0 {
		return nil
	}
	f := os.NewFile(uintptr(b.readyFD), "ready")
	if f == nil {
		return &usageError{fmt.Errorf("%s %d: want an open file descriptor", readyFlag, b.readyFD)}
	}
	_, err := f.WriteString("\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("say that packets are forwarded (%s %d): %w", readyFlag, b.readyFD, err)
	}
	return nil
}

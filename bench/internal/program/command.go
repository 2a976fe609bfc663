package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// endPatience is how long a command may take to end when it is told to.
const endPatience = 5 * time.Second

// ToolError says that a build needs a program that is not on this host, or not in the user's PATH.
type ToolError struct{ Tool string }

func (e *ToolError) Error() string {
	return fmt.Sprintf("%s is not in PATH (sudo has a PATH of its own: sudo env \"PATH=$PATH\" …)", e.Tool)
}

// command is a program to be run to its end.
type command struct {
	dir  string
	env  []string // besides this process's own
	args []string // the first is the program's name
}

// run returns the standard output without its last line break. When ctx is done it ends
// the program and all that it started, and returns the cause.
func (c command) run(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	// A group of its own: Ctrl-C at the terminal is for this process to handle.
	// If this process is killed, the command does not go on for nobody.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// The kernel means the death of the thread that started it (PR_SET_PDEATHSIG(2const)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// go tidies up after SIGINT, after SIGTERM it does not.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = endPatience
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // who of its group ignored the SIGINT, if anybody
	}
	switch {
	case err == nil:
		return strings.TrimSuffix(stdout.String(), "\n"), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return "", &ToolError{c.args[0]}
	}
	return "", fmt.Errorf("%s: %w: %s", strings.Join(c.args[:min(len(c.args), 2)], " "), err, lastLines(stderr.String()))
}

// shownLines is how much of a program's complaint an error repeats.
const shownLines = 10

// lastLines is the end of a text.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-shownLines):], "\n")
}

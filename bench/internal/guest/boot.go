package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// BootError is a guest that did not come to its end.
type BootError struct {
	What    string // what happened
	Console string // the last lines of the guest's console
}

// Error implements error; it has several lines.
func (e *BootError) Error() string {
	if e.Console == "" {
		return e.What + "; the console is empty"
	}
	return e.What + "; the console's last lines:\n" + e.Console
}

// consoleLines is how much of the console an error shows.
const consoleLines = 12

// Launcher boots guests, one after the other. It is for one goroutine.
type Launcher struct {
	Program string        // a static build of this program
	Machine Machine       //
	Accel   Accel         // Auto becomes what was found to work
	Native  bool          // refuse to emulate, with an *UnsupportedError
	Timeout time.Duration // of a boot with all its commands
	Lock    string        // path of the file that makes boots of several processes follow each other; their files are beside it
	Waiting func()        // called when another process's guest has to end first; may be nil
	NIC     *NIC          // of the guest; nil is none
}

// Boot starts a kernel, runs this program in it with the words of each command, and returns what came of it. When an error is
// returned, the outcome has what was known until then. Nothing of the guest is left: it ends with ctx, and with this process.
func (l *Launcher) Boot(ctx context.Context, k Kernel, commands [][]string) (outcome *Outcome, err error) {
	outcome = newOutcome(commands)
	if err := FindQEMU(); err != nil {
		return outcome, err
	}
	release, err := lock(ctx, l.Lock, l.Waiting)
	if err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, release()) }()
	dir, err := l.folder()
	if err != nil {
		return outcome, fmt.Errorf("make folder for a guest: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := l.packInitramfs(k, wantedModules, orders{Commands: commands}, dir); err != nil {
		return outcome, err
	}
	if err := l.settleAccel(ctx, k, dir); err != nil {
		return outcome, err
	}
	if outcome.Emulated = l.Accel == Emulated; outcome.Emulated && l.Native {
		return outcome, &UnsupportedError{"KVM, because emulation gives no verdict about speed, and no guest starts with it here", "use a machine whose /dev/kvm works, or ask for run"}
	}
	start := time.Now()
	err = l.run(ctx, k, dir, outcome)
	outcome.Took = time.Since(start)
	return outcome, err
}

// folder makes one for the files of a boot, beside the lock. Who holds the lock may remove those of processes that were killed.
func (l *Launcher) folder() (string, error) {
	const pattern = "boot-*"
	parent := filepath.Dir(l.Lock)
	dead, err := filepath.Glob(filepath.Join(parent, pattern))
	if err != nil {
		return "", err
	}
	for _, dir := range dead {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	return os.MkdirTemp(parent, pattern)
}

func (l *Launcher) packInitramfs(k Kernel, wanted []string, o orders, dir string) (err error) {
	programs, err := readPrograms(l.Program, o.Commands)
	if err != nil {
		return err
	}
	modules, err := loadOrder(k.Modules, wanted)
	if err != nil {
		return err
	}
	f, err := os.Create(initramfsPath(dir))
	if err != nil {
		return fmt.Errorf("make initramfs: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return writeInitramfs(f, programs, modules, o)
}

func initramfsPath(dir string) string { return filepath.Join(dir, "initramfs") }
func consolePath(dir string) string   { return filepath.Join(dir, "console") }

// run is one boot. The thread is kept because Linux ends QEMU when the thread that started it ends (PR_SET_PDEATHSIG).
func (l *Launcher) run(ctx context.Context, k Kernel, dir string, outcome *Outcome) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	bounded, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	cmd, said := l.qemu(bounded, k, dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start QEMU: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start QEMU: %w", err)
	}
	frames := newFrameReader(stdout)
	readErr := outcome.take(frames)
	if outcome.ended || readErr != nil {
		_ = cmd.Process.Kill() // it has nothing that needs an orderly end
	}
	waitErr := cmd.Wait()
	switch {
	case readErr != nil:
		return readErr
	case frames.lost > 0:
		return &BootError{fmt.Sprintf("messages of the guest were lost: %d", frames.lost), console(dir)}
	case outcome.ended:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case bounded.Err() != nil:
		return &BootError{fmt.Sprintf("no end within %s (--timeout)", l.Timeout), console(dir)}
	}
	what := "the guest ended before its commands did"
	if text := lastLines(said.String(), 3); text != "" {
		what += ": " + text
	} else if waitErr != nil {
		what += ": QEMU: " + waitErr.Error()
	}
	if l.Accel == KVM && outcome.Release == "" {
		what += " (does --accel tcg start it?)"
	}
	return &BootError{what, console(dir)}
}

// qemu is a QEMU that is ready to be started, and what it will say on standard error.
func (l *Launcher) qemu(ctx context.Context, k Kernel, dir string) (*exec.Cmd, *strings.Builder) {
	said := &strings.Builder{}
	cmd := exec.CommandContext(ctx, qemuProgram, qemuArgs(l.Machine, l.Accel, k.Image, initramfsPath(dir), consolePath(dir), l.NIC)...)
	cmd.ExtraFiles = l.NIC.files()
	cmd.Stderr = said
	// A group of its own: Ctrl-C of a terminal is for us, who then end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd, said
}

func console(dir string) string {
	text, err := os.ReadFile(consolePath(dir))
	if err != nil {
		return ""
	}
	return lastLines(strings.ToValidUTF8(string(text), "?"), consoleLines)
}

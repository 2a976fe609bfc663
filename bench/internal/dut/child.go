package dut

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/host"
	"tunbench/forwarder"
)

// stopPatience is how long a child may take to end when asked, before it is killed: it takes back what it set, and
// others may do the same at that time.
const stopPatience = 30 * time.Second

// child is a process of this same program, or of another build of it, that forwards and
// is spoken to over a socket. It ends when the socket does, so it never outlives the
// harness, whatever ends that.
type child struct {
	cmd    *exec.Cmd
	client *forward.Client
	stderr *process.Tail
	ended  chan struct{}
	err    error // why it ended; set before ended is closed
	stop   sync.Once
}

// startChild starts the process; it waits for its options.
func startChild(ctx context.Context, p childProgram) (*child, error) {
	if p.binary == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find own program: %w", err)
		}
		p.binary = own
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	c := &child{
		cmd:    exec.Command(p.binary, p.args...),
		client: forward.NewClient(ours),
		stderr: &process.Tail{Keep: tailBytes},
		ended:  make(chan struct{}),
	}
	c.cmd.ExtraFiles = []*os.File{theirs} // becomes forward.ControlFD
	c.cmd.Stderr = c.stderr
	// A group of its own: Ctrl-C at the terminal is for the harness to handle.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(context.Cause(ctx), c.client.Close())
	}
	if err := host.OnCPUs(p.cpus, c.cmd.Start); err != nil {
		return nil, errors.Join(fmt.Errorf("start child: %w", err), c.client.Close())
	}
	go c.wait()
	return c, nil
}

// socketPair returns our end, ready for deadlines and Close, and the child's.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("create control socket: %w", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "control")
	file := os.NewFile(uintptr(fds[0]), "control")
	defer file.Close() // FileConn works on a duplicate
	ours, err = net.FileConn(file)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open control socket: %w", err), theirs.Close())
	}
	return ours, theirs, nil
}

func (c *child) wait() {
	err := c.cmd.Wait()
	words := process.Said(c.stderr.String())
	switch {
	case err == nil:
		c.err = errors.New("the device under test ended")
	case words == "":
		c.err = fmt.Errorf("the device under test ended: %w", err)
	default:
		c.err = fmt.Errorf("the device under test ended: %w: %s", err, words)
	}
	close(c.ended)
}

// fail stops a child that does not answer and returns the better explanation:
// its own last words, if it has ended, rather than that the socket is closed. That
// this host cannot do it is explanation enough.
func (c *child) fail(err error) error {
	if errors.Is(err, forwarder.ErrUnsupported) {
		return errors.Join(err, c.Stop())
	}
	select {
	case <-c.ended:
		err = c.err
	case <-time.After(process.EndingPatience): // it may be about to
	}
	return errors.Join(err, c.Stop())
}

func (c *child) Processes() []int { return []int{c.cmd.Process.Pid} }

func (c *child) Ended() <-chan struct{} { return c.ended }

func (c *child) Err() error {
	select {
	case <-c.ended:
		return c.err
	default:
		return nil
	}
}

func (c *child) Stop() (err error) {
	c.stop.Do(func() {
		_ = c.client.Close() // the child ends when it notices
		select {
		case <-c.ended:
		case <-time.After(stopPatience):
			_ = c.cmd.Process.Kill()
			<-c.ended
			err = fmt.Errorf("the device under test did not end within %v of being told to and was killed", stopPatience)
		}
	})
	return err
}

// tailBytes is how much of a child's last words is kept.
const tailBytes = 4096

package vm

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
)

// asGuest makes a process of this test an agent in a network namespace of its own, whose NIC is a TAP device that it joins with the
// queue of the scene's on descriptor 3: what QEMU and a guest do, without them.
const asGuest = "TUNBENCH_TEST_GUEST"

func TestMain(m *testing.M) {
	if os.Getenv(asGuest) == "" {
		os.Exit(m.Run())
	}
	if err := beGuest(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

func beGuest() error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	ifr, err := unix.NewIfreq("eth0")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return err
	}
	nic, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetHardwareAddr(nic, testbed.GuestMAC()); err != nil {
		return err
	}
	const queue = 3
	if err := unix.SetNonblock(queue, false); err != nil {
		return err
	}
	go carry(fd, queue)
	go carry(queue, fd)
	return Serve(stdio{os.Stdin, os.Stdout})
}

// carry moves frames; those before the devices are up are lost.
func carry(from, to int) {
	frame := make([]byte, 1<<16)
	for {
		n, err := unix.Read(from, frame)
		if err == nil {
			_, _ = unix.Write(to, frame[:n])
		} else if err != unix.EINTR && err != unix.EIO && err != unix.EBADFD {
			return
		}
	}
}

type stdio struct {
	io.Reader
	io.Writer
}

func (stdio) Close() error { return nil }

// process is a [Peer] that is a process.
type process struct {
	io.Reader
	io.WriteCloser
	cmd   *exec.Cmd
	ended chan struct{}
	close func() error
}

var errGuestEnded = errors.New("the guest ended")

func (p *process) Ended() <-chan struct{} { return p.ended }

func (p *process) Err() error {
	select {
	case <-p.ended:
		return errGuestEnded
	default:
		return nil
	}
}

func (p *process) Close() error { return p.close() }

// startProcess starts a process that is a guest on the scene's TAP device.
func startProcess(tb testing.TB, scene *testbed.Testbed) *process {
	tb.Helper()
	queues, err := scene.OpenGuestQueues(1, false)
	if err != nil {
		tb.Fatal(err)
	}
	defer queues[0].Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asGuest+"=1")
	cmd.ExtraFiles = queues
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	// Wait would close a StdoutPipe under its reader.
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	w.Close()
	p := &process{Reader: r, WriteCloser: stdin, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	p.close = sync.OnceValue(func() error {
		_ = cmd.Process.Kill()
		<-p.ended
		return errors.Join(r.Close(), ignoreClosed(stdin.Close()))
	})
	tb.Cleanup(func() { _ = p.Close() })
	return p
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

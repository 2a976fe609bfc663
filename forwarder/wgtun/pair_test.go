package wgtun

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// fake is a queue whose other end is the test: what it sends is what the queue gives, and the other
// way round. It keeps packet boundaries as a device does.
type fake struct {
	queue *tun.Queue
	file  *os.File
	fd    int // the test's end
}

func newFake(tb testing.TB) *fake {
	tb.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	for _, fd := range fds {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 32<<20); err != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20)
		}
	}
	f := &fake{queue: tun.NewQueue(fds[0], "fake", 0, offload.VnetHdrLen), fd: fds[1]}
	if f.file, err = pollable(f.queue); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		f.file.Close()
		f.queue.Close()
		unix.Close(f.fd)
	})
	return f
}

// give has the queue give a frame. It is false when it cannot hold more.
func (f *fake) give(tb testing.TB, frame []byte) bool {
	tb.Helper()
	_, err := unix.Write(f.fd, frame)
	if err != nil && err != unix.EAGAIN && err != unix.ENOBUFS {
		tb.Fatal(err)
	}
	return err == nil
}

// taken returns the frames that were written to the queue.
func (f *fake) taken(tb testing.TB) (frames [][]byte) {
	tb.Helper()
	buf := make([]byte, frameLen)
	for {
		n, err := unix.Read(f.fd, buf)
		if err == syscall.EAGAIN {
			return frames
		}
		if err != nil {
			tb.Fatal(err)
		}
		frames = append(frames, append([]byte(nil), buf[:n]...))
	}
}

// newDevice is a Device on queues of the test.
func newDevice(tb testing.TB, fakes ...*fake) *Device {
	tb.Helper()
	c := &core{}
	for _, f := range fakes {
		w, err := newWriter(f.queue, f.file)
		if err != nil {
			tb.Fatal(err)
		}
		c.queues, c.files, c.writers = append(c.queues, f.queue), append(c.files, f.file), append(c.writers, w)
	}
	d := &Device{core: c, to: &buffers{}}
	file, err := fakes[0].file, error(nil)
	if len(fakes) > 1 {
		if file, err = anyOf(c.queues); err != nil {
			tb.Fatal(err)
		}
	}
	if d.reader, err = c.addReader(c.queues, file, d.to); err != nil {
		tb.Fatal(err)
	}
	return d
}

// newQueue is a Queue of the fork on a queue of the test.
func newQueue(tb testing.TB, f *fake) *Queue {
	tb.Helper()
	q := &Queue{file: f.file, to: &slab{}}
	var err error
	if q.reader, err = (&core{}).addReader([]*tun.Queue{f.queue}, f.file, q.to); err != nil {
		tb.Fatal(err)
	}
	return q
}

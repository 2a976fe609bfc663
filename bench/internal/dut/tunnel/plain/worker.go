package plain

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// worker is the thread that owns a queue of the device and its socket.
type worker struct {
	end    *End
	queue  *tun.Queue
	socket int
	out    *outbound
	in     *inbound
	lost   map[string]uint64 // by reason; read when the worker has ended
}

func newWorker(cfg Config, queue *tun.Queue, socket int, end *End) *worker {
	w := &worker{end: end, queue: queue, socket: socket, lost: map[string]uint64{}}
	w.out = newOutbound(w, cfg)
	w.in = newInbound(w, cfg)
	return w
}

// run forwards until the end is told to stop.
func (w *worker) run() error {
	for !w.end.stop.Load() {
		sent, err := w.out.step()
		if err != nil {
			return err
		}
		received, err := w.in.step()
		if err != nil {
			return err
		}
		if sent+received == 0 {
			if err := w.await(unix.POLLIN, unix.POLLIN); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop counts packets that this end lost.
func (w *worker) drop(reason string, packets int) { w.lost[reason] += uint64(packets) }

// dropErrno counts packets that a system call refused.
func (w *worker) dropErrno(call string, errno unix.Errno, packets int) {
	name := unix.ErrnoName(errno)
	if name == "" {
		name = errno.Error()
	}
	w.drop(call+" "+name, packets)
}

// await sleeps until the queue or the socket has one of the events (0 is none), or the end is told to stop.
func (w *worker) await(queue, socket int16) error {
	fds := [...]unix.PollFd{
		{Fd: int32(w.end.wake), Events: unix.POLLIN},
		{Fd: int32(w.queue.FD()), Events: queue},
		{Fd: int32(w.socket), Events: socket},
	}
	_, _, errno := unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), 0, 0, 0, 0)
	switch {
	case errno == unix.EINTR:
		return nil
	case errno != 0:
		return fmt.Errorf("wait for packets: %w", os.NewSyscallError("ppoll", errno))
	case fds[1].Revents&(unix.POLLERR|unix.POLLNVAL) != 0:
		return fmt.Errorf("read from %v: %w", w.queue, tun.ErrGone)
	}
	return nil
}

// deviceError is a failure of the queue.
func (w *worker) deviceError(verb string, errno unix.Errno) error {
	if tun.IsGone(errno) {
		return fmt.Errorf("%s %v: %w", verb, w.queue, tun.ErrGone)
	}
	return fmt.Errorf("%s %v: %w", verb, w.queue, errno)
}

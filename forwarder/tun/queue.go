package tun

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrGone says that the device behind a queue no longer exists: it was deleted,
// or its namespace was. The fd is useless from then on.
var ErrGone = errors.New("the device is gone")

// Queue is one non-blocking fd of a device. A read returns exactly one packet or
// superpacket, a write sends exactly one; each is preceded by a virtio_net_hdr
// of VnetHdrLen bytes, unless that is 0.
//
// One goroutine may read and one may write at a time; sharing a queue between
// threads would reorder flows. Close may be called from anywhere, but only when
// nobody is inside Readv or Writev: the fd number may be reused at once.
type Queue struct {
	fd         int
	index      int
	device     string
	vnetHdrLen int
	ethernet   bool
	close      sync.Once
	closeErr   error
}

// NewQueue wraps an fd that is already open, for example one end of a
// SOCK_DGRAM socket pair in a test. The fd must be non-blocking and keep packet
// boundaries; the Queue owns it from now on. device and index only name it.
func NewQueue(fd int, device string, index, vnetHdrLen int) *Queue {
	return &Queue{fd: fd, device: device, index: index, vnetHdrLen: vnetHdrLen}
}

// FD returns the file descriptor, for polling. It stays owned by the Queue.
func (q *Queue) FD() int { return q.fd }

// VnetHdrLen returns the bytes of virtio_net_hdr before every packet, or 0.
func (q *Queue) VnetHdrLen() int { return q.vnetHdrLen }

// Ethernet reports whether packets have an Ethernet header: those of a TAP device do.
func (q *Queue) Ethernet() bool { return q.ethernet }

// String names the queue as device[index].
func (q *Queue) String() string { return fmt.Sprintf("%s[%d]", q.device, q.index) }

// Readv reads one packet into the buffers of iov, in their order, and returns
// the bytes read. It never sleeps and is a raw system call: no scheduler hooks.
// EAGAIN says that there is none. A packet longer than the buffers is cut
// without notice (tun_put_user, IFF_NO_PI), so let them be larger than any.
//
// A single buffer goes through read(2), which does the same for less: importing
// the vector is 5 to 10 % of the CPU time of a small packet.
func (q *Queue) Readv(iov []unix.Iovec) (int, syscall.Errno) {
	if len(iov) == 1 {
		return result(unix.RawSyscall(unix.SYS_READ, uintptr(q.fd), uintptr(unsafe.Pointer(iov[0].Base)), uintptr(iov[0].Len)))
	}
	return result(unix.RawSyscall(unix.SYS_READV, uintptr(q.fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov))))
}

// Writev sends the buffers of iov as one packet and returns the bytes taken. The
// receiving network stack runs inside the call, in the caller's thread.
func (q *Queue) Writev(iov []unix.Iovec) (int, syscall.Errno) {
	if len(iov) == 1 {
		return result(unix.RawSyscall(unix.SYS_WRITE, uintptr(q.fd), uintptr(unsafe.Pointer(iov[0].Base)), uintptr(iov[0].Len)))
	}
	return result(unix.RawSyscall(unix.SYS_WRITEV, uintptr(q.fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov))))
}

// result turns what a raw system call returned into what Readv and Writev do.
func result(n, _ uintptr, errno syscall.Errno) (int, syscall.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// IsGone reports whether errno from Readv or Writev means ErrGone: a tun fd
// whose device was unregistered answers EBADFD (tun_chr_read_iter in
// drivers/net/tun.c).
func IsGone(errno syscall.Errno) bool { return errno == unix.EBADFD }

// Close closes the fd. A second call returns what the first did.
func (q *Queue) Close() error {
	q.close.Do(func() {
		if err := unix.Close(q.fd); err != nil {
			q.closeErr = fmt.Errorf("close queue %v: %w", q, os.NewSyscallError("close", err))
		}
	})
	return q.closeErr
}

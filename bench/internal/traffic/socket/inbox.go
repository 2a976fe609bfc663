package socket

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/wire"
)

// inboxLen is how many messages one recvmmsg takes at most.
const inboxLen = 64

// inbox is the memory of one recvmmsg: messages of any length.
type inbox struct {
	headers [inboxLen]mmsghdr
	iovecs  [inboxLen]unix.Iovec
	buffers [inboxLen][wire.MaxSize]byte
}

func newInbox() *inbox {
	b := new(inbox)
	for i := range b.headers {
		b.iovecs[i].Base = &b.buffers[i][0]
		b.iovecs[i].SetLen(len(b.buffers[i]))
		b.headers[i].hdr.Iov = &b.iovecs[i]
		b.headers[i].hdr.SetIovlen(1)
	}
	return b
}

// receive waits for a message on a blocking socket and takes it, with all that are
// there behind it. It returns how many.
func (b *inbox) receive(fd int) (n int, errno unix.Errno) {
	r, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&b.headers[0])), inboxLen, unix.MSG_WAITFORONE, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// message returns what message i of the last receive carries. It is valid until
// the next.
func (b *inbox) message(i int) []byte { return b.buffers[i][:b.headers[i].len] }

// Where linux/sock_diag.h keeps the drops among the words of SO_MEMINFO.
const (
	skMeminfoDrops = 8
	skMeminfoVars  = 9
)

// socketDrops returns how many messages the kernel has dropped at a socket, modulo
// 2^32. SO_RXQ_OVFL attaches the same count to messages, and so does not tell of
// what was lost behind the last.
func socketDrops(fd int) (uint32, error) {
	var info [skMeminfoVars]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("read drops of sink's socket: %w", os.NewSyscallError("getsockopt", errno))
	}
	return info[skMeminfoDrops], nil
}

package tun

import (
	"errors"

	"golang.org/x/sys/unix"
)

// TakesNowait reports whether the driver takes RWF_NOWAIT, without which io_uring hands reads and
// writes over to threads of its own, which keep no order. It is tried on an fd without a device,
// where nothing is lost. Where it cannot be tried the answer is yes: the first use will show.
func TakesNowait() bool {
	fd, err := unix.Open(clonePath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	_, err = unix.Preadv2(fd, [][]byte{make([]byte, 1)}, -1, unix.RWF_NOWAIT)
	return !errors.Is(err, unix.EOPNOTSUPP)
}

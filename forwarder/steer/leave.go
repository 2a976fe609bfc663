package steer

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Device is a device that may outlive who steers it, as one of package tun knows it.
type Device interface {
	Created() bool             // rather than attached to
	Others() (int, error)      // how many queues other programs have
	OthersCame() (bool, error) // whether they have more than when it was opened
}

// Clear takes away what a program that was killed may have left on a device, of which fd is any queue. On one that we
// created, or that cannot be steered, there is nothing, and where other programs have queues it is theirs.
func Clear(d Device, fd int) error {
	if d.Created() {
		return nil
	}
	others, err := d.Others()
	if err != nil || others > 0 {
		return err
	}
	err = Detach(fd)
	if errors.As(err, new(*UnsupportedError)) {
		return nil
	}
	return err
}

// Leave takes the program off a device, which may outlive us, before it is closed; fd is any queue of it. That of others who
// have come to the device since stays. It is no error when the device is gone, and its program with it.
func Leave(d Device, fd int) error {
	others, err := d.OthersCame()
	if err == nil && !others {
		err = Detach(fd)
	}
	if errors.Is(err, unix.EBADFD) {
		return nil
	}
	return err
}

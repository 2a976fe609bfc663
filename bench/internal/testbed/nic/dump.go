package nic

import (
	"errors"

	"github.com/vishvananda/netlink"
)

// Whole is what a dump of rtnetlink returns. One that a change of what it lists interrupted
// (netlink.ErrDumpInterrupted) is made again, a few times.
func Whole[T any](dump func() (T, error)) (whole T, err error) {
	const attempts = 5
	for range attempts {
		if whole, err = dump(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return whole, err
}

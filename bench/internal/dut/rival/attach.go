package rival

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/forwarder/tun"
)

// clonePath is where the only queue of a TUN device is opened.
const clonePath = "/dev/net/tun"

// attach opens the device at e as its only reader and returns the fd, which is
// non-blocking: Go's poller waits for it. flags are IFF_* beside that of the kind and
// IFF_NO_PI.
func attach(e forward.Endpoint, kind tun.Kind, flags uint16) (fd int, err error) {
	flags |= unix.IFF_NO_PI
	if kind == tun.TAP {
		flags |= unix.IFF_TAP
	} else {
		flags |= unix.IFF_TUN
	}
	err = tun.InNamespace(e.NetNS, func() error {
		fd, err = attachHere(e.Device, flags)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("attach to %v: %w", e, err)
	}
	return fd, nil
}

func attachHere(device string, flags uint16) (int, error) {
	ifr, err := unix.NewIfreq(device)
	if err != nil {
		return -1, fmt.Errorf("name device: %w", err)
	}
	ifr.SetUint16(flags)
	// O_NONBLOCK is harmless before TUNSETIFF; the poller would not be.
	fd, err := unix.Open(clonePath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", clonePath, err)
	}
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return -1, errors.Join(fmt.Errorf("set device (TUNSETIFF): %w", err), unix.Close(fd))
	}
	return fd, nil
}

// describe says what was attached to, for the record.
func describe(e forward.Endpoint, kind tun.Kind, vnetHdrLen int, offload tun.Offload) forward.DeviceInfo {
	return forward.DeviceInfo{
		Endpoint: e, Kind: kind.String(), Queues: 1, VnetHdrLen: vnetHdrLen, Offload: offload.String(),
	}
}

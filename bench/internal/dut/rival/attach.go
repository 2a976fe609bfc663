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

// attach opens the TUN device at e as its only reader and returns the fd, which is
// non-blocking: Go's poller waits for it. flags are IFF_* beside IFF_TUN and IFF_NO_PI.
func attach(e forward.Endpoint, flags uint16) (fd int, err error) {
	err = tun.InNamespace(e.NetNS, func() error {
		fd, err = attachHere(e.Device, flags|unix.IFF_TUN|unix.IFF_NO_PI)
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
func describe(e forward.Endpoint, vnetHdrLen int, offload tun.Offload) forward.DeviceInfo {
	return forward.DeviceInfo{
		Endpoint: e, Kind: tun.TUN.String(), Queues: 1, VnetHdrLen: vnetHdrLen, Offload: offload.String(),
	}
}

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/slackhq/nebula/overlay/tio"
	"golang.org/x/sys/unix"
)

// vnetHdrLen is the vnet header that nebula reads and writes (overlay/tio/virtio.Size).
const vnetHdrLen = 10

// openDevice opens the queues of a side's device, as nebula's newTun does.
func openDevice(side string, s settings) (tio.QueueSet, error) {
	netns, device := os.Getenv("TUNBENCH_"+side+"_NETNS"), os.Getenv("TUNBENCH_"+side+"_DEVICE")
	var fds []int
	accepted := s.offload
	err := inNamespace(netns, func() error {
		for range s.queues {
			fd, mask, err := attach(device, s.vnet, accepted)
			if err != nil {
				return err
			}
			fds, accepted = append(fds, fd), mask
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("attach to %s in %s: %w", device, netns, err)
	}
	var set tio.QueueSet
	if s.vnet {
		set, err = tio.NewOffloadQueueSet(accepted&usoOffload == usoOffload, slog.Default())
	} else {
		set, err = tio.NewPollQueueSet()
	}
	if err != nil {
		return nil, fmt.Errorf("make queue set: %w", err)
	}
	for _, fd := range fds {
		if err := set.Add(fd); err != nil {
			return nil, errors.Join(fmt.Errorf("add queue: %w", err), set.Close())
		}
	}
	return set, nil
}

// attach opens one queue and returns the offloads that the kernel accepted. What it opened and could not use goes with the process.
func attach(device string, vnet bool, mask int) (fd, accepted int, err error) {
	ifr, err := unix.NewIfreq(device)
	if err != nil {
		return -1, 0, err
	}
	flags := uint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_MULTI_QUEUE)
	if vnet {
		flags |= unix.IFF_VNET_HDR
	} else {
		mask = 0 // a superpacket makes no sense without its header
	}
	ifr.SetUint16(flags)
	if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return -1, 0, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return -1, 0, fmt.Errorf("TUNSETIFF: %w", err)
	}
	// Both belong to the device, which may have them from its last reader.
	if vnet {
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, vnetHdrLen); err != nil {
			return -1, 0, fmt.Errorf("TUNSETVNETHDRSZ: %w", err)
		}
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, mask); err != nil {
		mask &= tsoOffload // Linux before 6.2 refuses USO
		if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, mask); err != nil {
			return -1, 0, fmt.Errorf("TUNSETOFFLOAD: %w", err)
		}
	}
	return fd, mask, nil
}

// inNamespace calls f in a network namespace, on a thread that ends with it.
func inNamespace(path string, f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is no use outside
		result <- func() error {
			fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return fmt.Errorf("open namespace: %w", err)
			}
			defer unix.Close(fd)
			if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("enter namespace: %w", err)
			}
			return f()
		}()
	}()
	return <-result
}

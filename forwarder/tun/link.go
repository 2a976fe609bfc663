package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// configureLink sets what Config asks of the network device itself.
func configureLink(name string, cfg Config) error {
	return withControlSocket(func(s int) error {
		if cfg.MTU != 0 {
			if err := setLinkInt(s, name, unix.SIOCSIFMTU, cfg.MTU); err != nil {
				return fmt.Errorf("set mtu %d: %w", cfg.MTU, err)
			}
		}
		if cfg.TxQueueLen != 0 {
			if err := setLinkInt(s, name, unix.SIOCSIFTXQLEN, cfg.TxQueueLen); err != nil {
				return fmt.Errorf("set transmit queue length %d: %w", cfg.TxQueueLen, err)
			}
		}
		return nil
	})
}

// setUp sets the device administratively up, keeping its other flags.
func setUp(name string) error {
	return withControlSocket(func(s int) error {
		ifr, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, ifr); err != nil {
			return fmt.Errorf("get device flags: %w", err)
		}
		ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
		if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, ifr); err != nil {
			return fmt.Errorf("set device up: %w", err)
		}
		return nil
	})
}

// linkExists reports whether the current namespace has a device of that name.
func linkExists(name string) bool {
	if name == "" {
		return false
	}
	return withControlSocket(func(s int) error {
		ifr, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		return unix.IoctlIfreq(s, unix.SIOCGIFINDEX, ifr)
	}) == nil
}

func setLinkInt(s int, name string, request uint, value int) error {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	ifr.SetUint32(uint32(value))
	return unix.IoctlIfreq(s, request, ifr)
}

// withControlSocket lends f a socket of the current namespace for SIOC* calls.
func withControlSocket(f func(s int) error) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open control socket: %w", err)
	}
	return errors.Join(f(s), unix.Close(s))
}

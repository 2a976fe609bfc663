package tun

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// configureLink sets what Config asks of the network device itself.
func (c *control) configureLink(index int, cfg Config) error {
	if cfg.MTU != 0 {
		if err := c.change(index, 0, 0, uint32Attr(unix.IFLA_MTU, uint32(cfg.MTU))); err != nil {
			return fmt.Errorf("set mtu %d: %w", cfg.MTU, forbidden(err, needsAdmin, "run as root, or leave the MTU as it is"))
		}
	}
	if cfg.TxQueueLen != 0 {
		if err := c.change(index, 0, 0, uint32Attr(unix.IFLA_TXQLEN, uint32(cfg.TxQueueLen))); err != nil {
			return fmt.Errorf("set transmit queue length %d: %w", cfg.TxQueueLen, forbidden(err, needsAdmin, "run as root, or leave it as it is"))
		}
	}
	return nil
}

const needsAdmin = "CAP_NET_ADMIN in the network namespace of the device"

// setUp sets the device administratively up, if it is not.
func (c *control) setUp(index int) error {
	info, err := c.link(index)
	if err != nil {
		return err
	}
	if info.up {
		return nil // its owner may lack what it takes to do it again
	}
	if err := c.change(index, unix.IFF_UP, unix.IFF_UP, nil); err != nil {
		return fmt.Errorf("set device up: %w", forbidden(err, needsAdmin, "run as root, or have root do it (ip link set … up)"))
	}
	return nil
}

// checkLink finds what keeps a device that exists from being opened with several queues.
func (c *control) checkLink(index int, cfg Config) error {
	info, err := c.link(index)
	switch {
	case err != nil:
		return err
	case info.kind != "tun":
		return fmt.Errorf("%w: it is %s, not a %v device", ErrMismatch, kindName(info.kind), cfg.Kind)
	case !info.known:
		return nil
	case info.tap != (cfg.Kind == TAP):
		return fmt.Errorf("%w: it is of the other kind, not a %v device", ErrMismatch, cfg.Kind)
	case !info.multiQueue:
		return fmt.Errorf("%w: it is made for a single queue: delete it and make it again (ip tuntap add %s mode %v multi_queue)", ErrMismatch, printable(cfg.Name), cfg.Kind)
	}
	return nil
}

func kindName(kind string) string {
	if kind == "" {
		return "another device"
	}
	return "a " + printable(kind) + " device"
}

// checkFlags finds flags that hold for the device, because queues of another program were
// there before ours, and are not those of Config.
func checkFlags(info linkInfo, cfg Config) error {
	const remedy = "end the program that has its queues, "
	switch {
	case !info.known:
		return nil
	case info.packetInfo:
		return fmt.Errorf("%w: queues of it are open with packet information (no IFF_NO_PI): %sor have it open them with IFF_NO_PI", ErrMismatch, remedy)
	case info.vnetHdr && !cfg.VnetHdr:
		return fmt.Errorf("%w: queues of it are open with a vnet header (IFF_VNET_HDR): %sor ask for a vnet header too", ErrMismatch, remedy)
	case !info.vnetHdr && cfg.VnetHdr:
		return fmt.Errorf("%w: queues of it are open without a vnet header (no IFF_VNET_HDR): %sor ask for none too", ErrMismatch, remedy)
	}
	return nil
}

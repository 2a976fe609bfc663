package tun

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// MaxQueues is how many queues one device can have (MAX_TAP_QUEUES in
// drivers/net/tun.c).
const MaxQueues = 256

// maxPacketLen is the longest IP packet, and so the largest MTU of a TUN device.
const maxPacketLen = 65535

// minMTU is the smallest MTU of a device (ETH_MIN_MTU).
const minMTU = 68

// Config says which device to open and how. The zero value of a field leaves
// the kernel's default, except for Kind and Queues, which are required.
type Config struct {
	NetNS      string  // path of a network namespace; empty: the caller's
	Name       string  // at most 15 bytes; empty or with %d: the kernel numbers it
	Kind       Kind    // TUN or TAP
	Queues     int     // 1 to MaxQueues
	VnetHdr    bool    // a virtio_net_hdr before every packet
	Offload    Offload // wanted; needs VnetHdr unless none
	MTU        int     // bytes of IP packet
	TxQueueLen int     // packets each queue can hold before the device drops
	Up         bool    // set the device up
	MustExist  bool    // attach to a persistent device, never create one
}

// Device is an open TUN or TAP device: all queues, configured alike. Its methods
// are safe for concurrent use; the queues are not, see Queue.
type Device struct {
	name       string
	label      string // the name with its namespace
	kind       Kind
	created    bool
	offload    Offload
	vnetHdrLen int
	queues     []*Queue

	id      ID
	control *control

	patience time.Duration // see lingers
	others   int           // queues of other programs that were there before ours
	found    *found        // to be restored; nil: nothing
}

// Open creates the device, or attaches to a multi-queue one of that name, and
// opens its queues: multi-queue, without packet information, non-blocking.
// It returns a *ConfigError, ErrNotExist, ErrMismatch, ErrName, ErrNotNamespace,
// ErrUnsteady, an *UnsupportedError where this host or user cannot, or the failed step's
// error. Nothing stays open when it fails, and all queues are of one device.
//
// Attaching to a device that another program has queues of is possible where its flags
// are ours: the kernel then spreads packets over the queues of both, see Others, and the
// offloads and the length of the vnet header chosen last hold for both.
func Open(cfg Config) (*Device, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	var dev *Device
	err := InNamespace(cfg.NetNS, func() (err error) {
		dev, err = open(cfg, lingers)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open %v device %s: %w", cfg.Kind, cfg.label(cfg.Name), err)
	}
	return dev, nil
}

// label names a device as people do who work with several namespaces.
func (c *Config) label(name string) string {
	if c.NetNS == "" {
		return printable(name)
	}
	return printable(strings.TrimPrefix(c.NetNS, netnsDir)) + ":" + printable(name)
}

// netnsDir is where named network namespaces are bound (ip-netns(8)).
const netnsDir = "/run/netns/"

// ConfigError names the field of a Config that cannot be used as it is.
type ConfigError struct {
	Field string // in words
	Value string
	Want  string // what is allowed
}

func (e *ConfigError) Error() string { return fmt.Sprintf("%s %s: want %s", e.Field, e.Value, e.Want) }

// Check finds values that are not allowed, without a look at the host. The error is a *ConfigError.
func (c *Config) Check() error {
	maxMTU := maxPacketLen
	if c.Kind == TAP {
		maxMTU -= ethernetHdrLen
	}
	switch {
	case c.Kind != TUN && c.Kind != TAP:
		return &ConfigError{"device kind", c.Kind.String(), "tun or tap"}
	case c.Queues < 1 || c.Queues > MaxQueues:
		return &ConfigError{"queues", strconv.Itoa(c.Queues), fmt.Sprintf("1 to %d", MaxQueues)}
	case len(c.Name) >= unix.IFNAMSIZ:
		return &ConfigError{"device name", c.Name, fmt.Sprintf("at most %d bytes", unix.IFNAMSIZ-1)}
	case strings.ContainsAny(c.Name, "/: \t\n\v\f\r") || c.Name == "." || c.Name == "..":
		return &ConfigError{"device name", strconv.Quote(c.Name), "no slash, colon or white space"} // dev_valid_name
	case c.Offload != OffloadNone && !c.VnetHdr:
		return &ConfigError{"offload", c.Offload.String(), "none, or the vnet header with it"}
	case c.Kind == TUN && c.Offload&^OffloadAll&OffloadTunnel != 0:
		return &ConfigError{"offload", c.Offload.String(), "all or less, or a TAP device: see OffloadTunnel"}
	case c.Offload&^OffloadTunnel != 0:
		return &ConfigError{"offload", c.Offload.String(), fmt.Sprintf("bits of %#x only", uint(OffloadTunnel))}
	case c.MTU != 0 && (c.MTU < minMTU || c.MTU > maxMTU):
		return &ConfigError{"mtu", strconv.Itoa(c.MTU), fmt.Sprintf("%d to %d bytes", minMTU, maxMTU)}
	case c.TxQueueLen < 0:
		return &ConfigError{"transmit queue length", strconv.Itoa(c.TxQueueLen), "0 or more packets"}
	case c.MustExist && c.Name == "":
		return &ConfigError{"device name", "missing", "one, since the device must exist"}
	}
	return nil
}

// Name returns the device's name, as the kernel completed it.
func (d *Device) Name() string { return d.name }

// Kind returns whether the device carries packets or frames.
func (d *Device) Kind() Kind { return d.kind }

// Created reports whether Open made the device, rather than attach to it.
func (d *Device) Created() bool { return d.created }

// Offload returns the mask that the kernel accepted, at most what was wanted.
func (d *Device) Offload() Offload { return d.offload }

// VnetHdrLen returns the bytes of virtio_net_hdr before every packet, or 0.
func (d *Device) VnetHdrLen() int { return d.vnetHdrLen }

// Queues returns the queues in the order of their indices. They stay owned by
// the Device.
func (d *Device) Queues() []*Queue { return slices.Clone(d.queues) }

// ID tells the device from every other one.
func (d *Device) ID() ID { return d.id }

// IfIndex returns the interface index of the device in its namespace.
func (d *Device) IfIndex() int { return d.id.index }

// String names the device with its namespace.
func (d *Device) String() string { return d.label }

// Close restores what Open found on a device that it did not create, closes all queues,
// and so removes a device that is not persistent. It may be called again.
func (d *Device) Close() error {
	errs := []error{d.restore()}
	for _, q := range d.queues {
		errs = append(errs, q.Close())
	}
	if d.control != nil {
		errs = append(errs, d.control.close())
	}
	return errors.Join(errs...)
}

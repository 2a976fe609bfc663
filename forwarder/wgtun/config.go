package wgtun

import (
	"cmp"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// DefaultMTU is what WireGuard devices have: an Ethernet frame of 1500 bytes holds such a packet
// in its encapsulation, over IPv6 too.
const DefaultMTU = 1420

// BatchSize is how many packets one Read gives and one Write usually has, at most. It is what
// both packages' sockets take in one call (conn.IdealBatchSize); their senders cannot take more.
const BatchSize = 128

// Config says which device to open and how. Every zero value is a default.
type Config struct {
	NetNS string // path of a network namespace; empty: the caller's
	Name  string // at most 15 bytes; empty or with %d: the kernel numbers it
	MTU   int    // bytes of IP packet; 0: DefaultMTU

	// Queues is how many queues the device has: 1 to tun.MaxQueues, 0 for 1.
	Queues int

	// Steer says which of several queues a packet is given. "" is steer.PolicyHash, or the kernel's
	// choice where this host or user cannot load the program; a policy that is named is an error
	// there.
	Steer steer.Policy

	// Offload says which kinds of superpackets are read and written. 0 is tun.OffloadAll; where
	// the kernel has less, less is used.
	Offload tun.Offload

	TxQueueLen int  // packets that each queue holds before the device drops; 0: the kernel's default
	Up         bool // set the device up
	MustExist  bool // attach to a persistent device, never create one
}

// withDefaults fills in what was left open.
func (c Config) withDefaults() Config {
	c.MTU = cmp.Or(c.MTU, DefaultMTU)
	c.Queues = cmp.Or(c.Queues, 1)
	c.Offload = cmp.Or(c.Offload, tun.OffloadAll)
	return c
}

// device is what is asked of package tun.
func (c *Config) device() tun.Config {
	return tun.Config{
		NetNS: c.NetNS, Name: c.Name, Kind: tun.TUN, Queues: c.Queues, VnetHdr: true, Offload: c.Offload,
		MTU: c.MTU, TxQueueLen: c.TxQueueLen, Up: c.Up, MustExist: c.MustExist,
	}
}

package nic

import (
	"bytes"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func isUp(l *netlink.LinkAttrs) bool { return l.Flags&net.FlagUp != 0 }

// isPromiscuous tells what was asked for by people; what bridges and captures need is counted elsewhere (dev_get_flags, net/core/dev.c).
func isPromiscuous(l *netlink.LinkAttrs) bool { return l.RawFlags&unix.IFF_PROMISC != 0 }

// change makes a change to the link and remembers how to take it back: only while the link is still as it was set.
func (s *Setting) change(what string, set, unset func() error, still func(*netlink.LinkAttrs) bool) error {
	if err := set(); err != nil {
		return failed("set "+what, err)
	}
	s.did(what, func() error {
		now, err := s.link()
		if err != nil || !still(now) {
			return err
		}
		return unset()
	})
	return nil
}

func (s *Setting) up() error   { return s.handle.LinkSetUp(s.device()) }
func (s *Setting) down() error { return s.handle.LinkSetDown(s.device()) }

func (s *Setting) setDown(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.Up == nil || *cfg.Up || !isUp(before) {
		return nil
	}
	return s.change("device down", s.down, s.up, func(now *netlink.LinkAttrs) bool { return !isUp(now) })
}

func (s *Setting) setUp(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.Up == nil || !*cfg.Up || isUp(before) {
		return nil
	}
	return s.change("device up", s.up, s.down, isUp)
}

func (s *Setting) setMAC(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.MAC == nil || bytes.Equal(cfg.MAC, before.HardwareAddr) {
		return nil
	}
	set := func(mac net.HardwareAddr) func() error {
		return func() error { return s.handle.LinkSetHardwareAddr(s.device(), mac) }
	}
	return s.change("mac "+cfg.MAC.String(), set(cfg.MAC), set(before.HardwareAddr),
		func(now *netlink.LinkAttrs) bool { return bytes.Equal(now.HardwareAddr, cfg.MAC) })
}

func (s *Setting) setMTU(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.MTU == 0 || cfg.MTU == before.MTU {
		return nil
	}
	set := func(mtu int) func() error { return func() error { return s.handle.LinkSetMTU(s.device(), mtu) } }
	return s.change(fmt.Sprintf("mtu %d", cfg.MTU), set(cfg.MTU), set(before.MTU), func(now *netlink.LinkAttrs) bool { return now.MTU == cfg.MTU })
}

func (s *Setting) setTxQueueLen(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.TxQueueLen == 0 || cfg.TxQueueLen == before.TxQLen {
		return nil
	}
	set := func(length int) func() error {
		return func() error { return s.handle.LinkSetTxQLen(s.device(), length) }
	}
	return s.change(fmt.Sprintf("transmit queue length %d", cfg.TxQueueLen), set(cfg.TxQueueLen), set(before.TxQLen),
		func(now *netlink.LinkAttrs) bool { return now.TxQLen == cfg.TxQueueLen })
}

func (s *Setting) setPromiscuous(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.Promiscuous == nil || *cfg.Promiscuous == isPromiscuous(before) {
		return nil
	}
	on := func() error { return s.handle.SetPromiscOn(s.device()) }
	off := func() error { return s.handle.SetPromiscOff(s.device()) }
	if *cfg.Promiscuous {
		return s.change("promiscuous", on, off, isPromiscuous)
	}
	return s.change("promiscuous off", off, on, func(now *netlink.LinkAttrs) bool { return !isPromiscuous(now) })
}

package testbed

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Shaper is a root qdisc with a rate that the kernel enforces.
//
// It counts bytes of qdisc_pkt_len: whole frames with TAP and veth, Ethernet header
// included, IP packets with TUN; no preamble, no checksum. A superpacket counts as
// the segments it stands for, each with its headers; tbf cuts it up if it is longer
// than BurstBytes. What is over the limit is dropped and stands in QdiscDrops.
type Shaper struct {
	Kind          ShaperKind
	BitsPerSecond uint64
	BurstBytes    uint32 // that may leave at once after a pause: one packet or more, at most what passes in 1 s

	// How much waits before packets are dropped. A tbf wants LimitBytes, an htb, whose
	// queue is a pfifo, LimitPackets; the other is 0.
	LimitBytes, LimitPackets uint32
}

// ShaperKind is the qdisc that does the work.
type ShaperKind string

// The kinds: the token bucket filter, and the hierarchical one with a single class.
const (
	TBF ShaperKind = "tbf"
	HTB ShaperKind = "htb"
)

// checkShaper returns a *ConfigError for the first field that cannot be used.
func (c *Config) checkShaper() error {
	s := c.Shaper
	if s == nil {
		return nil
	}
	const ethernetHeaderLen, defaultMTU = 14, 1500
	packet := uint64(cmp.Or(c.MTU, defaultMTU) + ethernetHeaderLen)
	limits := map[ShaperKind]bool{
		TBF: uint64(s.LimitBytes) >= packet && s.LimitPackets == 0,
		HTB: s.LimitPackets >= 1 && s.LimitPackets <= maxTxQueueLen && s.LimitBytes == 0,
	}
	limited, known := limits[s.Kind]
	switch {
	case c.Qdisc != "":
		return &ConfigError{"Qdisc", c.Qdisc, "nothing, where there is a Shaper"}
	case !known:
		return &ConfigError{"Shaper.Kind", string(s.Kind), "tbf or htb"}
	case s.BitsPerSecond/8 < packet:
		return &ConfigError{"Shaper.BitsPerSecond", fmt.Sprint(s.BitsPerSecond), fmt.Sprintf("%d or more", 8*packet)}
	case uint64(s.BurstBytes) < packet || uint64(s.BurstBytes) > s.BitsPerSecond/8:
		return &ConfigError{"Shaper.BurstBytes", fmt.Sprint(s.BurstBytes), fmt.Sprintf("%d to %d", packet, s.BitsPerSecond/8)}
	case !limited:
		return &ConfigError{
			"Shaper limit", fmt.Sprintf("%d bytes, %d packets", s.LimitBytes, s.LimitPackets),
			fmt.Sprintf("bytes of a tbf, %d or more, or packets of an htb, 1 to %d", packet, maxTxQueueLen),
		}
	}
	return nil
}

// setShaper replaces the device's root qdisc.
func (ns *Namespace) setShaper(index int, s Shaper) error {
	root := func(index int, s Shaper) error { return ns.setTBF(index, netlink.HANDLE_ROOT, s) }
	set := map[ShaperKind]func(int, Shaper) error{TBF: root, HTB: ns.setHTB}
	err := set[s.Kind](index, s)
	if errors.Is(err, unix.ENOENT) {
		return &UnsupportedError{"qdisc " + string(s.Kind), err}
	}
	if err != nil {
		return fmt.Errorf("set root qdisc %s: %w", s.Kind, err)
	}
	return nil
}

func (ns *Namespace) setTBF(index int, parent uint32, s Shaper) error {
	return ns.netlink.QdiscReplace(&netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: index, Parent: parent},
		Rate:       s.BitsPerSecond / 8,
		Buffer:     s.burstTicks(),
		Limit:      s.LimitBytes,
	})
}

// setHTB makes an htb whose only class takes every packet.
func (ns *Namespace) setHTB(index int, s Shaper) error {
	const minor = 1
	attrs := netlink.QdiscAttrs{LinkIndex: index, Parent: netlink.HANDLE_ROOT, Handle: netlink.MakeHandle(1, 0)}
	htb := netlink.NewHtb(attrs)
	htb.Defcls = minor
	if err := ns.netlink.QdiscReplace(htb); err != nil {
		return err
	}
	return ns.withTxQueueLen(index, int(s.LimitPackets), func() error {
		return ns.netlink.ClassAdd(&netlink.HtbClass{
			ClassAttrs: netlink.ClassAttrs{LinkIndex: index, Parent: attrs.Handle, Handle: netlink.MakeHandle(1, minor)},
			Rate:       s.BitsPerSecond / 8,
			Ceil:       s.BitsPerSecond / 8,
			Buffer:     s.burstTicks(),
			Cbuffer:    s.burstTicks(),
			Quantum:    htbQuantum,
		})
	})
}

// htbQuantum is only for turns between classes, of which there are none; left out,
// the kernel derives one from the rate and warns that it is large.
const htbQuantum = 1514

// withTxQueueLen gives the device another transmit queue length while f runs: a pfifo
// takes it as its limit when it is made, and keeps that (fifo_init in
// net/sched/sch_fifo.c).
func (ns *Namespace) withTxQueueLen(index, length int, f func() error) error {
	link, err := ns.netlink.LinkByIndex(index)
	if err != nil {
		return fmt.Errorf("read transmit queue length: %w", err)
	}
	if err := ns.netlink.LinkSetTxQLen(link, length); err != nil {
		return fmt.Errorf("set transmit queue length %d: %w", length, err)
	}
	return errors.Join(f(), ns.netlink.LinkSetTxQLen(link, link.Attrs().TxQLen))
}

// burstTicks is the time that BurstBytes take at the rate, rounded up, in the unit
// of 64 ns that qdiscs are told times in (PSCHED_SHIFT in include/net/pkt_sched.h).
func (s *Shaper) burstTicks() uint32 {
	const tick = 64
	ns := float64(s.BurstBytes) * 8 * float64(time.Second) / float64(s.BitsPerSecond)
	return uint32(ns/tick) + 1
}

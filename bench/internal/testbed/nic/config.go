package nic

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"

	"tunbench/forwarder/tun"
)

// Config says what a network device is to be set to. The zero value of a field leaves things as they are.
type Config struct {
	Up          *bool            `json:"up,omitempty"`
	MTU         int              `json:"mtu,omitempty"`          // bytes of IP packet
	TxQueueLen  int              `json:"tx_queue_len,omitempty"` // packets each queue can hold before the device drops
	MAC         net.HardwareAddr `json:"mac,omitempty"`          // 6 bytes, of one station
	Promiscuous *bool            `json:"promiscuous,omitempty"`
	Bridge      string           `json:"bridge,omitempty"` // the bridge that the device is a member of, in the same namespace
	Addresses   []netip.Prefix   `json:"addresses,omitempty"`
	Routes      []Route          `json:"routes,omitempty"`
}

// Route leads packets for a network to the device.
type Route struct {
	To     netip.Prefix `json:"to"`
	Via    netip.Addr   `json:"via,omitzero"`     // a router that the device reaches; none: who is in To is reached at once
	Metric int          `json:"metric,omitempty"` // of two routes to the same network the lower one is taken; 0: the kernel's default
}

// metricIPv6 is the metric of IPv6 routes that are given none (IP6_RT_PRIO_USER, net/ipv6_route.h).
const metricIPv6 = 1024

// metric is what the kernel shows as the route's metric.
func (r Route) metric() int {
	if r.To.Addr().Is6() {
		return cmp.Or(r.Metric, metricIPv6)
	}
	return r.Metric
}

func (r Route) String() string {
	text := r.To.String()
	if r.Via.IsValid() {
		text += " via " + r.Via.String()
	}
	if r.Metric != 0 {
		text += fmt.Sprint(" metric ", r.Metric)
	}
	return text
}

// Limits of numbers in a Config.
const (
	MinMTU     = 68   // ETH_MIN_MTU
	MinMTUIPv6 = 1280 // RFC 8200, section 5

	MaxTxQueueLen = 1_000_000
	MaxMetric     = 1<<32 - 1

	maxMTUTUN = 65535
	maxMTUTAP = maxMTUTUN - 14 // an Ethernet header comes with it
)

// MaxMTU is the largest MTU of a device of that kind.
func MaxMTU(kind tun.Kind) int {
	if kind == tun.TAP {
		return maxMTUTAP
	}
	return maxMTUTUN
}

package dut

import (
	"fmt"
	"net"
	"net/netip"

	"tunbench/bench/internal/testbed"
)

// probes are packets that are sent through a tunnel to find out whether it works.
type probes struct {
	before *testbed.Counters // the first of them
	takers []*net.UDPConn    // at both ends
}

// probePort is the one of the discard service (RFC 863).
const probePort = 9

// missing says which way no packet has come through yet, and sends one; "" if some have come through each way.
func (p *probes) missing(scene *testbed.Testbed) (string, error) {
	c, err := scene.Counters()
	if err != nil {
		return "", err
	}
	if p.before == nil {
		p.before = &c
		for _, end := range []*testbed.End{scene.A(), scene.B()} {
			if err := p.take(end); err != nil {
				return "", err
			}
		}
	}
	switch {
	case c.B.RxPackets == p.before.B.RxPackets:
		return "no packet has come through from a to b", sendProbe(scene.A(), scene.B())
	case c.A.RxPackets == p.before.A.RxPackets:
		return "no packet has come through from b to a", sendProbe(scene.B(), scene.A())
	}
	return "", nil
}

// take opens the service at an end, so that no answer says that there is none.
func (p *probes) take(end *testbed.End) error {
	return end.Namespace.Do(func() error {
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(end.Addr, probePort)))
		if err != nil {
			return fmt.Errorf("take packets that come through the tunnel: %w", err)
		}
		p.takers = append(p.takers, conn)
		return nil
	})
}

// close ends the service at both ends.
func (p *probes) close() {
	for _, conn := range p.takers {
		_ = conn.Close()
	}
}

// sendProbe sends an empty UDP packet to the other end. That nobody takes it is no error.
func sendProbe(from, to *testbed.End) error {
	return from.Namespace.Do(func() error {
		conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.Addr, probePort)))
		if err != nil {
			return fmt.Errorf("send a packet through the tunnel: %w", err)
		}
		_, _ = conn.Write(nil)
		return conn.Close()
	})
}

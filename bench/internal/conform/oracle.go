package conform

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// Oracle has the kernel forward the packets of cases: its router, where the program is between TUN devices, or its
// bridge, where it is between TAP devices; with topo=vxlan both hosts have VXLAN, and a bridge is between them. It splits superpackets and completes checksums before the last link. It
// remembers what it was told, so suites that share one ask the kernel once. The zero value is ready; it is for one
// goroutine.
type Oracle struct {
	answers map[question]map[string][][]byte // by the case's name
}

// question is all that the kernel's answer depends on, beside the case.
type question struct {
	ethernet bool // frames, not IP packets
	vxlan    bool
	mtu      int // of what the hosts send
}

// ask returns what the kernel delivers for the packets of each case, in order. No other scene
// may be up meanwhile.
func (o *Oracle) ask(ctx context.Context, s scenario.Scenario, cases []Case) (map[string][][]byte, error) {
	q := question{s.CarriesEthernet(), s.Topo == scenario.VXLAN, s.InnerMTU()}
	var asked []Case
	for _, c := range cases {
		if _, known := o.answers[q][c.Name]; !known && c.packets != nil && c.refuses(s) == "" {
			asked = append(asked, c)
		}
	}
	if len(asked) == 0 {
		return o.answers[q], nil
	}
	answers, err := q.answer(ctx, asked)
	if err != nil {
		return nil, fmt.Errorf("ask the kernel's own forwarding: %w", err)
	}
	if o.answers == nil {
		o.answers = map[question]map[string][][]byte{}
	}
	if o.answers[q] == nil {
		o.answers[q] = map[string][][]byte{}
	}
	maps.Copy(o.answers[q], answers)
	return o.answers[q], nil
}

func (q question) answer(ctx context.Context, cases []Case) (answers map[string][][]byte, err error) {
	cfg := testbed.Config{Topology: testbed.Route, MTU: q.mtu, IPv6: true, Split: true, Beyond: []netip.Prefix{
		netip.MustParsePrefix("198.19.0.0/16"), netip.MustParsePrefix("2001:2:0:200::/56"),
	}}
	if q.ethernet {
		cfg.Topology, cfg.Beyond = testbed.Bridge, nil
	}
	if q.vxlan {
		cfg.VXLAN, cfg.MTU = true, q.mtu+testbed.VXLANOverhead
	}
	scene, err := testbed.Up(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scene.Down()) }()
	sockets, err := openSockets(scene)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sockets.close()) }()
	answers = map[string][][]byte{}
	for _, c := range cases {
		if answers[c.Name], err = q.deliver(ctx, scene, sockets, c); err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
	}
	return answers, nil
}

// deliver sends the packets of one case and returns what arrives.
func (q question) deliver(ctx context.Context, scene *testbed.Testbed, sockets sockets, c Case) (delivered [][]byte, err error) {
	m := newMaker(c.Name, q.ethernet, q.mtu)
	c.packets(m)
	take := func() error {
		frame, ok, err := sockets[1].Receive()
		for ; ok && err == nil; frame, ok, err = sockets[1].Receive() {
			packets, err := offloadtest.WirePackets(frame, true)
			if err != nil {
				return err
			}
			for _, p := range packets {
				if !q.ethernet {
					p = unrouted(p)
				}
				delivered = append(delivered, p)
			}
		}
		return err
	}
	for i, f := range m.frames {
		bytes := f.bytes
		if !q.ethernet {
			bytes = routed(bytes, scene.A())
		}
		if err := sendOf(f)(sockets[0], bytes); err != nil && !(f.lies && offloadtest.Refused(err)) {
			return nil, fmt.Errorf("send % x: %w", bytes[:min(len(bytes), 80)], err)
		}
		if i%oracleBatch == oracleBatch-1 {
			if err := pause(ctx); err != nil {
				return nil, err
			}
			if err := take(); err != nil {
				return nil, err
			}
		}
	}
	if err := scene.Settle(ctx); err != nil {
		return nil, err
	}
	return delivered, take()
}

// oracleBatch superpackets are fewer than the kernel's backlog holds.
const oracleBatch = 200

// pause lets the kernel work off its backlog, if that is behind.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Millisecond):
		return nil
	}
}

// routed puts an Ethernet header, to the router, before the packet of a frame.
func routed(frame []byte, from *testbed.End) []byte {
	packet := frame[offload.VnetHdrLen:]
	etherType := uint16(unix.ETH_P_IP)
	if len(packet) > 0 && packet[0]>>4 == 6 {
		etherType = unix.ETH_P_IPV6
	}
	header := binary.BigEndian.AppendUint16(slices.Concat(from.NextHop, from.HardwareAddr), etherType)
	out := slices.Concat(frame[:offload.VnetHdrLen], header, packet)
	var hdr offload.VnetHdr
	_ = hdr.Decode(frame) // frames have one
	if hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 {
		hdr.CsumStart += offloadtest.EthernetLen
	}
	if hdr.HdrLen > 0 {
		hdr.HdrLen += offloadtest.EthernetLen
	}
	_ = hdr.Encode(out)
	return out
}

// unrouted undoes what a router must do to a packet: the Ethernet header is its own, and it
// counted the hops.
func unrouted(packet []byte) []byte {
	ip := slices.Clone(packet[min(offloadtest.EthernetLen, len(packet)):])
	h, ok := offloadtest.Parse(ip, false)
	switch {
	case !ok:
	case h.Version == 4:
		ip[8]++
		offloadtest.SetIPv4Checksum(ip)
	default:
		ip[7]++
	}
	return ip
}

package faults

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
	"tunbench/offload/offloadtest"
)

const (
	vxlanPort = 4789 // RFC 7348, section 5
	innerPort = 9000
	inners    = 4 // packets in one superpacket
)

// VXLAN writes one UDP superpacket, as UDP GRO makes of packets of a flow, into a TUN device of a scene with a VXLAN device, and
// looks whether every packet within comes out of that. It takes a tenth of a second. Kernels from 6.2 to 6.8.4 take the
// superpacket for one packet and lose the others.
func VXLAN(ctx context.Context) error {
	bed, err := testbed.Up(ctx, testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, MultiQueue: true})
	if err != nil {
		return err
	}
	err = overVXLAN(bed)
	return errors.Join(err, bed.Down())
}

func overVXLAN(bed *testbed.Testbed) (err error) {
	from, to, err := bed.AddVXLAN()
	if err != nil {
		return err
	}
	end := bed.B()
	device, err := tun.Open(tun.Config{
		NetNS: end.Namespace.Path(), Name: end.Device, Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, MustExist: true,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	if !device.Offload().Has(tun.OffloadUSO) {
		return errNoUSO
	}
	var receiver *net.UDPConn
	var mac net.HardwareAddr
	err = end.Namespace.Do(func() (err error) {
		if mac, err = hardwareAddr(to); err != nil {
			return err
		}
		receiver, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, innerPort)))
		return err
	})
	if err != nil {
		return err
	}
	defer receiver.Close()
	payloads, frame := vxlanSuperpacket(bed.A().Addr, end.Addr, from, to, mac)
	if _, err := unix.Write(device.Queues()[0].FD(), frame); err != nil {
		return fault("the kernel refuses a UDP superpacket of VXLAN: %v", err)
	}
	return receive(receiver, payloads)
}

// hardwareAddr is that of the device with an address, in the current namespace.
func hardwareAddr(of netip.Addr) (net.HardwareAddr, error) {
	devices, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		addrs, err := d.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == of {
				return d.HardwareAddr, nil
			}
		}
	}
	return nil, fmt.Errorf("find the device of %s: %w", of, os.ErrNotExist)
}

// vxlanSuperpacket is a superpacket of the outer flow, whose every segment has a datagram of the inner one.
func vxlanSuperpacket(outerFrom, outerTo, innerFrom, innerTo netip.Addr, mac net.HardwareAddr) (payloads [][]byte, frame []byte) {
	random := rand.New(rand.NewPCG(1, 2))
	outer := offloadtest.NewFlow(offloadtest.Spec{Version: 4, Protocol: unix.IPPROTO_UDP}, random)
	inner := offloadtest.NewFlow(offloadtest.Spec{Version: 4, Protocol: unix.IPPROTO_UDP, Number: 1}, random)
	header := []byte{0x08, 0, 0, 0, 0, 0, 1, 0}                                              // RFC 7348, section 5: flag I, identifier 1
	header = slices.Concat(header, mac, net.HardwareAddr{2, 0, 0, 0, 0, 9}, []byte{0x08, 0}) // EtherType of IPv4
	var packets [][]byte
	size := 0
	for range inners {
		payload := inner.Payload(500)
		payloads = append(payloads, payload)
		datagram := addressed(inner.Next(payload, 0), innerFrom, innerTo, innerPort)
		whole := slices.Concat(header, datagram)
		size = len(whole)
		packets = append(packets, addressed(outer.Next(whole, 0), outerFrom, outerTo, vxlanPort))
	}
	return payloads, outer.Superpacket(packets, size)
}

// addressed gives a datagram of IPv4 other addresses and another port to go to.
func addressed(packet []byte, from, to netip.Addr, port uint16) []byte {
	const l4 = 20 // the flow's IPv4 header has no options
	copy(packet[12:], from.AsSlice())
	copy(packet[16:], to.AsSlice())
	binary.BigEndian.PutUint16(packet[l4+2:], port)
	offloadtest.SetIPv4Checksum(packet)
	offloadtest.SetL4Checksum(packet, 0, l4, unix.IPPROTO_UDP)
	return packet
}

// receive compares what comes with what was sent.
func receive(receiver *net.UDPConn, want [][]byte) error {
	buf := make([]byte, 1<<16)
	for i, payload := range want {
		if err := receiver.SetReadDeadline(time.Now().Add(waitMs * time.Millisecond)); err != nil {
			return err
		}
		n, err := receiver.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fault("%d of %d packets came out of VXLAN", i, len(want))
		case err != nil:
			return err
		case !bytes.Equal(buf[:n], payload):
			return fault("packet %d of %d came out of VXLAN spoiled", i+1, len(want))
		}
	}
	return nil
}

package conform

import (
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

// comparison is a case that compares packets with the kernel's own forwarding.
func comparison(group Group, name, doc string, packets func(*maker)) Case {
	finds := []offloadtest.Kind{offloadtest.Lost, offloadtest.Changed, offloadtest.Twice, offloadtest.Reordered}
	return Case{Group: group, Name: name, Doc: doc, Finds: finds, packets: packets}
}

// onTAP is a comparison of frames that only TAP devices carry.
func onTAP(name, doc string, packets func(*maker)) Case {
	c := comparison(Legal, name, doc, packets)
	c.needs = needsTAP
	return c
}

// The transports, by the words of case names.
var transports = []struct {
	name     string
	version  int
	protocol uint8
}{
	{"udp4", 4, unix.IPPROTO_UDP}, {"tcp4", 4, unix.IPPROTO_TCP}, {"udp6", 6, unix.IPPROTO_UDP}, {"tcp6", 6, unix.IPPROTO_TCP},
}

// forEach sends from a flow of each transport.
func forEach(m *maker, send func(offloadtest.Spec)) {
	for _, t := range transports {
		send(offloadtest.Spec{Version: t.version, Protocol: t.protocol})
	}
}

func legalCases() []Case {
	var cases []Case
	for _, t := range transports {
		spec := offloadtest.Spec{Version: t.version, Protocol: t.protocol}
		cases = append(cases, comparison(Legal, "sizes-"+t.name, "payloads of every size from none to the MTU", func(m *maker) {
			allSizes(m, spec)
		}))
	}
	cases = append(cases,
		comparison(Legal, "ip4-options", "IPv4 options that a router leaves alone", ip4Options),
		comparison(Legal, "ip6-extensions", "IPv6 extension headers, superpackets behind them too", ip6Extensions),
		comparison(Legal, "fragments", "fragments of IPv4 and IPv6 datagrams", fragments),
		comparison(Legal, "traffic-class", "every value of DSCP and ECN, changing within a flow", trafficClass),
		comparison(Legal, "tcp-flags", "every combination of TCP's flags, CWR, ECE and AE of AccECN among them", tcpFlags),
		comparison(Legal, "tcp-headers", "sequence numbers, windows, acknowledgements and options that change within a flow", tcpHeaders),
		comparison(Legal, "ip4-id", "IPv4 identifications: fixed, counting, wrapping, random, with and without DF", ip4ID),
		comparison(Legal, "udp-checksum", "UDP checksums: none, and one that computes to zero", udpChecksum),
		comparison(Legal, "wrong-checksum", "checksums that are wrong stay wrong, and their packets apart from others", wrongChecksum),
		comparison(Legal, "hop-limit", "equal packets but for their hop limit", hopLimit),
		comparison(Legal, "protocols", "what is neither TCP nor UDP: ICMP, GRE, SCTP, ESP and an unknown one", protocols),
		comparison(Legal, "mixed-sizes", "runs of one size that end with a shorter or longer packet, interleaved flows", mixedSizes),
		onTAP("short-frames", "frames filled up to Ethernet's minimum", shortFrames),
		onTAP("not-ip", "ARP, LLC and unknown EtherTypes", notIP),
		onTAP("vlan", "VLAN tags, one and two, with and without priority", vlan),
	)
	return slices.Concat(cases, superpacketCases(), []Case{randomCase()}, socketCases())
}

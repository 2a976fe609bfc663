package scenario

import (
	"fmt"
	"time"
)

// maxXDPSize is the longest IP packet of the in-kernel generator: a frame lies in one page, with headroom before it and struct
// skb_shared_info behind it (net/bpf/test_run.c).
const maxXDPSize = 3394

// maxIperf3Streams is the most parallel streams that iperf3 takes (MAX_STREAMS in iperf.h).
const maxIperf3Streams = 128

// maxSockperfDuration bounds the log that sockperf keeps of every packet, first in memory and then in a file.
const maxSockperfDuration = time.Minute

func defaultGen(s *Scenario) string {
	if !s.isDatagrams() || s.Size.Largest() > maxXDPSize || s.Topo == VM && s.Dir == Bi || s.onlyOwn4() {
		return string(GenSocket)
	}
	return string(GenXDP)
}

// silentGen is the generator of streams and answers before there was a choice.
func silentGen(s *Scenario) string {
	if s.isDatagrams() {
		return ""
	}
	return string(GenSocket)
}

// idleGen says that streams and answers come from sockets, whichever generator makes the datagrams of the other scenarios of a cross product.
func idleGen(s *Scenario, value string) string {
	if Gen(value).InKernel() && !s.isDatagrams() {
		return "applies only to open-loop udp: streams and answers need sockets"
	}
	return ""
}

func checkGen(s *Scenario) *breach {
	switch {
	case s.Gen.InKernel():
		return s.checkXDP()
	case s.Gen == GenIperf3:
		return s.checkIperf3()
	case s.Gen == GenSockperf:
		return s.checkSockperf()
	}
	return nil
}

func (s *Scenario) checkXDP() *breach {
	if s.onlyOwn4() {
		return &breach{"dut=" + string(s.DUT) + " drops packets that do not come from its host's own address", "socket or iperf3"}
	}
	if s.Size.Largest() > maxXDPSize {
		return &breach{fmt.Sprintf("a frame of the in-kernel generator has room for %d bytes", maxXDPSize), "socket, or smaller sizes"}
	}
	return nil
}

func (s *Scenario) checkIperf3() *breach {
	switch {
	case s.Load.Mode == LoadPingPong:
		return &breach{"iperf3 has no ping-pong", "socket or sockperf with load=pingpong"}
	case s.Proto == UDP && s.Size.mixed():
		return &breach{"the datagrams of iperf3 have one size", "xdp, xdp-ip or socket with a mix of sizes"}
	case s.Flows > maxIperf3Streams:
		return &breach{fmt.Sprintf("iperf3 has at most %d streams", maxIperf3Streams), "socket, or fewer flows"}
	case s.Duration%time.Second != 0:
		return &breach{"iperf3 measures whole seconds", "socket, or a duration such as 1s or 10s"}
	}
	return nil
}

func (s *Scenario) checkSockperf() *breach {
	switch {
	case s.Load.Mode != LoadPingPong:
		return &breach{"sockperf measures round trips here", "sockperf with load=pingpong, or another generator"}
	case s.IP == IPv6:
		return &breach{"sockperf 3.7 knows IPv4 only", "socket, or sockperf with ip=4"}
	case s.Duration > maxSockperfDuration:
		return &breach{"sockperf keeps the times of every packet", fmt.Sprintf("socket, or sockperf with a duration up to %s", printDuration(maxSockperfDuration))}
	}
	return nil
}

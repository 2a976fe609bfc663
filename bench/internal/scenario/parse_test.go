package scenario

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
)

const defaultName = "batch=1024/dev=tun/dir=uni/duration=1s/dut=forwarder/engine=auto/flows=1/gen=xdp/gro=auto/gso=pass/intake=off/ip=4/load=max/mtu=1500/offload=all/" +
	"order=interleaved/pin=on/proto=udp/" +
	"qdisc=default/queues=1/segs=1/sink=tcx/size=64/spin=50us/txqlen=1000/verify=on/vnet=on/warmup=200ms"

func TestDefault(t *testing.T) {
	want := Scenario{
		DUT: Forwarder, Topo: Direct, Dev: TUN, VNet: On, Offload: OffloadAll, Queues: 1, Batch: 1024, Spin: 50 * time.Microsecond,
		Engine: forwarder.EngineAuto, GSO: forwarder.GSOPass, GRO: forwarder.GROAuto, Follow: forwarder.FollowAuto, Intake: intake.ModeOff, Pin: On,
		Proto: UDP, IP: IPv4, Load: Load{Mode: LoadMax}, Dir: Uni, Size: "64", Segs: 1, Flows: 1, Order: Interleaved, Gen: GenXDP, Sink: SinkTCX, Verify: On,
		MTU: 1500, TxQLen: 1000, Qdisc: QdiscDefault, Duration: time.Second, Warmup: 200 * time.Millisecond,
	}
	got, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Scenario{want}, got); diff != "" {
		t.Fatalf("no words (-want +got):\n%s", diff)
	}
	if got := got[0].Name(); got != defaultName {
		t.Errorf("Name = %s\nwant   %s", got, defaultName)
	}
}

// TestParse compares the canonical names without the keys that stand at their defaults in every row.
func TestParse(t *testing.T) {
	tests := []struct {
		name  string
		words string
		want  []string // pairs that differ from the default scenario, sorted; "-key" for one that is absent
	}{
		{"nothing is the defaults", "", []string{""}},
		{"one key", "size=1400", []string{"size=1400"}},
		{"cross product, first word slowest", "size=64,1400 segs=1,32", []string{"", "segs=32 verify=off -gen", "size=1400", "segs=32 size=1400 verify=off -gen"}},
		{"duplicates are measured once", "load=50k,50000,0.05M", []string{"load=50000"}},
		{"order as given", "queues=4,1,2", []string{"queues=4 steer=hash", "", "queues=2 steer=hash"}},
		{"offload follows vnet", "vnet=off", []string{"gro=off offload=none vnet=off -intake"}},
		{"durations are canonical", "spin=0.01ms duration=60s", []string{"duration=1m spin=10us"}},
		{"rates are canonical", "load=1.25M", []string{"load=1250000"}},
		{"zeros behind the point say nothing", "load=1.0,1.00000k,2.50000k,0.0000010M", []string{"load=1", "load=1000", "load=2500"}},
		{"exponents", "load=1e6,1E+3,1.5e3,2e0", []string{"load=1000000", "load=1000", "load=1500", "load=2"}},
		{"mrr is the maximum load", "load=mrr", []string{""}},
		{"the standard mix fits its MTU", "size=imix", []string{"mtu=1518 size=imix"}},
		{"a mix is canonical", "size=64x07+1400", []string{"size=64x7+1400x1"}},
		{"a mix of one is a size", "size=128x3", []string{"size=128"}},
		{"sockets have streams and answers, whatever makes datagrams", "gen=xdp-ip load=1000,pingpong", []string{
			"gen=xdp-ip load=1000", "load=pingpong -gen -order -sink -verify",
		}},
		{"iperf3 counts what it sends", "gen=iperf3", []string{"gen=iperf3 -order -sink -verify"}},
		{"generators of others", "gen=sockperf load=pingpong", []string{"gen=sockperf load=pingpong -order -sink -verify"}},
		{"long packets come from sockets", "size=3395 mtu=9000", []string{"gen=socket mtu=9000 size=3395"}},
		{"ping-pong has sockets at both ends", "load=pingpong", []string{"load=pingpong -gen -order -sink -verify"}},
		{"tcp has no size", "proto=tcp flows=4", []string{"cc=cubic flows=4 proto=tcp -gen -order -segs -sink -size -verify"}},
		{"a key goes to the arms that have it", "dut=forwarder,veth queues=1,2", []string{
			"", "queues=2 steer=hash", "dut=veth -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet",
		}},
		{"a name", defaultName, []string{""}},
		{"a part of a name", "size=128/ip=6", []string{"ip=6 size=128"}},
		{"a name and words that override it", defaultName + " size=128 flows=2", []string{"flows=2 size=128"}},
		{"an override may take keys away", "queues=2/size=128 dut=veth,forwarder", []string{
			"dut=veth size=128 -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet", "queues=2 size=128 steer=hash",
		}},
		{"several names", "queues=2/size=64 queues=4/size=64 ip=6", []string{"ip=6 queues=2 steer=hash", "ip=6 queues=4 steer=hash"}},
		{"a rival has settings of its own", "dut=wireguard-go,netpoll txqlen=500", []string{
			"dut=wireguard-go txqlen=500 -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet",
			"dut=netpoll txqlen=500 -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet",
		}},
		{"a rival has a process to pin", "dut=netpoll proto=tcp", []string{
			"cc=cubic dut=netpoll proto=tcp -batch -dev -engine -gen -gro -gso -intake -offload -order -queues -segs -sink -size -spin -verify -vnet",
		}},
		{"ways to forward", "engine=sync,uring gso=split", []string{"engine=sync gso=split -intake", "engine=uring gso=split -intake"}},
		{"queues are steered", "queues=2 steer=cpu,kernel", []string{"queues=2 steer=cpu", "queues=2 steer=kernel -intake"}},
		{"a topology that is no news", "topo=direct", []string{""}},
		{"bridges have TAP devices", "topo=bridge", []string{"dev=tap topo=bridge"}},
		{"the bridge alone", "dut=bridge", []string{"dut=bridge topo=bridge -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet"}},
		{"a guest has TAP devices", "topo=vm", []string{"accel=kvm dev=tap guest=6.12 guestoffload=tso guestqueues=1 topo=vm"}},
		{"a guest on a bridge alone", "topo=vm dut=bridge guest=trixie-backports:7.3", []string{"accel=kvm dut=bridge guest=trixie-backports:7.3 guestoffload=tso guestqueues=1 topo=vm -batch -dev -engine -gro -gso -intake -offload -queues -spin -vnet"}},
		{"a guest sends by sockets", "topo=vm dir=bi", []string{"accel=kvm dev=tap dir=bi gen=socket guest=6.12 guestoffload=tso guestqueues=1 topo=vm"}},
		{"VXLAN", "topo=vxlan", []string{"topo=vxlan"}},
		{"the largest packet of the mix fits into VXLAN", "topo=vxlan size=imix", []string{"mtu=1568 size=imix topo=vxlan"}},
		{"tunnels", "dev=tap offload=tunnel", []string{"dev=tap offload=tunnel -intake"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			scenarios, err := Parse(strings.Fields(test.words))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range scenarios {
				got = append(got, difference(s))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.words, diff)
			}
		})
	}
}

// difference is the pairs of a name that are not in the default name, then the keys that are missing.
func difference(s Scenario) string {
	pairs := strings.Split(s.Name(), "/")
	var out, absent []string
	for _, p := range strings.Split(defaultName, "/") {
		key, _, _ := strings.Cut(p, "=")
		if !slices.ContainsFunc(pairs, func(have string) bool { return strings.HasPrefix(have, key+"=") }) {
			absent = append(absent, "-"+key)
		}
	}
	for _, p := range pairs {
		if !slices.Contains(strings.Split(defaultName, "/"), p) {
			out = append(out, p)
		}
	}
	return strings.Join(append(out, absent...), " ")
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		words           string
		word            string
		reason, allowed string // parts of the text
	}{
		{"sise=64", "sise=64", "did you mean size", "dut, topo, dev"},
		{"xyzzy", "xyzzy", "no such key", "dut, topo, dev"},
		{"queues", "queues", "no value", "1..256"},
		{"queues=0", "queues=0", "out of range", "1..256"},
		{"queues=257", "queues=257", "out of range", "1..256"},
		{"queues=99999999999999999999", "queues=99999999999999999999", "out of range", "1..256"},
		{"queues=two", "queues=two", "whole number", "1..256"},
		{"queues=1,", "queues=", "whole number", "1..256"},
		{"size=20", "size=20", "below the 44 bytes", "44..1500"},
		{"ip=6 size=63", "size=63", "below the 64 bytes", "64..1500"},
		{"size=1501", "size=1501", "above mtu=1500", "44..1500"},
		{"size=65536", "size=65536", "out of range", "up to the mtu"},
		{"size=1400 segs=48", "segs=48", "exceed the 65507", "1..47"},
		{"size=64x7+64x1", "size=64x7+64x1", "twice", "mix"},
		{"size=64x1000+128x999", "size=64x1000+128x999", "after 1999 packets", "mix"},
		{"txqlen=65537", "txqlen=65537", "out of range", "1..65536"},
		{"size=64x0", "size=64x0", "weight of size 64: out of range", "mix"},
		{"size=64x7+20x1", "size=64x7+20x1", "below the 44 bytes", "44..1500"},
		{"size=imix ip=6 mtu=1500", "size=imix", "above mtu=1500", "64..1500"},
		{"size=64x1+1400x1 segs=2", "segs=2", "one size", "1 with"},
		{"size=64x1+1400x1 load=pingpong", "size=64x1+1400x1", "one size", "single"},
		{"segs=2 gen=xdp", "gen=xdp", "sockets", ""},
		{"size=4000 mtu=9000 gen=xdp", "gen=xdp", "room for", "socket"},
		{"proto=tcp gen=xdp", "gen=xdp", "need sockets", ""},
		{"load=pingpong gen=xdp-ip", "gen=xdp-ip", "need sockets", ""},
		{"load=pingpong gen=iperf3", "gen=iperf3", "no ping-pong", "sockperf"},
		{"gen=iperf3 size=imix", "gen=iperf3", "one size", "socket"},
		{"gen=iperf3 flows=129", "gen=iperf3", "128 streams", "fewer"},
		{"gen=iperf3 proto=tcp duration=1500ms", "gen=iperf3", "whole seconds", "1s"},
		{"gen=iperf3 sink=tcx", "sink=tcx", "gen of tunbench", ""},
		{"gen=sockperf proto=tcp", "gen=sockperf", "round trips", "load=pingpong"},
		{"gen=sockperf load=pingpong ip=6", "gen=sockperf", "IPv4 only", "ip=4"},
		{"gen=sockperf load=pingpong duration=61s", "gen=sockperf", "every packet", "1m"},
		{"sink=xdp", "sink=xdp", "TUN device", "dev=tap"},
		{"sink=xdp dut=netpoll", "sink=xdp", "TUN device", "dev=tap"},
		{"vnet=off gro=auto", "gro=auto", "vnet header", "off"},
		{"vnet=off gso=split", "gso=split", "vnet header", "pass"},
		{"engine=vhost", "engine=vhost", "not an allowed value", "auto, sync, uring"},
		{"topo=tunnel", "topo=tunnel", "dut=forwarder cannot be", "direct"},
		{"topo=bridge dev=tun", "dev=tun", "Ethernet frames", "tap with topo=bridge"},
		{"topo=bridge dut=veth", "topo=bridge", "dut=bridge", "direct"},
		{"topo=bridge dut=wireguard-go", "topo=bridge", "TUN devices", "direct"},
		{"topo=vm dev=tun", "dev=tun", "Ethernet frames", "tap with topo=vm"},
		{"topo=vm dut=route", "topo=vm", "dut=bridge", "direct"},
		{"topo=vm sink=xdp", "topo=vm", "sink=tcx", "vm with one of these"},
		{"topo=vm segs=2", "topo=vm", "UDP superpackets", "segs=1"},
		{"topo=vm dir=bi gen=xdp", "topo=vm", "by sockets", "gen=socket"},
		{"topo=vm proto=tcp gen=iperf3", "topo=vm", "generators of others", "gen=socket"},
		{"topo=vm guest=6", "guest=6", "not a kernel's version", "6.1"},
		{"topo=vm guestqueues=9", "guestqueues=9", "out of range", "1..8"},
		{"guest=6.1", "guest=6.1", "topo=vm", ""},
		{"topo=vxlan dut=bridge", "topo=vxlan", "bridge alone", "bridge, vm, or"},
		{"topo=vxlan size=1451", "size=1451", "1450 bytes", "44..1450, or mtu=1501"},
		{"topo=vxlan ip=6 mtu=1329", "mtu=1329", "IPv6", "1330.."},
		{"topo=vxlan sink=xdp", "sink=xdp", "VXLAN device", "tcx"},
		{"topo=vxlan size=1400 segs=48", "segs=48", "65457 bytes", "1..47"},
		{"topo=ring", "topo=ring", "not an allowed value", "direct, tunnel"},
		{"steer=cpu", "steer=cpu", "several queues", ""},
		{"dut=wireguard-go gro=off", "gro=off", "dut=forwarder", ""},
		{"dut=wireguard-go dev=tap", "dev=tap", "dut=forwarder", ""},
		{"sink=xdp dev=tap segs=2", "sink=xdp", "superpacket", "tcx"},
		{"sink=xdp dev=tap gro=auto", "gro=auto", "superpacket", "off"},
		{"flows=4097 gen=socket", "flows=4097", "socket of its own", "1..4096"},
		{"proto=tcp flows=1025", "flows=1025", "buffers", "1..1024"},
		{"dev=tap mtu=65535", "mtu=65535", "Ethernet", "65521"},
		{"txqlen=0", "txqlen=0", "out of range", "1..65536"},
		{"dut=route proto=tcp pin=on", "pin=on", "applies only", ""},
		{"size=1500 ip=6 segs=46", "segs=46", "exceed the 65487", "1..45"},
		{"ip=6 mtu=1279", "mtu=1279", "least MTU", "1280"},
		{"vnet=off offload=tso", "offload=tso", "vnet header", "none"},
		{"proto=tcp load=50000", "load=50000", "paces itself", "max"},
		{"proto=tcp load=pingpong", "load=pingpong", "paces itself", "max"},
		{"load=pingpong flows=2", "flows=2", "ping-pong", "1 with"},
		{"load=pingpong segs=2", "segs=2", "ping-pong", "1 with"},
		{"load=pingpong dir=bi", "dir=bi", "ping-pong", "uni"},
		{"load=1 duration=100ms", "load=1", "less than one packet is due in duration=100ms", "10 or more"},
		{"size=1400 segs=32 load=10", "load=10", "less than one superpacket of 32 packets is due in duration=1s", "32 or more"},
		{"load=0", "load=0", "not a load", "50k"},
		{"load=1.5", "load=1.5", "not a load", "50k"},
		{"load=-1k", "load=-1k", "not a load", "50k"},
		{"load=2G", "load=2G", "not a load", "50k"},
		{"load=.5M", "load=.5M", "not a load", "50k"},
		{"load=1kk", "load=1kk", "not a load", "50k"},
		{"load=1.k", "load=1.k", "not a load", "50k"},
		{"load=1e", "load=1e", "not a load", "50k"},
		{"load=1e-3", "load=1e-3", "not a load", "50k"},
		{"load=1e3k", "load=1e3k", "not a load", "50k"},
		{"load=1e999999999", "load=1e999999999", "not a load", "50k"},
		{"load=1.00001k", "load=1.00001k", "not a load", "50k"},
		{"spin=11ms", "spin=11ms", "out of range", "10ms"},
		{"spin=20", "spin=20", "not a duration", "us"},
		{"duration=99ms", "duration=99ms", "out of range", "100ms..1h"},
		{"dut=veth queues=2", "queues=2", "dut=forwarder", ""},
		{"dut=veth,route offload=none,all", "offload=none", "dut=forwarder", ""},
		{"proto=tcp size=64", "size=64", "proto=udp", ""},
		{"dut=veth/queues=2", "queues=2", "dut=forwarder", ""},
		{"size=64 size=128", "size=128", "twice", "size=VALUE1,VALUE2"},
		{"size=64 size=64/ip=4", "size=64/ip=4", "before the words", ""},
		{"flows=1,2,3,4,5,6,7,8,9,10 mtu=576,577,578,579,580,581,582,583,584,585 txqlen=0,1,2,3,4,5,6,7,8,9 " +
			"batch=1,2,3,4,5,6,7,8,9,10 segs=1,2", "segs=1,2", "more than", ""},
	}
	for _, test := range tests {
		t.Run(test.words, func(t *testing.T) {
			scenarios, err := Parse(strings.Fields(test.words))
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("Parse = %v, %v; want a UsageError", scenarios, err)
			}
			if usage.Word != test.word || !strings.Contains(usage.Reason, test.reason) || !strings.Contains(usage.Allowed, test.allowed) {
				t.Errorf("error %q; want word %q, reason %q, allowed %q", err, test.word, test.reason, test.allowed)
			}
		})
	}
}

// TestBounds: the ends of the ranges that depend on other keys are themselves allowed.
func TestBounds(t *testing.T) {
	for _, words := range []string{
		"size=44", "ip=6 size=64", "size=1500", "size=65535 mtu=65535", "size=1400 segs=47", "ip=6 size=1500 segs=45", "ip=6 mtu=1280",
		"mtu=576 size=576", "queues=256", "flows=32768", "flows=4096 gen=socket", "sink=xdp dev=tap", "sink=xdp dut=veth", "size=3394 gen=xdp mtu=9000", "txqlen=65536", "size=64x1000+128x500", "size=64x1000+128x24", "load=1G", "load=1", "load=10 duration=100ms", "size=1400 segs=32 load=32", "spin=0s", "spin=10ms", "warmup=0s", "duration=1h",
		"vnet=off offload=none",
	} {
		if _, err := Parse(strings.Fields(words)); err != nil {
			t.Errorf("Parse(%q): %v", words, err)
		}
	}
}

// FuzzParse: whatever parses has a name that parses to itself and stands for nothing else.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", defaultName, "dut=forwarder,route,veth size=64,1400", "dut=netpoll,wireguard-go,forwarder engine=sync,uring queues=2 steer=kernel", "vnet=off gro=off gso=pass", "proto=tcp flows=4", "load=1.25M spin=1.5us", "vnet=on,off offload=none",
		"queues=2/size=128 dut=veth", "load=pingpong", "size=imix,64x7+1400x1 order=zipf sink=socket", "ip=6 mtu=9000 size=8999 duration=1h5m0.5s", "a=b/c", "=", ",", "sysctl.net.ipv4.tcp_rmem=1+2+3,4 sysctl.net.core.somaxconn=1", "size=64/sysctl.net.ipv4.tcp_sack=0 dut=veth sysctl.net.ipv4.tcp_sack=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		scenarios, err := Parse(strings.Fields(line))
		if err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) || usage.Reason == "" {
				t.Fatalf("Parse(%q): untyped error %v", line, err)
			}
			return
		}
		names := map[string]Scenario{}
		for _, s := range scenarios {
			name := s.Name()
			if other, ok := names[name]; ok {
				t.Fatalf("%+v and %+v have the same name", s, other)
			}
			names[name] = s
			again, err := Parse([]string{name})
			if err != nil || len(again) != 1 || again[0] != s {
				t.Fatalf("Parse(%q) = %+v, %v; want %+v", name, again, err, s)
			}
			if pairs := strings.Split(name, "/"); !slices.IsSorted(pairs) {
				t.Fatalf("name %q is not sorted", name)
			}
		}
	})
}

// TestXDPSinkMeansNoGRO: a forwarder must not make superpackets that the sink cannot count.
// The name says so, and words that ask for other sinks too keep their default.
func TestXDPSinkMeansNoGRO(t *testing.T) {
	scenarios, err := Parse([]string{"dev=tap", "sink=tcx,xdp,socket"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"gro=auto", "gro=off", "gro=auto"} {
		if name := scenarios[i].Name(); !strings.Contains(name, want) {
			t.Errorf("%s: want %s", name, want)
		}
	}
	again, err := Parse([]string{scenarios[1].Name()})
	if err != nil || len(again) != 1 || again[0] != scenarios[1] {
		t.Errorf("its name does not give it back: %v, %v", again, err)
	}
	if _, err := Parse([]string{"dut=veth", "sink=xdp"}); err != nil {
		t.Error(err)
	}
}

package kernel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/forwarder/tun"
)

// A superpacket comes with most of it outside the linear part of the skb.
func TestIngressSinkOnTUNSuperpackets(t *testing.T) {
	const size, segments = 1372, 32
	for kind, open := range map[string]func(sink.Config) (*Sink, error){"tcx": NewTCX, "clsact": NewClsact} {
		t.Run(kind, func(t *testing.T) {
			bed := traffictest.Devices(t, tun.TUN, 0)
			q := traffictest.Attach(t, bed.B(), tun.TUN)
			r := traffictest.OpenSink(t, bed.B(), open, sink.Config{Flows: 1, Verify: true})
			seqs := make([]uint64, segments)
			for i := range seqs {
				seqs[i] = uint64(i)
			}
			p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, size, 0, seqs...), Partial: true}
			traffictest.Write(t, q, p, size)
			total := traffictest.ReadSink(t, bed, r).Total()
			if total.Segments != segments || total.Superpackets != 1 || total.Corrupt+total.Foreign != 0 {
				t.Errorf("got %+v, want %d segments of one superpacket", total, segments)
			}
		})
	}
}

// noTCX is the TCX hook of a kernel before 6.6.
type noTCX struct{ tcxHook }

func (noTCX) prepare(*ebpf.CollectionSpec, int) error {
	return fmt.Errorf("try TCX: %w", ebpf.ErrNotSupported)
}

// noClsact is a kernel that has no classifier for programs.
type noClsact struct{ clsactHook }

func (noClsact) prepare(*ebpf.CollectionSpec, int) error {
	return &testbed.UnsupportedError{Feature: "classifier bpf", Err: errors.New("none")}
}

// hasClsact tells whether the end's device has the qdisc.
func hasClsact(t *testing.T, end *testbed.End) bool {
	t.Helper()
	var qdiscs []netlink.Qdisc
	err := end.Namespace.Do(func() (err error) {
		qdiscs, err = netlink.QdiscList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: end.IfIndex}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(qdiscs, func(q netlink.Qdisc) bool { return q.Type() == "clsact" })
}

// TestSinkWithoutTCX: where the kernel has no TCX, the device has a clsact as long as the sink
// lives. Any other failure of TCX is no reason for it.
func TestSinkWithoutTCX(t *testing.T) {
	bed := traffictest.Veth(t)
	cfg := sink.Config{Enter: bed.B().Namespace.Do, IfIndex: bed.B().IfIndex, Ethernet: true, Port: traffictest.Port, Flows: 1}
	s, err := openIngress(cfg, noTCX{}, clsactHook{})
	if err != nil {
		t.Fatal(err)
	}
	if !hasClsact(t, bed.B()) {
		t.Error("the device has no clsact")
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if hasClsact(t, bed.B()) {
		t.Error("the device has its clsact after Close")
	}

	if s, err = openIngress(cfg, noTCX{}, noClsact{}); s != nil || !host.Cannot(err) || !strings.Contains(err.Error(), "clsact") {
		t.Errorf("with neither: %v, %v", s, err)
	}
	cfg.IfIndex = 1 << 20
	if s, err = openIngress(cfg, tcxHook{}, noClsact{}); s != nil || err == nil || host.Cannot(err) {
		t.Errorf("without a device: %v, %v", s, err)
	}
}

package testbed

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"

	"tunbench/bench/internal/host"
)

// unspec is TC_ACT_UNSPEC of linux/pkt_cls.h, shot is TC_ACT_SHOT.
const unspec, shot = -1, 2

// classifier returns a program that gives every packet the same answer.
func classifier(t *testing.T, answer int32) int {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, answer), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.FD()
}

func attachIngress(t *testing.T, end *End, program int) *Ingress {
	t.Helper()
	var in *Ingress
	err := end.Namespace.Do(func() (err error) {
		in, err = AttachIngress(end.IfIndex, program, "test")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// atIngress returns how many programs the device has, and whether it has a clsact.
func atIngress(t *testing.T, end *End) (programs int, clsact bool) {
	t.Helper()
	qdiscs, err := end.Namespace.listQdiscs(end.IfIndex)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qdiscs {
		clsact = clsact || q.Type() == "clsact"
	}
	if !clsact {
		return 0, false
	}
	filters, err := end.Namespace.netlink.FilterList(linkOf(end.IfIndex), netlink.HANDLE_MIN_INGRESS)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range filters {
		if b, is := f.(*netlink.BpfFilter); is && b.Handle != 0 {
			programs++
		}
	}
	return programs, clsact
}

// checkReach sends packets from A to B and tells whether they arrive; it ends with the first
// that does, or when the device has dropped what came.
func checkReach(t *testing.T, bed *Testbed, arrives bool) {
	t.Helper()
	server, client := listen(t, bed.B(), bed.B().Addr), dial(t, bed.A(), bed.B().Addr)
	defer server.Close()
	before := ingressDrops(t, bed.B())
	if _, err := client.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	if !arrives {
		if !eventually(func() bool { return ingressDrops(t, bed.B()) > before }) {
			t.Error("the program dropped nothing")
		}
		return
	}
	if n, _, err := server.ReadFromUDPAddrPort(make([]byte, 16)); err != nil || n != len("there") {
		t.Errorf("received %d bytes, %v", n, err)
	}
}

// ingressDrops is how many packets the programs of the device dropped.
func ingressDrops(t *testing.T, end *End) uint32 {
	t.Helper()
	qdiscs, err := end.Namespace.listQdiscs(end.IfIndex)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qdiscs {
		if s := q.Attrs().Statistics; q.Type() == "clsact" && s != nil {
			return s.Queue.Drops
		}
	}
	return 0
}

func checkIngress(t *testing.T, end *End, when string, programs int, clsact bool) {
	t.Helper()
	if n, has := atIngress(t, end); n != programs || has != clsact {
		t.Errorf("%s: %d programs, clsact %v; want %d and %v", when, n, has, programs, clsact)
	}
}

// TestIngress: a program sees what comes, the ones behind it what it lets pass, and with the
// last the qdisc is gone, in whatever order they go.
func TestIngress(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	b := bed.B()
	passing, dropping := classifier(t, unspec), classifier(t, shot)

	first := attachIngress(t, b, passing)
	checkIngress(t, b, "with one", 1, true)
	checkReach(t, bed, true)
	second := attachIngress(t, b, dropping)
	checkIngress(t, b, "with two", 2, true)
	checkReach(t, bed, false)
	if err := errors.Join(second.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	checkIngress(t, b, "after the second", 1, true)
	checkReach(t, bed, true)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	checkIngress(t, b, "after both", 0, false)

	first, second = attachIngress(t, b, passing), attachIngress(t, b, dropping)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	checkIngress(t, b, "after the first", 1, true)
	checkReach(t, bed, false)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	checkIngress(t, b, "after all", 0, false)
}

// TestIngressLeavesWhatWasThere: a clsact of somebody else stays, with its filters.
func TestIngressLeavesWhatWasThere(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	b := bed.B()
	theirs := (&Ingress{index: b.IfIndex}).clsact()
	if err := b.Namespace.netlink.QdiscAdd(theirs); err != nil {
		t.Fatal(err)
	}
	ours := attachIngress(t, b, classifier(t, unspec))
	checkIngress(t, b, "attached", 1, true)
	if err := ours.Close(); err != nil {
		t.Error(err)
	}
	checkIngress(t, b, "closed", 0, true)
}

// TestIngressFails: nothing stays behind where it cannot be had, and a device that is gone
// is no error at the end.
func TestIngressFails(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	b := bed.B()
	err := b.Namespace.Do(func() error {
		_, err := AttachIngress(b.IfIndex, -1, "test")
		return err
	})
	if err == nil || host.Cannot(err) {
		t.Errorf("without a program: %v", err)
	}
	checkIngress(t, b, "without a program", 0, false)

	in := attachIngress(t, b, classifier(t, unspec))
	if err := b.Namespace.netlink.LinkDel(linkOf(b.IfIndex)); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Errorf("close after the device: %v", err)
	}
}

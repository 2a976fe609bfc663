package xdp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/load"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel generator generator.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// Generator is a [load.Generator] inside the kernel: an XDP program that BPF_PROG_RUN
// gives one frame after the other (BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h).
//
// Without Redirect a packet appears on lo and is routed from there, as if it had
// come from a network: the namespace must forward (ip_forward), must not filter
// by reverse path (rp_filter), and Src must not be one of its own addresses.
//
// What was offered and then lost on its way is counted:
//   - by redirect into the ring: by Sent.RingDropped, exactly. A TAP device's own tx_dropped
//     counts one of up to 16 that found the ring full; both ends of a veth pair
//     count all of them, the sender's as tx_dropped and the receiver's as
//     rx_dropped.
//   - by queued redirect: by the qdisc, then as tx_dropped of the device, which here is
//     exact. A device that is down drops what nobody counts.
//   - by lo: by the namespace's IP counters (InNoRoutes, FragFails where a packet is
//     longer than the MTU, InDiscards), then as by queued redirect. What is dropped
//     because Src is one of the namespace's own addresses is counted nowhere.
type Generator struct {
	mu         sync.Mutex
	cfg        Config
	netns      *os.File // the namespace of the run
	frame      []byte
	repeat     uint32 // frames of one system call
	restarts   int    // of the last run
	collection *ebpf.Collection
	// The tracepoints stay attached only as long as these live.
	attached []io.Closer
	clsact   bool // the kernel has no TCX: the program on lo is attached by tc
	closed   bool
}

// New loads the program and tries it without sending. The error is a
// [host.UnsupportedError] when the kernel or the user cannot do this, and a
// [TooLongError] for a size that does not fit into a live frame.
func New(cfg Config) (*Generator, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	x := &Generator{cfg: cfg, repeat: testRunRepeat, clsact: cfg.clsact}
	if err := x.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open in-kernel generator: %w", err), x.Close())
	}
	return x, nil
}

func (x *Generator) open() error {
	err := x.cfg.Enter.Run(func() (err error) {
		x.netns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	if err := bpf.NeedHelper(ebpf.XDP, asm.FnLoop, liveFrames, liveFramesRemedy); err != nil {
		return err
	}
	if err := x.chooseHook(); err != nil {
		return explainXDP(err)
	}
	if err := x.load(); err != nil {
		return explainXDP(err)
	}
	if err := x.attach(); err != nil {
		return explainXDP(err)
	}
	return x.try()
}

func (x *Generator) load() error {
	bpf.RaiseMemlock()
	plan := load.NewPlan(&x.cfg.Profile)
	spec, err := x.spec(plan)
	if err != nil {
		return err
	}
	if x.collection, err = ebpf.NewCollection(spec); err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	keys, flows := make([]uint32, len(plan.Flows)), make([]uint32, len(plan.Flows))
	for i, flow := range plan.Flows {
		keys[i], flows[i] = uint32(i), uint32(flow)
	}
	if _, err := x.collection.Maps[generatorMapFlowPlan].BatchUpdate(keys, flows, nil); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// spec returns the program with the constants of the profile in it.
func (x *Generator) spec(plan load.Plan) (*ebpf.CollectionSpec, error) {
	spec, err := loadGenerator()
	if err != nil {
		return nil, err
	}
	frames := frameSpec{profile: &x.cfg.Profile}
	redirect, handTo := 0, 0
	if r := x.cfg.Redirect; r != nil {
		frames.src, frames.dst = r.Src, r.Dst
	}
	if x.cfg.straight() {
		redirect = x.cfg.Redirect.IfIndex
	} else {
		delete(spec.Programs, generatorProgXmit)
		delete(spec.Programs, generatorProgRedirectErr)
	}
	if x.cfg.handed() {
		handTo = x.cfg.Redirect.IfIndex
		if x.clsact {
			bpf.ForClsact(spec.Programs[generatorProgHand])
		}
	} else {
		delete(spec.Programs, generatorProgHand)
	}
	x.frame = frames.template()
	var netns unix.Stat_t
	if err := unix.Fstat(int(x.netns.Fd()), &netns); err != nil {
		return nil, fmt.Errorf("identify network namespace: %w", err)
	}
	spec.Maps[generatorMapFlowPlan].MaxEntries = uint32(len(plan.Flows))
	spec.Maps[generatorMapNextSeq].MaxEntries = uint32(x.cfg.Flows)
	var shapes [load.MaxShares]generatorShape
	copy(shapes[:], frames.shapes())
	var sizes [load.MaxMix]uint8
	copy(sizes[:], plan.Sizes)
	ipv6 := uint32(0)
	if x.cfg.Dst.Is6() {
		ipv6 = 1
	}
	return spec, setVariables(spec.Variables, map[string]any{
		generatorVarIpv6:        ipv6,
		generatorVarRedirect:    uint32(redirect),
		generatorVarHandTo:      uint32(handTo),
		generatorVarNetns:       uint32(netns.Ino),
		generatorVarPort:        uint32(x.cfg.Port),
		generatorVarFlowPlanLen: uint32(len(plan.Flows)),
		generatorVarSizePlanLen: uint32(len(plan.Sizes)),
		generatorVarRunLen:      uint32(plan.Run),
		generatorVarSizeShift:   uint32(plan.Shift),
		generatorVarLongest:     uint32(len(x.frame)),
		generatorVarShapes:      shapes,
		generatorVarSizePlan:    sizes,
	})
}

// setVariables sets variables of a program, loaded or not.
func setVariables[V interface{ Set(any) error }](variables map[string]V, values map[string]any) error {
	var errs []error
	for name, value := range values {
		if err := variables[name].Set(value); err != nil {
			errs = append(errs, fmt.Errorf("set %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// attach attaches what leads packets to the device, or counts what it did not take.
func (x *Generator) attach() error {
	switch {
	case x.cfg.handed():
		return x.cfg.Enter.Run(x.attachToLo)
	case x.cfg.straight():
		return x.watchRedirect()
	}
	return nil
}

// chooseHook finds out by what a program can be attached to lo.
func (x *Generator) chooseHook() error {
	if !x.cfg.handed() || x.clsact {
		return nil
	}
	err := bpf.HaveTCX()
	if bpf.IsTCXMissing(err) {
		x.clsact = true
		return nil
	}
	return err
}

func (x *Generator) attachToLo() error {
	attach := bpf.AttachTCX
	if x.clsact {
		attach = bpf.AttachClsact
	}
	a, err := attach(x.collection.Programs[generatorProgHand], bpf.Loopback)
	if err != nil {
		return fmt.Errorf("attach to lo: %w", err)
	}
	x.attached = append(x.attached, a)
	return nil
}

func (x *Generator) watchRedirect() error {
	for _, name := range []string{generatorProgXmit, generatorProgRedirectErr} {
		l, err := link.AttachTracing(link.TracingOptions{Program: x.collection.Programs[name]})
		if err != nil {
			return fmt.Errorf("attach %s: %w", name, err)
		}
		x.attached = append(x.attached, l)
	}
	return nil
}

// Close detaches and frees everything. It is idempotent and waits for a run to end.
func (x *Generator) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	var errs []error
	for _, a := range x.attached {
		errs = append(errs, a.Close())
	}
	if x.collection != nil {
		x.collection.Close()
	}
	if x.netns != nil {
		errs = append(errs, x.netns.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close in-kernel generator: %w", err)
	}
	return nil
}

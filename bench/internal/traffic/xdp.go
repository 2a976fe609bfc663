package traffic

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel generator generator.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// XDPConfig says what an [XDP] sends and from where.
type XDPConfig struct {
	Enter Enter // the namespace in which the packets appear
	Profile
	CPU      int       // the run keeps this CPU busy; -1: any
	Redirect *Redirect // nil: the packets appear on lo and are routed by the IP stack

	clsact bool // for tests: as if the kernel had no TCX
}

// Redirect leads frames into a device of the namespace, past the IP stack.
type Redirect struct {
	IfIndex  int
	Src, Dst net.HardwareAddr // of every frame; empty for a device without Ethernet

	// Queued frames become packets first, which a program on lo (TCX, or clsact where the
	// kernel has no TCX) takes to the device
	// through its queueing discipline and the choice of its queue. Any device takes them.
	//
	// Others go straight into the device's ring, past all queueing. The device must take
	// XDP frames: a TAP device with a queue attached, or a veth device whose peer has
	// NAPI (GRO on). A TUN device does not. They go to one queue only: the number of the
	// CPU modulo the number of queues.
	Queued bool
}

// handed says that packets are taken to the device from lo.
func (c *XDPConfig) handed() bool { return c.Redirect != nil && c.Redirect.Queued }

// straight says that frames go into the device's ring.
func (c *XDPConfig) straight() bool { return c.Redirect != nil && !c.Redirect.Queued }

func (c *XDPConfig) check() error {
	if err := c.Profile.check(MaxFlows); err != nil {
		return err
	}
	r := c.Redirect
	switch {
	case r == nil:
		return nil
	case r.IfIndex < 1:
		return fmt.Errorf("generator redirect IfIndex %d: want a device", r.IfIndex)
	case r.Queued && len(r.Src) == 0 && len(r.Dst) == 0:
		return nil
	case len(r.Src) != hardwareAddrLen || len(r.Dst) != hardwareAddrLen:
		return fmt.Errorf("generator redirect addresses %q and %q: want Ethernet addresses", r.Src, r.Dst)
	}
	return nil
}

const hardwareAddrLen = 6

// XDP is a generator inside the kernel: an XDP program that BPF_PROG_RUN gives one
// frame after the other (BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h).
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
type XDP struct {
	mu         sync.Mutex
	cfg        XDPConfig
	netns      *os.File // the namespace of the run
	frame      []byte
	repeat     uint32                    // frames of one system call
	restarts   int                       // of the last run
	grace      func(time.Duration) int64 // tests wait longer for what is due
	collection *ebpf.Collection
	// The tracepoints stay attached only as long as these live.
	attached []io.Closer
	clsact   bool // the kernel has no TCX: the program on lo is attached by tc
	closed   bool
}

// NewXDP loads the program and tries it without sending. The error is an
// [host.UnsupportedError] when the kernel or the user cannot do this, and a
// [TooLongError] for a size that does not fit into a live frame.
func NewXDP(cfg XDPConfig) (*XDP, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	x := &XDP{cfg: cfg, repeat: testRunRepeat, grace: grace, clsact: cfg.clsact}
	if err := x.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open in-kernel generator: %w", err), x.Close())
	}
	return x, nil
}

func (x *XDP) open() error {
	err := x.cfg.Enter.run(func() (err error) {
		x.netns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	if err := needHelper(ebpf.XDP, asm.FnLoop, liveFrames, liveFramesRemedy); err != nil {
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

func (x *XDP) load() error {
	raiseMemlock()
	plan := newPlan(&x.cfg.Profile)
	spec, err := x.spec(plan)
	if err != nil {
		return err
	}
	if x.collection, err = ebpf.NewCollection(spec); err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	keys, flows := make([]uint32, len(plan.flows)), make([]uint32, len(plan.flows))
	for i, flow := range plan.flows {
		keys[i], flows[i] = uint32(i), uint32(flow)
	}
	if _, err := x.collection.Maps[generatorMapFlowPlan].BatchUpdate(keys, flows, nil); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// spec returns the program with the constants of the profile in it.
func (x *XDP) spec(plan plan) (*ebpf.CollectionSpec, error) {
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
			forClsact(spec.Programs[generatorProgHand])
		}
	} else {
		delete(spec.Programs, generatorProgHand)
	}
	x.frame = frames.template()
	var netns unix.Stat_t
	if err := unix.Fstat(int(x.netns.Fd()), &netns); err != nil {
		return nil, fmt.Errorf("identify network namespace: %w", err)
	}
	spec.Maps[generatorMapFlowPlan].MaxEntries = uint32(len(plan.flows))
	spec.Maps[generatorMapNextSeq].MaxEntries = uint32(x.cfg.Flows)
	var shapes [MaxShares]generatorShape
	copy(shapes[:], frames.shapes())
	var sizes [maxMix]uint8
	copy(sizes[:], plan.sizes)
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
		generatorVarFlowPlanLen: uint32(len(plan.flows)),
		generatorVarSizePlanLen: uint32(len(plan.sizes)),
		generatorVarRunLen:      uint32(plan.run),
		generatorVarSizeShift:   uint32(plan.shift),
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
func (x *XDP) attach() error {
	switch {
	case x.cfg.handed():
		return x.cfg.Enter.run(x.attachToLo)
	case x.cfg.straight():
		return x.watchRedirect()
	}
	return nil
}

// chooseHook finds out by what a program can be attached to lo.
func (x *XDP) chooseHook() error {
	if !x.cfg.handed() || x.clsact {
		return nil
	}
	err := haveTCX()
	if isTCXMissing(err) {
		x.clsact = true
		return nil
	}
	return err
}

func (x *XDP) attachToLo() error {
	attach := attachTCX
	if x.clsact {
		attach = attachClsact
	}
	a, err := attach(x.collection.Programs[generatorProgHand], loopbackIndex)
	if err != nil {
		return fmt.Errorf("attach to lo: %w", err)
	}
	x.attached = append(x.attached, a)
	return nil
}

func (x *XDP) watchRedirect() error {
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
func (x *XDP) Close() error {
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

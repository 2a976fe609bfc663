package intake

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel,bpfeb intake intake.bpf.c -- -mcpu=v3 -Wall -Wextra -idirafter /usr/include/x86_64-linux-gnu

const (
	// mostMemory is the memory for the packets of a ring, leastMemory that of each where there
	// are several: enough for 15 superpackets. A single TCP stream wants the 62 that fit into
	// 4 MiB: with half of that it has 0.83 of the throughput, with twice as much no more.
	mostMemory  = 4 << 20
	leastMemory = 1 << 20

	maxVnetHdrLen = 32

	// TakenMark is the mark (SO_MARK) of every packet that was taken: the kernel's
	// tracepoint skb:kfree_skb reports them as dropped, for no reason.
	TakenMark = 0x74616b65
)

// Config says what to take packets from.
type Config struct {
	IfIndex    int          // a TUN or TAP device of the calling thread's namespace
	Queues     int          // that it has: 1 to tun.MaxQueues
	Workers    int          // 1 to Queues, each of which has a ring: queue i belongs to worker i mod Workers
	Steer      steer.Policy // what chooses among several: not PolicyKernel
	VnetHdrLen int          // bytes before every packet: 10 to 32
}

func (c Config) check() error {
	switch {
	case c.IfIndex < 1:
		return fmt.Errorf("intake of device %d: no such device", c.IfIndex)
	case c.Queues < 1 || c.Queues > tun.MaxQueues:
		return fmt.Errorf("intake of %d queues: want 1 to %d", c.Queues, tun.MaxQueues)
	case c.Workers < 1 || c.Workers > c.Queues:
		return fmt.Errorf("intake for %d workers of %d queues: want 1 to as many", c.Workers, c.Queues)
	case c.Queues > 1 && c.Steer != steer.PolicyHash && c.Steer != steer.PolicyCPU:
		return fmt.Errorf("intake of %d queues with steering policy %q: want hash or cpu, whose choice can be repeated", c.Queues, c.Steer)
	case c.VnetHdrLen < 10 || c.VnetHdrLen > maxVnetHdrLen:
		return fmt.Errorf("intake with a vnet header of %d bytes: want 10 to %d", c.VnetHdrLen, maxVnetHdrLen)
	}
	return nil
}

// choice is the program's word for how a queue is chosen.
func (c Config) choice() uint32 {
	switch {
	case c.Queues == 1:
		return 0
	case c.Steer == steer.PolicyHash:
		return 1
	}
	return 2
}

// memory is how many bytes each ring has for packets: a power of two.
func (c Config) memory() int {
	if c.Workers > 1 {
		return leastMemory
	}
	return mostMemory
}

// Intake is the program at one device, and its rings, all closed at first.
type Intake struct {
	ifIndex int
	link    link.Link
	program *ebpf.Program
	memory  *ebpf.Map
	listed  *ebpf.Map // of the bells
	mapped  []byte
	rings   []*Ring
	bells   []*bell
}

// Attach makes rings for the packets of a device of the calling thread's namespace; they
// are taken as soon as a ring is open. When the process ends, the kernel detaches the program.
//
// The error is a [steer.UnsupportedError] where the kernel cannot do this (it takes 6.6,
// with BTF) or the user may not.
func Attach(cfg Config) (i *Intake, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	i = &Intake{ifIndex: cfg.IfIndex}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("attach intake: %w", explain(err)), i.Close())
			i = nil
		}
	}()
	device, err := netlink.LinkByIndex(cfg.IfIndex)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		err = unix.ENODEV
	}
	if err != nil {
		return i, fmt.Errorf("find device %d: %w", cfg.IfIndex, err)
	}
	if err := i.load(cfg, device.Attrs().TxQLen); err != nil {
		return i, err
	}
	i.link, err = link.AttachTCX(link.TCXOptions{Interface: cfg.IfIndex, Program: i.program, Attach: ebpf.AttachTCXEgress})
	return i, err
}

// load loads the program and maps its rings. depth is how many packets a queue holds.
func (i *Intake) load(cfg Config, depth int) error {
	spec, err := loadIntake()
	if err != nil {
		return err
	}
	ringLen := memoryAt + cfg.memory() + spareLen
	spec.Maps[intakeMapRings].MaxEntries = uint32(cfg.Workers)
	spec.Maps[intakeMapRings].ValueSize = uint32(ringLen)
	if err := i.addBells(spec.Maps[intakeMapBells], cfg.Workers); err != nil {
		return err
	}
	for name, value := range map[string]uint32{
		intakeVarChoice:     cfg.choice(),
		intakeVarQueues:     uint32(cfg.Queues),
		intakeVarWorkers:    uint32(cfg.Workers),
		intakeVarVnetHdrLen: uint32(cfg.VnetHdrLen),
		intakeVarLineMask:   uint32(cfg.memory()/lineLen - 1),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return err
		}
	}
	_ = rlimit.RemoveMemlock() // of kernels before 5.11; loading shows whether it mattered
	objects, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	defer objects.Close() // what was taken out of it is ours
	i.program, i.memory, i.listed = objects.DetachProgram(intakeProgTake), objects.DetachMap(intakeMapRings), objects.DetachMap(intakeMapBells)
	i.mapped, err = unix.Mmap(i.memory.FD(), 0, cfg.Workers*ringLen, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	for worker := range cfg.Workers {
		i.rings = append(i.rings, newRing(i.mapped[worker*ringLen:][:ringLen:ringLen], cfg.memory(), i.bells[worker], i.fence, depth))
	}
	return nil
}

// fence returns when no program runs any more that ran when it was called, nor what the kernel
// does with its packet in the same RCU read-side section: the way into the device's queue. The
// kernel waits for that when a map of maps changes (maybe_wait_bpf_programs in
// kernel/bpf/syscall.c).
func (i *Intake) fence() error {
	if err := i.listed.Put(uint32(0), i.bells[0].ringBuf); err != nil {
		return fmt.Errorf("wait for packets on their way: %w", err)
	}
	return nil
}

// addBells makes a bell for each worker.
func (i *Intake) addBells(spec *ebpf.MapSpec, workers int) error {
	spec.MaxEntries = uint32(workers)
	for worker := range workers {
		b, err := newBell(spec.InnerMap)
		if err != nil {
			return err
		}
		i.bells = append(i.bells, b)
		spec.Contents = append(spec.Contents, ebpf.MapKV{Key: uint32(worker), Value: b.ringBuf})
	}
	return nil
}

// explain turns what the kernel answers when it cannot do this, or does not let this
// user, into a [steer.UnsupportedError] and leaves other errors as they are.
func explain(err error) error {
	const feature, remedy = "eBPF at the egress of devices", "needs Linux 6.6 with BTF"
	if errors.Is(err, unix.EINVAL) { // an older verifier
		return &steer.UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	}
	return steer.Explain(err, feature, remedy)
}

// Rings returns the ring of each worker. They live until Close.
func (i *Intake) Rings() []*Ring { return i.rings }

// Detach has all packets pass into the device from now on. Rings may hold packets from before.
// It may be called again, and while workers use the rings, but not after Close. It waits until
// rings that are being opened have settled.
func (i *Intake) Detach() error {
	if i.link == nil {
		return nil
	}
	for _, ring := range i.rings {
		ring.shut.Store(true)
		ring.awaitSettled()
	}
	err := i.link.Close()
	i.link = nil
	for _, ring := range i.rings {
		ring.Close()
	}
	return err
}

// Close detaches the program. What the rings still hold is lost, and their packets point
// nowhere.
func (i *Intake) Close() error {
	errs := []error{i.Detach()}
	if i.mapped != nil {
		errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(i.mapped)))
	}
	for _, b := range i.bells {
		errs = append(errs, b.close())
	}
	if i.program != nil {
		errs = append(errs, i.program.Close(), i.memory.Close(), i.listed.Close())
	}
	*i = Intake{}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close intake: %w", err)
	}
	return nil
}

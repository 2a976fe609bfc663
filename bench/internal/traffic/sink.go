package traffic

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"
)

// MaxFlows is the highest number of flows of a Sender or Sink. Each is a socket
// here and 1 KiB of kernel memory there.
const MaxFlows = 4096

const ethernetLen = 14

// SinkConfig says where a [Sink] listens.
type SinkConfig struct {
	Enter    Enter // the namespace of the device
	IfIndex  int   // the receiving device
	Ethernet bool  // the device carries Ethernet frames (TAP, veth), not IP (TUN)
	Port     uint16
	Flows    int // flow numbers from 0 to Flows-1 are ours; 1 to MaxFlows
}

func (c *SinkConfig) check() error {
	switch {
	case c.IfIndex < 1:
		return fmt.Errorf("sink IfIndex %d: want a device", c.IfIndex)
	case c.Port == 0:
		return errors.New("sink Port 0: want 1 to 65535")
	case c.Flows < 1 || c.Flows > MaxFlows:
		return fmt.Errorf("sink Flows %d: want 1 to %d", c.Flows, MaxFlows)
	}
	return nil
}

// Sink is a TCX ingress program that counts what Senders send to its port and
// drops it; it sees superpackets whole and accounts for each segment of them.
// Sequence numbers are judged over its whole life: one Sink takes one Sender.
// Its methods are safe for concurrent use.
type Sink struct {
	mu      sync.Mutex
	objects sinkObjects
	// The program stays attached only as long as this object lives.
	link   link.Link
	closed bool
}

// NewSink loads the program and attaches it. The error is an [UnsupportedError]
// when the kernel lacks BPF or TCX or the user may not use them.
func NewSink(cfg SinkConfig) (*Sink, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Sink{}
	if err := s.load(cfg); err != nil {
		return nil, fmt.Errorf("load sink: %w", explain(err))
	}
	err := cfg.Enter.run(func() (err error) {
		s.link, err = link.AttachTCX(link.TCXOptions{
			Interface: cfg.IfIndex,
			Program:   s.objects.Sink,
			Attach:    ebpf.AttachTCXIngress,
		})
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("attach sink to device %d: %w", cfg.IfIndex, explain(err)), s.Close())
	}
	return s, nil
}

func (s *Sink) load(cfg SinkConfig) error {
	// Only kernels before 5.11 charge maps to RLIMIT_MEMLOCK, and raising it takes
	// CAP_SYS_RESOURCE: where that fails, loading shows whether it mattered.
	_ = rlimit.RemoveMemlock()

	spec, err := sinkSpec(cfg)
	if err != nil {
		return err
	}
	return spec.LoadAndAssign(&s.objects, nil)
}

// sinkSpec returns the program with the constants of cfg in it.
func sinkSpec(cfg SinkConfig) (*ebpf.CollectionSpec, error) {
	spec, err := loadSink()
	if err != nil {
		return nil, err
	}
	l2 := uint32(0)
	if cfg.Ethernet {
		l2 = ethernetLen
	}
	spec.Maps[sinkMapFlows].MaxEntries = uint32(cfg.Flows)
	err = errors.Join(
		spec.Variables[sinkVarL2Len].Set(l2),
		spec.Variables[sinkVarPort].Set(cfg.Port),
		spec.Variables[sinkVarMaxFlows].Set(uint32(cfg.Flows)),
	)
	return spec, err
}

// explain turns what the kernel answers when it cannot do this into an
// UnsupportedError and leaves other errors as they are.
func explain(err error) error {
	switch {
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS):
		return &UnsupportedError{Feature: "eBPF with TCX", Remedy: "needs Linux 6.6 with CONFIG_BPF_SYSCALL and CONFIG_NET_XGRESS", Err: err}
	case errors.Is(err, unix.EPERM):
		return &UnsupportedError{Feature: "loading eBPF", Remedy: "run as root or with CAP_BPF and CAP_NET_ADMIN", Err: err}
	}
	return err
}

// Read returns all counts since NewSink. Each flow is read under its lock and
// each CPU on its own: the sums agree once traffic has stopped. After Close the
// error is os.ErrClosed.
func (s *Sink) Read() (SinkCounts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return SinkCounts{}, fmt.Errorf("read sink: %w", os.ErrClosed)
	}
	return readCounts(s.objects.Cpus, s.objects.Flows)
}

func readCounts(cpus, flows *ebpf.Map) (SinkCounts, error) {
	var c SinkCounts
	var perCPU []sinkCpuCounts
	if err := cpus.Lookup(uint32(0), &perCPU); err != nil {
		return SinkCounts{}, fmt.Errorf("read sink's CPUs: %w", err)
	}
	var buckets [len(sinkCpuCounts{}.Latency)]int64
	for i := range perCPU {
		cpu := &perCPU[i]
		c.PerCPU = append(c.PerCPU, CPUCounts{
			Skbs:            cpu.Skbs,
			Superpackets:    cpu.Superpackets,
			Segments:        cpu.Segments,
			Bytes:           cpu.Bytes,
			Foreign:         cpu.Foreign,
			NegativeLatency: cpu.NegativeLatency,
			ClampedLatency:  cpu.ClampedLatency,
		})
		for b, n := range cpu.Latency {
			buckets[b] += int64(n)
		}
	}
	c.Latency = importLatency(buckets[:])

	for i := range flows.MaxEntries() {
		var f sinkFlowState
		if err := flows.LookupWithFlags(i, &f, ebpf.LookupLock); err != nil {
			return SinkCounts{}, fmt.Errorf("read sink's flow %d: %w", i, err)
		}
		c.PerFlow = append(c.PerFlow, FlowCounts{
			Unique:     f.Unique,
			Duplicates: f.Duplicates,
			Reordered:  f.Reordered,
			TooOld:     f.TooOld,
			NextSeq:    f.Next,
		})
	}
	return c, nil
}

// Close detaches the program and frees its maps. It is idempotent.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.link != nil {
		err = s.link.Close()
	}
	if err = errors.Join(err, s.objects.Close()); err != nil {
		return fmt.Errorf("close sink: %w", err)
	}
	return nil
}

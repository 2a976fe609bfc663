package drops

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"

	"github.com/cilium/ebpf/link"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/forwarder/intake"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem drops dropReasons drops.bpf.c -- -mcpu=v3 -Wall -Wextra -idirafter /usr/include/x86_64-linux-gnu

// Config says where [Reasons] looks.
type Config struct {
	Namespaces map[string]uint64 // the inode of each namespace by a name for it
}

func (c *Config) check() error {
	if len(c.Namespaces) == 0 {
		return errors.New("drop reasons Namespaces: want one at least")
	}
	for name, inode := range c.Namespaces {
		if inode == 0 || inode > math.MaxUint32 {
			return fmt.Errorf("drop reasons Namespaces: %s has inode %d, want that of a namespace", name, inode)
		}
	}
	return nil
}

// Count is how many packets were dropped in one namespace for one reason.
type Count struct {
	Namespace string // its name in the config
	// Reason is the end of the kernel's SKB_DROP_REASON_… ("FULL_RING"), or the number
	// of one that belongs to a subsystem or has no name ("0x10003").
	Reason  string
	Packets uint64 // segments
}

// Reasons counts the packets that the kernel drops in some namespaces, by its
// reason: an eBPF program at the tracepoint skb:kfree_skb. What sinks drop is not
// among them: the reasons TC_INGRESS and XDP are left out, and what the XDP sink of a
// veth marked. A driver that drops without a reason counts as NOT_SPECIFIED. A drop in
// an interrupt that interrupts the counting of another is missed. Each drop anywhere on
// the host gets dearer by some ten nanoseconds. Its methods are safe for concurrent use.
type Reasons struct {
	names   map[uint32]string // of namespaces
	reasons reasonNames

	mu      sync.Mutex
	objects dropReasonsObjects
	link    link.Link
	closed  bool
}

// New starts to count. The error is a [host.UnsupportedError] when the kernel
// gives no reasons or the user may not ask.
func New(cfg Config) (*Reasons, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	d := &Reasons{names: make(map[uint32]string)}
	for name, inode := range cfg.Namespaces {
		d.names[uint32(inode)] = name
	}
	if err := d.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start counting drop reasons: %w", explainDrops(err)), d.Close())
	}
	return d, nil
}

func explainDrops(err error) error {
	return bpf.Explain(err, "drop reasons", "needs Linux 5.17 with CONFIG_DEBUG_INFO_BTF")
}

func (d *Reasons) start() (err error) {
	if d.reasons, err = kernelReasons(); err != nil {
		return err
	}
	spec, err := loadDropReasons()
	if err != nil {
		return err
	}
	spec.Maps[dropReasonsMapNamespaces].MaxEntries = uint32(len(d.names))
	spec.Maps[dropReasonsMapDrops].MaxEntries = uint32(len(d.names) * (len(d.reasons) + maxOtherReasons))
	err = errors.Join(
		spec.Variables[dropReasonsVarTcxReason].Set(d.reasons.number("TC_INGRESS")),
		spec.Variables[dropReasonsVarXdpReason].Set(d.reasons.number("XDP")),
		spec.Variables[dropReasonsVarNotSpecified].Set(d.reasons.number("NOT_SPECIFIED")),
		spec.Variables[dropReasonsVarTakenMark].Set(uint32(intake.TakenMark)),
	)
	if err != nil {
		return err
	}
	if err := bpf.Load(spec, &d.objects); err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	for inode := range d.names {
		if err := d.objects.Namespaces.Put(inode, uint8(1)); err != nil {
			return fmt.Errorf("add namespace %d: %w", inode, err)
		}
	}
	if d.link, err = link.AttachTracing(link.TracingOptions{Program: d.objects.CountDrop}); err != nil {
		return fmt.Errorf("attach program: %w", err)
	}
	return nil
}

// Read returns all drops since the start, ordered by namespace and reason. After
// Close the error is os.ErrClosed.
func (d *Reasons) Read() ([]Count, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fmt.Errorf("read drop reasons: %w", os.ErrClosed)
	}
	var (
		counts []Count
		key    dropReasonsDrop
		perCPU []uint64
	)
	entries := d.objects.Drops.Iterate()
	for entries.Next(&key, &perCPU) {
		count := Count{Namespace: d.names[key.Namespace], Reason: d.reasons.name(key.Reason)}
		for _, n := range perCPU {
			count.Packets += n
		}
		counts = append(counts, count)
	}
	if err := entries.Err(); err != nil {
		return nil, fmt.Errorf("read drop reasons: %w", err)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Reason, b.Reason))
	})
	return counts, nil
}

// Close detaches the program and frees its maps. It is idempotent.
func (d *Reasons) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	var err error
	if d.link != nil {
		err = d.link.Close()
	}
	if err = errors.Join(err, d.objects.Close()); err != nil {
		return fmt.Errorf("close drop reasons: %w", err)
	}
	return nil
}

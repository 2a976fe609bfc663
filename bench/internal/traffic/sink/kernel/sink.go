package kernel

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// hook is where in the kernel a sink's program runs.
type hook interface {
	// spec returns the program, its constants unset.
	spec() (*ebpf.CollectionSpec, error)
	// prepare changes spec to suit the device, from inside its namespace.
	prepare(spec *ebpf.CollectionSpec, ifIndex int) error
	// attach attaches the program to the device, from inside its namespace.
	attach(p *ebpf.Program, ifIndex int) (io.Closer, error)
	// explain makes a host.UnsupportedError of what the kernel answers when it cannot do
	// this.
	explain(err error) error
}

// objects are the program and the maps of every hook: the same names from the
// same header, sink.bpf.h.
type objects struct {
	sinkTCXPrograms
	sinkTCXMaps
	sinkTCXVariables
}

func (o *objects) Close() error {
	return errors.Join(o.sinkTCXPrograms.Close(), o.sinkTCXMaps.Close())
}

// Sink is a [sink.Sink] that is an eBPF program.
type Sink struct {
	mu      sync.Mutex
	objects objects
	// The program stays attached only as long as this object lives.
	attachment io.Closer
	closed     bool
}

// open loads the program of hook and attaches it.
func open(cfg sink.Config, hook hook) (_ *Sink, err error) {
	if err := check(&cfg); err != nil {
		return nil, err
	}
	s := &Sink{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	err = cfg.Enter.Run(func() error { return s.start(cfg, hook) })
	if err != nil {
		return nil, fmt.Errorf("start sink on device %d: %w", cfg.IfIndex, hook.explain(err))
	}
	return s, nil
}

func check(cfg *sink.Config) error {
	if cfg.IfIndex < 1 {
		return fmt.Errorf("sink IfIndex %d: want a device", cfg.IfIndex)
	}
	return cfg.Check()
}

// start does the work of open inside the device's namespace.
func (s *Sink) start(cfg sink.Config, hook hook) error {
	spec, err := sinkSpec(cfg, hook)
	if err != nil {
		return err
	}
	if err := hook.prepare(spec, cfg.IfIndex); err != nil {
		return err
	}
	if err := bpf.Load(spec, &s.objects); err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	attachment, err := hook.attach(s.objects.Sink, cfg.IfIndex)
	if err != nil {
		return fmt.Errorf("attach program: %w", err) // and no Closer that holds a nil pointer
	}
	s.attachment = attachment
	return nil
}

// sinkSpec returns the program of hook with the constants of cfg in it.
func sinkSpec(cfg sink.Config, hook hook) (*ebpf.CollectionSpec, error) {
	spec, err := hook.spec()
	if err != nil {
		return nil, err
	}
	l2, verify := uint32(0), uint8(0)
	if cfg.Ethernet {
		l2 = wire.EthernetLen
	}
	if cfg.Verify {
		verify = 1
	}
	spec.Maps[sinkTCXMapFlows].MaxEntries = uint32(cfg.Flows)
	spec.Maps[sinkTCXMapWindows].MaxEntries = uint32(cfg.Flows)
	err = errors.Join(
		spec.Variables[sinkTCXVarL2Len].Set(l2),
		spec.Variables[sinkTCXVarPort].Set(cfg.Port),
		spec.Variables[sinkTCXVarMaxFlows].Set(uint32(cfg.Flows)),
		spec.Variables[sinkTCXVarMaxLen].Set(uint32(math.MaxUint32)),
		spec.Variables[sinkTCXVarVerify].Set(verify),
	)
	return spec, err
}

// Begin is that of a [sink.Sink].
func (s *Sink) Begin() error { return s.BeginAt(thread.Now()) }

// BeginAt is that of a [sink.Sink].
func (s *Sink) BeginAt(epoch int64) error {
	return s.whileOpen("begin a load at sink", func() error { return s.objects.Epoch.Set(uint64(epoch)) })
}

// Read is that of a [sink.Sink].
func (s *Sink) Read() (c sink.Counts, err error) {
	err = s.whileOpen("read sink", func() error {
		c, err = readCounts(&s.objects.sinkTCXMaps)
		return err
	})
	return c, err
}

// Received is that of a [sink.Sink].
func (s *Sink) Received() (n uint64, err error) {
	err = s.whileOpen("read sink", func() error {
		cpus, err := readCPUs(s.objects.Cpus)
		n = sink.Counts{PerCPU: cpus}.Total().Segments
		return err
	})
	return n, err
}

// Cost is that of a [sink.Sink].
func (s *Sink) Cost() (c sink.Cost, err error) {
	err = s.whileOpen("read sink's cost", func() error {
		c, err = programCost(s.objects.Sink)
		return err
	})
	return c, err
}

// whileOpen runs f unless the sink is closed, and keeps it from being closed meanwhile.
func (s *Sink) whileOpen(what string, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%s: %w", what, os.ErrClosed)
	}
	return f()
}

// Close is that of a [sink.Sink].
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.attachment != nil {
		err = s.attachment.Close()
	}
	if err = errors.Join(err, s.objects.Close()); err != nil {
		return fmt.Errorf("close sink: %w", err)
	}
	return nil
}

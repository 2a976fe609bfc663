package traffic

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

const ethernetLen = 14

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

// sinkObjects are the program and the maps of every hook: the same names from the
// same header, sink.bpf.h.
type sinkObjects struct {
	sinkTCXPrograms
	sinkTCXMaps
	sinkTCXVariables
}

func (o *sinkObjects) Close() error {
	return errors.Join(o.sinkTCXPrograms.Close(), o.sinkTCXMaps.Close())
}

// sink is a Receiver that is an eBPF program.
type sink struct {
	mu      sync.Mutex
	objects sinkObjects
	// The program stays attached only as long as this object lives.
	attachment io.Closer
	closed     bool
}

// newSink loads the program of hook and attaches it.
func newSink(cfg SinkConfig, hook hook) (_ *sink, err error) {
	s := &sink{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	err = cfg.Enter.run(func() error { return s.start(cfg, hook) })
	if err != nil {
		return nil, fmt.Errorf("start sink on device %d: %w", cfg.IfIndex, hook.explain(err))
	}
	return s, nil
}

// start does the work of newSink inside the device's namespace.
func (s *sink) start(cfg SinkConfig, hook hook) error {
	spec, err := sinkSpec(cfg, hook)
	if err != nil {
		return err
	}
	if err := hook.prepare(spec, cfg.IfIndex); err != nil {
		return err
	}
	if err := loadObjects(spec, &s.objects); err != nil {
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
func sinkSpec(cfg SinkConfig, hook hook) (*ebpf.CollectionSpec, error) {
	spec, err := hook.spec()
	if err != nil {
		return nil, err
	}
	l2, verify := uint32(0), uint8(0)
	if cfg.Ethernet {
		l2 = ethernetLen
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

// loadObjects loads what spec describes and assigns it to the fields of objects.
func loadObjects(spec *ebpf.CollectionSpec, objects any) error {
	raiseMemlock()
	return spec.LoadAndAssign(objects, nil)
}

// explain turns what the kernel answers when it lacks feature into an
// host.UnsupportedError and leaves other errors as they are.
func explain(err error, feature, remedy string) error {
	switch {
	case errors.As(err, new(*host.UnsupportedError)):
		return err // it says more
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return &host.UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	case errors.Is(err, unix.EPERM):
		return &host.UnsupportedError{Feature: "loading eBPF", Remedy: "run as root or with CAP_BPF and CAP_NET_ADMIN", Err: err}
	}
	return err
}

func (s *sink) Begin() error {
	return s.open("begin a load at sink", func() error { return s.objects.Epoch.Set(uint64(monotonic())) })
}

func (s *sink) Read() (c SinkCounts, err error) {
	err = s.open("read sink", func() error {
		c, err = readCounts(&s.objects.sinkTCXMaps)
		return err
	})
	return c, err
}

func (s *sink) Received() (n uint64, err error) {
	err = s.open("read sink", func() error {
		cpus, err := readCPUs(s.objects.Cpus)
		n = SinkCounts{PerCPU: cpus}.Total().Segments
		return err
	})
	return n, err
}

func (s *sink) Cost() (c Cost, err error) {
	err = s.open("read sink's cost", func() error {
		c, err = programCost(s.objects.Sink)
		return err
	})
	return c, err
}

// open runs f unless the sink is closed, and keeps it from being closed meanwhile.
func (s *sink) open(what string, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%s: %w", what, os.ErrClosed)
	}
	return f()
}

func (s *sink) Close() error {
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

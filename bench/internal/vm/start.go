package vm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
)

// AgentCommand is the command of this program that a guest runs.
const AgentCommand = "guest-agent"

// bootPatience is how long a guest may take from its first instruction to the agent.
const bootPatience = 110 * time.Second

// Spec says which guest a scene has.
type Spec struct {
	Kernel   string // a pattern of a Debian kernel, as guest.ParsePattern reads it
	Queues   int    // queue pairs of its NIC, and at least as many CPUs
	VnetHdr  bool   // a virtio_net_hdr on each packet of the TAP device; without one there are no features
	Checksum bool   // checksums are left to the other side
	TSO      bool   // so are TCP superpackets; needs Checksum
	Emulated bool   // QEMU translates every instruction, else KVM runs the guest
}

// Machines starts guests, one at a time, and remembers between them what works here. Its methods may be called from any goroutine.
type Machines struct {
	// Program is a static build of tunbench; "" is this one.
	Program string
	// Waiting is called when another process's guest has to end first; it may be nil.
	Waiting func()

	mu      sync.Mutex // guards what follows
	cache   string
	archive *guest.Archive
	kernels map[string]guest.Kernel
}

// HasKVM says whether guests with a kernel start with KVM here, by trying. The error is that of Start.
func (m *Machines) HasKVM(ctx context.Context, kernel string) (bool, error) {
	launcher, k, err := m.prepare(ctx, kernel)
	if err != nil {
		return false, explain(err)
	}
	accel, err := launcher.FindAccel(ctx, k)
	return accel == guest.KVM, explain(err)
}

// Start boots a guest on the TAP device of a scene, and makes it end B. The scene must have been built with cfg. A host that cannot
// do it is a host.Unfit; a guest that does not boot a *guest.BootError.
func (m *Machines) Start(ctx context.Context, scene *testbed.Testbed, cfg testbed.Config, spec Spec) (*Guest, error) {
	g, err := m.start(ctx, scene, cfg, spec)
	return g, explain(err)
}

// explain says in the words of the measurement what a guest lacks here.
func explain(err error) error {
	if missing := (*guest.UnsupportedError)(nil); errors.As(err, &missing) {
		return &host.Unfit{Missing: missing.Missing + " for a guest", Remedy: missing.Remedy}
	}
	if err != nil {
		return fmt.Errorf("start guest: %w", err)
	}
	return nil
}

// prepare has everything ready that a boot needs.
func (m *Machines) prepare(ctx context.Context, kernel string) (*guest.Launcher, guest.Kernel, error) {
	if err := guest.FindQEMU(); err != nil {
		return nil, guest.Kernel{}, err
	}
	program := m.Program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return nil, guest.Kernel{}, fmt.Errorf("find this program: %w", err)
		}
	}
	if err := guest.CheckPrograms(program, nil); err != nil {
		return nil, guest.Kernel{}, err
	}
	k, err := m.kernel(ctx, kernel)
	if err != nil {
		return nil, guest.Kernel{}, err
	}
	return &guest.Launcher{
		Program: program, Accel: guest.Auto, Machine: guest.DefaultMachine, Timeout: bootPatience, Lock: guest.LockFile(m.cache), Waiting: m.Waiting,
	}, k, nil
}

func (m *Machines) start(ctx context.Context, scene *testbed.Testbed, cfg testbed.Config, spec Spec) (*Guest, error) {
	launcher, kernel, err := m.prepare(ctx, spec.Kernel)
	if err != nil {
		return nil, err
	}
	queues, err := scene.OpenGuestQueues(spec.Queues, spec.VnetHdr)
	if err != nil {
		return nil, err
	}
	defer func() { // QEMU has its own descriptors of them
		for _, q := range queues {
			_ = q.Close()
		}
	}()
	if launcher.Accel = guest.KVM; spec.Emulated {
		launcher.Accel = guest.Emulated
	}
	launcher.Machine.CPUs = max(launcher.Machine.CPUs, spec.Queues)
	launcher.NIC = &guest.NIC{Queues: queues, MAC: net.HardwareAddr(testbed.GuestMAC()), Features: guest.NICFeatures{Checksum: spec.Checksum, Segmentation: spec.TSO}}
	session, err := launcher.Start(ctx, kernel, []string{AgentCommand})
	if err != nil {
		return nil, err
	}
	g, err := Join(ctx, session, cfg)
	if err != nil {
		return nil, err
	}
	g.Facts = Facts{Release: session.Release, Emulated: session.Emulated, CPUs: launcher.Machine.CPUs, Process: session.Process, Boot: session.Took}
	return g, nil
}

// kernel gets the kernel of a pattern, once.
func (m *Machines) kernel(ctx context.Context, pattern string) (k guest.Kernel, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, has := m.kernels[pattern]; has {
		return k, nil
	}
	p, err := guest.ParsePattern(pattern)
	if err != nil {
		return k, err
	}
	if m.archive == nil {
		if m.cache, err = guest.CacheFolder(); err != nil {
			return k, err
		}
		if m.archive, err = guest.OpenArchive(guest.KernelFolder(m.cache)); err != nil {
			return k, err
		}
	}
	if k, err = m.archive.Get(ctx, p); err != nil {
		return k, err
	}
	if m.kernels == nil {
		m.kernels = map[string]guest.Kernel{}
	}
	m.kernels[pattern] = k
	return k, nil
}

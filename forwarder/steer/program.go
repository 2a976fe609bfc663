package steer

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel,bpfeb steer steer.bpf.c -- -mcpu=v3 -Wall -Wextra -idirafter /usr/include/x86_64-linux-gnu

// maxQueues is how many queues a device can have (MAX_TAP_QUEUES in drivers/net/tun.c).
const maxQueues = 256

// noProgram in place of a program's fd detaches (tun_set_ebpf in drivers/net/tun.c).
const noProgram = -1

// Program is a policy, loaded for devices with a certain number of queues. It may be
// attached to several devices, but counts their packets together. Its methods are safe
// for concurrent use.
type Program struct {
	mu      sync.Mutex
	program *ebpf.Program // nil with PolicyKernel
	packets *ebpf.Map     // what program counts, by queue
	closed  bool
}

// Load loads the program of a policy for devices with 1 to 256 queues; PolicyKernel has
// none. The error is an [UnsupportedError] when the kernel cannot run the program or
// the user may not load it.
func Load(policy Policy, queues int) (*Program, error) {
	if _, err := ParsePolicy(string(policy)); err != nil {
		return nil, err
	}
	if queues < 1 || queues > maxQueues {
		return nil, fmt.Errorf("steer over %d queues: want 1 to %d", queues, maxQueues)
	}
	p := &Program{}
	if policy == PolicyKernel {
		return p, nil
	}
	if err := p.load(policy, queues); err != nil {
		return nil, fmt.Errorf("load steering program %s: %w", policy, explain(err))
	}
	return p, nil
}

// load loads the policy's program alone, with its map.
func (p *Program) load(policy Policy, queues int) error {
	spec, err := loadSteer()
	if err != nil {
		return err
	}
	name := steerProgSteerHash
	if policy == PolicyCPU {
		name = steerProgSteerCpu
	}
	spec.Programs = map[string]*ebpf.ProgramSpec{name: spec.Programs[name]}
	spec.Maps[steerMapPackets].MaxEntries = uint32(queues)
	if err := spec.Variables[steerVarQueues].Set(uint32(queues)); err != nil {
		return err
	}
	// Only kernels before 5.11 charge maps to RLIMIT_MEMLOCK; where it cannot be
	// raised, loading shows whether it mattered.
	_ = rlimit.RemoveMemlock()
	objects, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	defer objects.Close() // what was taken out of it is ours
	p.program, p.packets = objects.DetachProgram(name), objects.DetachMap(steerMapPackets)
	return nil
}

// Attach lets the program choose the queue on the device that fd is any queue of, in
// place of the one before. The device must have as many queues as the program was
// loaded for, or the counts are wrong. It holds the program until it is detached or the
// device ends, also beyond Close. With PolicyKernel, Attach is Detach.
//
// The error is an [UnsupportedError] when the driver cannot be steered, and os.ErrClosed
// after Close.
func (p *Program) Attach(fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return fmt.Errorf("attach steering program: %w", os.ErrClosed)
	case p.program == nil:
		return Detach(fd)
	}
	if err := setProgram(fd, p.program.FD()); err != nil {
		return fmt.Errorf("attach steering program: %w", err)
	}
	return nil
}

// Detach gives the choice back to the driver, on the device that fd is any queue of.
// It is no error when no program was attached.
func Detach(fd int) error {
	if err := setProgram(fd, noProgram); err != nil {
		return fmt.Errorf("detach steering program: %w", err)
	}
	return nil
}

func setProgram(fd, program int) error {
	return explainAttach(unix.IoctlSetPointerInt(fd, unix.TUNSETSTEERINGEBPF, program))
}

// Counts returns how many packets were given to each queue, superpackets as one and
// those included that found its ring full. It is nil with PolicyKernel, which counts
// nothing. After Close the error is os.ErrClosed.
func (p *Program) Counts() ([]uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, fmt.Errorf("read steering counters: %w", os.ErrClosed)
	case p.packets == nil:
		return nil, nil
	}
	counts := make([]uint64, p.packets.MaxEntries())
	for queue := range counts {
		var perCPU []uint64
		if err := p.packets.Lookup(uint32(queue), &perCPU); err != nil {
			return nil, fmt.Errorf("read steering counter of queue %d: %w", queue, err)
		}
		for _, n := range perCPU {
			counts[queue] += n
		}
	}
	return counts, nil
}

// Close lets go of the program. Devices that it is attached to keep it. It may be
// called again.
func (p *Program) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.program == nil {
		p.closed = true
		return nil
	}
	p.closed = true
	if err := errors.Join(p.program.Close(), p.packets.Close()); err != nil {
		return fmt.Errorf("close steering program: %w", err)
	}
	return nil
}

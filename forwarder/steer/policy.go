package steer

import (
	"fmt"
	"slices"
)

// Policy is how a queue is chosen.
type Policy string

const (
	// PolicyHash gives all packets of a flow, in both directions, one queue index: TCP
	// and UDP by addresses, protocol and ports, IP fragments and other protocols by
	// addresses and protocol. What is not IP has queue 0. With as many queues on two
	// devices both directions of a flow through them meet on one worker.
	PolicyHash Policy = "hash"
	// PolicyCPU gives a packet the queue of the CPU that sends it. A flow whose sender
	// moves to another CPU changes its queue, and may be reordered by it.
	PolicyCPU Policy = "cpu"
	// PolicyKernel leaves the choice to the driver: no program is attached.
	PolicyKernel Policy = "kernel"
)

// Policies lists all policies.
func Policies() []Policy { return []Policy{PolicyHash, PolicyCPU, PolicyKernel} }

// ParsePolicy reads one of hash, cpu, kernel.
func ParsePolicy(s string) (Policy, error) {
	if p := Policy(s); slices.Contains(Policies(), p) {
		return p, nil
	}
	return "", fmt.Errorf("steering policy %q: want one of %v", s, Policies())
}

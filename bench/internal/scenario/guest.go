package scenario

import (
	"errors"
	"regexp"
)

// Accel is how the guest of topo=vm runs.
type Accel string

// The ways to run a guest.
const (
	KVM      Accel = "kvm"
	Emulated Accel = "emulated" // QEMU translates every instruction: figures show that it works, not how fast it is
)

// GuestOffload is what the guest's NIC leaves to the host and the host to the guest. Each includes those before it.
type GuestOffload string

// The offloads of a guest's NIC.
const (
	GuestBare GuestOffload = "bare" // QEMU opens its TAP device without a vnet header
	GuestNone GuestOffload = "none" // with a vnet header, and nothing in it
	GuestCsum GuestOffload = "csum" // checksums
	GuestTSO  GuestOffload = "tso"  // TCP superpackets
)

const (
	maxGuestQueues = 8      // each has a CPU of the guest
	guestKernel    = "6.12" // has BPF TCX, and is in Debian's stable release
)

// OffersChecksums says whether checksums are left to the other side.
func (o GuestOffload) OffersChecksums() bool { return o == GuestCsum || o == GuestTSO }

func inVM(s *Scenario) bool { return s.Topo == VM }

// guestKeys are the settings of topo=vm.
func guestKeys() []key {
	return []key{
		{
			name: "guest", doc: "the guest's kernel: a Debian package, by [SUITE:]VERSION as for tunbench kernels",
			allowed: "a version such as 6.1 or trixie-backports:7.3", initial: constant(guestKernel), applies: always,
			parse: func(s *Scenario, text string) error {
				if !kernelPattern.MatchString(text) {
					return errors.New("not a kernel's version")
				}
				s.Guest = text
				return nil
			},
			print: func(s *Scenario) string { return s.Guest },
		},
		number("guestqueues", "queue pairs of the guest's NIC and of its TAP device", 1, 1, maxGuestQueues, func(s *Scenario) *int { return &s.GuestQueues }),
		word("guestoffload", "what QEMU asks of its TAP device: no vnet header (bare), a header alone, checksums, TCP superpackets", GuestTSO,
			func(s *Scenario) *GuestOffload { return &s.GuestOffload }, GuestBare, GuestNone, GuestCsum, GuestTSO),
		word("accel", "how the guest runs; emulated where no guest starts with KVM", KVM, func(s *Scenario) *Accel { return &s.Accel }, KVM, Emulated),
	}
}

// kernelPattern is what guest.ParsePattern takes.
var kernelPattern = regexp.MustCompile(`^([a-z][a-z0-9-]*:)?[0-9]+\.[0-9][A-Za-z0-9.+~-]*$`)

// withGuest has the keys of topo=vm follow the others.
func withGuest(keys []key) []key {
	for _, k := range guestKeys() {
		keys = append(keys, k.only("applies only to topo=vm", inVM))
	}
	return keys
}

// checkVM is the rules of topo=vm for the settings before it and behind it.
func checkVM(s *Scenario) *breach {
	switch {
	case s.Topo != VM:
	case s.OpenLoop() && s.Sink == SinkXDP:
		return &breach{"a guest counts with sink=tcx or socket", "vm with one of these"}
	case s.OpenLoop() && s.Segs > 1:
		return &breach{"QEMU's NIC takes no UDP superpackets", "vm with segs=1"}
	case !s.Gen.InKernel() && s.Gen != GenSocket:
		return &breach{"a guest has none of the generators of others", "vm with gen=socket"}
	case s.OpenLoop() && s.Dir == Bi && s.Gen.InKernel():
		return &breach{"a guest sends by sockets", "vm with gen=socket, or dir=uni"}
	}
	return nil
}

// onHost is the scenario with another host in place of the guest: the load goes into the same devices.
func (s Scenario) onHost() Scenario {
	if s.Topo != VM {
		return s
	}
	s.Topo = Bridged
	s.Guest, s.GuestQueues, s.GuestOffload, s.Accel = "", 0, "", ""
	return s
}

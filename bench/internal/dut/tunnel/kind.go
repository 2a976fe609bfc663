// Package tunnel has the tunnels that are programs, each in a file of its own: what this host must have for it, what
// keys and files its two ends need, and how each is started. Who starts and ends them, and waits until packets pass,
// is package dut. A tunnel of the kernel's is a device of the scene and has no place here.
//
// A new tunnel is a row in tunnels of package scenario, a file here, and a line in All. A tunnel of a user's is described by
// a program file instead, see package program.
package tunnel

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
)

// Kind is one tunnel. It has no state: all that belongs to a run is in the [Place].
type Kind interface {
	// Name is the word of dut=.
	Name() string

	// Creates says that the program makes the device of its end, with the name that [Side] has; it is given its
	// addresses, MTU and routes when it is there. Otherwise the device exists, persistent, and the program
	// attaches to it.
	Creates() bool

	// MultiQueue says that devices which exist are made with IFF_MULTI_QUEUE: the program then has to attach
	// with that flag, and without it otherwise.
	MultiQueue() bool

	// Missing returns what this host lacks for it, with the remedy (an error that is host.ErrCannot); nil if
	// nothing. It is asked before a scene is built, and by doctor; it changes nothing.
	Missing() error

	// Prepare makes the keys and files of both ends and returns how to start them: A's first. Both are started
	// at once, in this order. It ends early when ctx is done.
	Prepare(ctx context.Context, p Place) ([2]Command, error)

	// Version is the command that prints the program's version in its first line; nil if there is none.
	Version() []string
}

// Place is where a tunnel is to run.
type Place struct {
	Scenario scenario.Scenario
	// Dir is a folder that only this user can read (0700), and that is removed with all that is in it when the
	// run is over, also by `tunbench clean` after a crash. Keys belong here, and nowhere else: neither in
	// arguments, which everybody can read in /proc, nor in what is printed.
	Dir string
	A   Side
	B   Side
}

// Side is one end: a host with a device that packets enter, and the physical link that they leave by.
type Side struct {
	Name   string // "a" or "b"
	Device string // name of its TUN or TAP device
	Kind   scenario.Dev
	MTU    int          // of the device, in bytes
	Addr   netip.Prefix // of the device
	Addr6  netip.Prefix // the zero Prefix with ip=4
	Far    netip.Addr   // the address of the other end's device
	Far6   netip.Addr   // the zero Addr with ip=4

	// Dir is a folder below that of the Place which only this end has. It is also told to the program, as TUNBENCH_DIR.
	Dir string

	LinkDevice string     // name of the physical link's device
	LinkAddr   netip.Addr // on the physical link
	PeerAddr   netip.Addr // of the other end on the physical link

	// CPUs are those that the program may use; it is started on these only. None: any. One that pins its threads
	// itself does it to these.
	CPUs []int
}

// Sides are both ends, A's first.
func (p *Place) Sides() [2]Side { return [2]Side{p.A, p.B} }

// Command is how one end is started: in the network namespace of its host, and with standard output and error going where
// their last lines are kept.
type Command struct {
	Args []string // the first is a path, or found in PATH
	Dir  string   // its working folder; "" is that of the Place
	Env  []string // NAME=VALUE, beside the environment of tunbench

	// Ready is a text that the program prints when it is ready; "" is none. In any case both devices must be there
	// and have a carrier, and a packet must have come through each way.
	Ready string
	// ReadyFile is a file that the program makes when it is ready; "" is none.
	ReadyFile string

	// Stop is the signal that ends the program; "" is TERM.
	Stop string
	// StopWithin is how long it may take to end before it is killed; 0 is EndWithin.
	StopWithin time.Duration
}

// ReadyWithin is how long both ends may take until packets pass.
const ReadyWithin = 30 * time.Second

// EndWithin is how long a program may take to end when it is told to, before it is killed.
const EndWithin = 5 * time.Second

// All are the tunnels that are programs.
func All() []Kind {
	return []Kind{Plain{}, OpenVPN{}, WireGuardGo{}, Nebula{}}
}

// Find returns the tunnel of a name; false if there is none.
func Find(name string) (Kind, bool) {
	for _, k := range All() {
		if k.Name() == name {
			return k, true
		}
	}
	return nil, false
}

// NeedsProgram returns nil if a program can be found in PATH, or an *host.Unfit with the Debian package that has it.
func NeedsProgram(program, debianPackage string) error {
	if _, err := exec.LookPath(program); err != nil {
		return &host.Unfit{Missing: "the program " + program, Remedy: fmt.Sprintf("install it (Debian: apt-get install %s)", debianPackage)}
	}
	return nil
}

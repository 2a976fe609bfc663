package testbed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Testbed is a scene that is set: the namespaces tb-<pid>-a and -b, for topologies
// Route, Bridge and Bridges also -r, with everything in them. A process has at most one at a time.
// Its methods may be called from any goroutine, but none while Down runs or later.
type Testbed struct {
	a, b     *End
	router   *router                         // nil without one
	physical [2]*PhysicalEnd                 // at A, at B; nil without one
	adopt    func(ctx context.Context) error // configures devices that were absent; nil where none are

	outlets []outlet // devices of a DUT that are not the ends' own, towards A and towards B; nil without any

	mu   sync.Mutex
	undo []func() error // what was made, in order
}

// End is one end of the scene: where traffic starts or arrives.
type End struct {
	Namespace *Namespace
	Device    string // name of its device
	IfIndex   int
	Addr      netip.Addr // the IPv4 address
	Addr6     netip.Addr // the IPv6 address; the zero Addr without Config.IPv6

	// Behind and Behind6 are addresses on this side that are not the end's own:
	// sources for packets that it forwards, see Config.Forward. Nothing leads back to
	// them. Behind6 is the zero Addr without Config.IPv6.
	Behind, Behind6 netip.Addr

	// HardwareAddr is the device's and NextHop that of the neighbour it sends to: B's,
	// A's or the router's. Both are nil if packets carry no Ethernet header.
	HardwareAddr, NextHop net.HardwareAddr
	// Physical is where the physical link of topology Tunnel begins; nil in the others.
	Physical *PhysicalEnd
	// Ethernet says that the device carries Ethernet frames: TAP and veth.
	Ethernet bool

	// Attach is where a device under test takes the packets of this end and gives it others:
	// the end's own device, or in topology Bridges a TAP device on the end's bridge.
	Attach Attachment

	between []Attachment // the other devices on this end's side
	under   *End         // what the end would be without its VXLAN device; nil where it has none
	plan    linkPlan     // what its own device was told
}

// Attachment is a device that a device under test opens.
type Attachment struct {
	Namespace *Namespace
	Device    string
	IfIndex   int // 0 while Config.Absent leaves the device to be made
}

// router is the namespace between the ends.
type router struct {
	namespace *Namespace
	ifIndexes []int // towards A, towards B
}

// Up builds the scene. It first removes what dead processes left behind, see
// Clean. A failed Up leaves nothing.
//
// A Config that cannot be used is a *ConfigError, something the kernel lacks an
// *UnsupportedError, a second Testbed in the same process ErrNameTaken.
func Up(ctx context.Context, cfg Config) (*Testbed, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	// Remains that cannot be removed matter only if they have our name, and then
	// creating the namespace says so.
	_, _ = Clean()

	t := &Testbed{}
	if err := t.build(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("set up testbed: %w", err), t.Down())
	}
	return t, nil
}

// Adopt configures the devices that somebody else made since Up, with Config.Absent, by
// the names that the ends have. One that is not there is an error.
func (t *Testbed) Adopt(ctx context.Context) error {
	if err := t.adopt(ctx); err != nil {
		return fmt.Errorf("take over devices: %w", err)
	}
	return nil
}

// HasDevices reports whether both devices of the device under test are there.
func (t *Testbed) HasDevices() (bool, error) {
	for _, end := range []*End{t.a, t.b} {
		if has, err := end.Attach.Namespace.hasDevice(end.Attach.Device); !has || err != nil {
			return false, err
		}
	}
	return true, nil
}

// A is the end that traffic starts from.
func (t *Testbed) A() *End { return t.a }

// B is the end that traffic goes to.
func (t *Testbed) B() *End { return t.b }

// passed are the devices that packets between the ends pass: those of both ends, those that
// a DUT attaches to, those of the physical link, and those of a router or bridge.
func (t *Testbed) passed() (all []Attachment) {
	ends := []*End{t.a, t.b}
	for _, end := range ends {
		own := Attachment{end.Namespace, end.Device, end.IfIndex}
		if all = append(all, own); own != end.Attach {
			all = append(all, end.Attach)
		}
	}
	for i, physical := range t.physical {
		if physical != nil {
			all = append(all, Attachment{ends[i].Namespace, physical.Device, physical.IfIndex})
		}
	}
	if t.router != nil {
		for i, index := range t.router.ifIndexes {
			all = append(all, Attachment{t.router.namespace, routerDevices()[i], index})
		}
	}
	return all
}

// Router is the namespace between the ends, of topologies Route, Bridge and Bridges,
// otherwise nil.
func (t *Testbed) Router() *Namespace {
	if t.router == nil {
		return nil
	}
	return t.router.namespace
}

// Down removes everything that Up made and returns when the namespaces are no
// longer listed. Later calls do nothing. An fd that somebody still holds inside
// keeps a namespace alive, invisibly, until it is closed.
func (t *Testbed) Down() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for i := len(t.undo) - 1; i >= 0; i-- {
		errs = append(errs, t.undo[i]())
	}
	t.undo = nil
	return errors.Join(errs...)
}

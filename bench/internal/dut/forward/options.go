package forward

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// netnsDir is where named network namespaces are bound (ip-netns(8)).
const netnsDir = "/run/netns"

// Endpoint names a device and the namespace it is in.
type Endpoint struct {
	NetNS  string `json:"netns"` // path; empty: the caller's namespace
	Device string `json:"device"`
}

// ParseEndpoint reads [NETNS:]DEVICE, where NETNS is a name as `ip netns` lists
// it, or a path.
func ParseEndpoint(s string) (Endpoint, error) {
	netns, device, found := strings.Cut(s, ":")
	if !found {
		netns, device = "", s
	}
	if device == "" || found && netns == "" {
		return Endpoint{}, fmt.Errorf("endpoint %q: want [NETNS:]DEVICE", s)
	}
	if netns != "" && !strings.Contains(netns, "/") {
		netns = filepath.Join(netnsDir, netns)
	}
	return Endpoint{NetNS: netns, Device: device}, nil
}

// String is the endpoint as ParseEndpoint reads it; it is quoted where a terminal would not
// show it as it is.
func (e Endpoint) String() string {
	text := e.Device
	if e.NetNS != "" {
		text = strings.TrimPrefix(e.NetNS, netnsDir+"/") + ":" + e.Device
	}
	if quoted := strconv.Quote(text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// Options says which devices to forward between, and how. The limits of each field are those of tun.Config and
// forwarder.Config.
type Options struct {
	A          Endpoint         `json:"a"`
	B          Endpoint         `json:"b"`
	Kind       tun.Kind         `json:"kind"`
	Queues     int              `json:"queues"`
	VnetHdr    bool             `json:"vnet_hdr"`
	Offload    tun.Offload      `json:"offload"`
	InterfaceA Interface        `json:"interface_a,omitzero"`
	InterfaceB Interface        `json:"interface_b,omitzero"`
	Attach     bool             `json:"attach"` // the devices must exist
	Batch      int              `json:"batch"`
	Spin       time.Duration    `json:"spin"`
	Engine     forwarder.Engine `json:"engine"`
	GSO        forwarder.GSO    `json:"gso"`
	GRO        forwarder.GRO    `json:"gro"`
	Steer      steer.Policy     `json:"steer"`            // empty, or a single queue: nothing to steer
	Intake     intake.Mode      `json:"intake,omitempty"` // empty: off
	CPUs       []int            `json:"cpus"`             // pin worker i to CPUs[i mod len]
	Follow     forwarder.Follow `json:"follow,omitempty"` // empty, or with a handicap: off

	// Handicap is the share of each worker's CPU that is wasted, 0 to MaxHandicap: for
	// those who want to see whether a comparison finds it. It needs CPUs.
	Handicap float64 `json:"handicap,omitempty"`
}

// workerCPUs are the CPUs that workers are pinned to, each once.
func (o *Options) workerCPUs() []int {
	cpus := slices.Clone(o.CPUs[:min(len(o.CPUs), o.Queues)])
	slices.Sort(cpus)
	return slices.Compact(cpus)
}

// follow is Follow, but for a worker with a handicap, which must not leave the CPU that it has it on.
func (o *Options) follow() forwarder.Follow {
	if o.Handicap > 0 {
		return forwarder.FollowOff
	}
	return o.Follow
}

// ErrSameDevice says that both endpoints name the same device.
var ErrSameDevice = errors.New("a and b are the same device")

// side is one device and what it is to be set to.
type side struct {
	Endpoint
	Interface
}

// sides are the two devices, A first.
func (o *Options) sides() [2]side {
	return [2]side{{o.A, o.InterfaceA}, {o.B, o.InterfaceB}}
}

// device is how to open the device of one side.
func (o *Options) device(s side) tun.Config {
	return tun.Config{
		NetNS:     s.NetNS,
		Name:      s.Device,
		Kind:      o.Kind,
		Queues:    o.Queues,
		VnetHdr:   o.VnetHdr,
		Offload:   o.Offload,
		Up:        s.Up == nil,
		MustExist: o.Attach,
	}
}

// check finds what can be told to be wrong without a look at the host.
func (o *Options) check() error {
	if o.A == o.B {
		return fmt.Errorf("%v: %w", o.A, ErrSameDevice)
	}
	for _, s := range o.sides() {
		cfg := o.device(s)
		if err := errors.Join(cfg.Check(), s.Config.Check(o.Kind)); err != nil {
			return fmt.Errorf("%v: %w", s.Endpoint, err)
		}
	}
	return nil
}

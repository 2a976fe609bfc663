package testbed

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Hold is how a device under test has one of the devices that it attaches to.
type Hold struct {
	Device string // "tb0 in tb-1234-a"
	Gone   bool   // there is no such device any more
	Left   bool   // it is up, but nobody has a queue of it
	Queues int    // that somebody has; 0 where the kernel does not tell: of a device without IFF_MULTI_QUEUE
}

// Holds reads how the device under test has its devices, A's first. Of the kernel's own devices it means nothing.
func (t *Testbed) Holds() (holds [2]Hold, err error) {
	for i, end := range []*End{t.a, t.b} {
		at := end.Attach
		holds[i].Device = at.Device + " in " + at.Namespace.name
		link, err := at.Namespace.netlink.LinkByIndex(at.IfIndex)
		if errors.As(err, new(netlink.LinkNotFoundError)) {
			holds[i].Gone = true
			continue
		}
		if err != nil {
			return holds, fmt.Errorf("look at %s: %w", holds[i].Device, err)
		}
		// Of a device that is down nothing can be told: the kernel shows no carrier.
		flags := link.Attrs().RawFlags
		holds[i].Left = flags&unix.IFF_UP != 0 && flags&unix.IFF_LOWER_UP == 0
		if tuntap, ok := link.(*netlink.Tuntap); ok {
			holds[i].Queues = tuntap.Queues
		}
	}
	return holds, nil
}

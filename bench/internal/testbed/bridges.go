package testbed

import (
	"context"
	"fmt"

	"tunbench/forwarder/tun"
)

// outlets are the TAP devices of topology Bridges, on the bridge of A and on that of B. They
// are in one namespace, as on a host whose virtual machines they would be for.
func outlets() []outlet {
	return []outlet{{"tap0", "br0"}, {"tap1", "br1"}}
}

// wireBridges makes a bridge for each end, joins it to the end, and gives it a TAP device.
func wireBridges(spaces map[role]*Namespace, cfg Config) error {
	if err := wireRoute(spaces, cfg); err != nil {
		return err
	}
	ns := spaces[roleR]
	for i, device := range routerDevices() {
		outlet := outlets()[i]
		if err := ns.addBridge(outlet.bridge, cfg); err != nil {
			return err
		}
		if err := ns.joinBridge(device, outlet.bridge, cfg); err != nil {
			return err
		}
		if err := ns.allowRedirect(device, cfg); err != nil {
			return err
		}
		if cfg.Absent {
			continue
		}
		err := ns.Do(func() error { return createDevice(outlet.device, tun.TAP, cfg.MultiQueue) })
		if err != nil {
			return fmt.Errorf("create TAP device in %s: %w", ns.name, err)
		}
	}
	return nil
}

// buildOutlets has the devices that a DUT attaches to join their bridges, or leaves that to
// Adopt, when they are there.
func (t *Testbed) buildOutlets(lay layout, cfg Config) error {
	if len(lay.outlets) == 0 {
		return nil
	}
	for i, end := range []*End{t.a, t.b} {
		end.attachTo(Attachment{Namespace: t.router.namespace, Device: lay.outlets[i].device})
	}
	t.outlets = lay.outlets
	if cfg.Absent {
		t.adopt = func(context.Context) error { return t.joinOutlets(cfg) }
		return nil
	}
	return t.joinOutlets(cfg)
}

// attachTo notes where a DUT attaches.
func (e *End) attachTo(at Attachment) {
	e.Attach = at
	if e.under != nil {
		e.under.Attach = at
	}
}

// joinOutlets configures the devices that a DUT attaches to.
func (t *Testbed) joinOutlets(cfg Config) error {
	for i, end := range []*End{t.a, t.b} {
		ns, outlet := end.Attach.Namespace, t.outlets[i]
		if err := ns.joinBridge(outlet.device, outlet.bridge, cfg); err != nil {
			return err
		}
		indexes, err := ns.indexes(outlet.device, outlet.bridge)
		if err != nil {
			return err
		}
		end.attachTo(Attachment{ns, outlet.device, indexes[0]})
		side := end
		if end.under != nil {
			side = end.under
		}
		side.between = []Attachment{{ns, outlet.bridge, indexes[1]}, {ns, routerDevices()[i], t.router.ifIndexes[i]}}
		if err := ns.setQueueing(indexes[0], cfg); err != nil {
			return fmt.Errorf("configure device %s in %s: %w", outlet.device, ns.name, err)
		}
	}
	return nil
}

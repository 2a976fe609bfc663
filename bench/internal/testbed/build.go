package testbed

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// build makes everything and notes how to undo it.
func (t *Testbed) build(ctx context.Context, cfg Config) error {
	if cfg.IPv6 && !hasIPv6() {
		return &UnsupportedError{"IPv6", os.ErrNotExist}
	}
	lay, _ := layoutOf(cfg.Topology)
	if cfg.Guest {
		lay = lay.withGuest()
	}
	spaces, err := t.buildNamespaces(ctx, lay.roles, cfg)
	if err != nil {
		return err
	}
	if cfg.Topology == Tunnel {
		if err := t.buildPhysical(spaces, cfg.Link); err != nil {
			return err
		}
	}
	if cfg.Absent && cfg.Topology.endsAttach() {
		t.a, t.b = newEnd(spaces[roleA], lay.links[0], cfg.IPv6), newEnd(spaces[roleB], lay.links[1], cfg.IPv6)
		t.a.Physical, t.b.Physical = t.physical[0], t.physical[1]
		t.adopt = func(ctx context.Context) error { return t.buildLinks(ctx, lay, spaces, cfg) }
		return nil
	}
	if err := lay.wire(spaces, cfg); err != nil {
		return err
	}
	if rns, ok := spaces[roleR]; ok {
		t.router = &router{namespace: rns}
	}
	if err := t.buildLinks(ctx, lay, spaces, cfg); err != nil {
		return err
	}
	return t.buildOutlets(lay, cfg)
}

// buildLinks configures the devices, which are there.
func (t *Testbed) buildLinks(ctx context.Context, lay layout, spaces map[role]*Namespace, cfg Config) error {
	for _, plan := range lay.links {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.buildLink(spaces[plan.role], plan, cfg); err != nil {
			return err
		}
	}
	if cfg.Guest {
		var err error
		if t.b, err = guestEnd(spaces[roleR], cfg.IPv6); err != nil {
			return err
		}
	}
	if cfg.VXLAN {
		if err := t.overlay(cfg); err != nil {
			return err
		}
	}
	for _, r := range lay.roles {
		settings := append(lateSysctls(r, cfg), userSysctls(cfg.Sysctls, true)...)
		if err := spaces[r].setSysctls(settings); err != nil {
			return err
		}
	}
	if t.router != nil {
		if err := t.router.prepare(cfg); err != nil {
			return err
		}
	}
	return t.waitReady(ctx, lay.links, spaces, cfg)
}

// prepare does what Config asks of the router or the bridge alone.
func (r *router) prepare(cfg Config) error {
	if len(r.ifIndexes) == 0 { // a bridge's members have no addresses, so no link plans
		var err error
		if r.ifIndexes, err = r.namespace.indexes(routerDevices()...); err != nil {
			return err
		}
	}
	if cfg.Split {
		if err := r.namespace.disableOffload(routerDeviceB); err != nil {
			return err
		}
	}
	if cfg.Topology != Route {
		return nil
	}
	for _, network := range cfg.Beyond {
		via := addrsB().v4
		if network.Addr().Is6() {
			via = addrsB().v6
		}
		if err := r.namespace.addNetwork(r.ifIndexes[1], network, via); err != nil {
			return fmt.Errorf("add route to %s: %w", network, err)
		}
	}
	return nil
}

// waitReady returns when what the kernel does later by itself is done, too.
func (t *Testbed) waitReady(ctx context.Context, links []linkPlan, spaces map[role]*Namespace, cfg Config) error {
	if cfg.VXLAN {
		links = slices.Concat(links, []linkPlan{t.a.plan, t.b.plan})
	}
	for _, plan := range links {
		for _, self := range plan.self.list(cfg.IPv6) {
			if err := spaces[plan.role].waitLocal(ctx, self); err != nil {
				return err
			}
		}
	}
	if cfg.Topology.endsAttach() {
		return nil // they have no carrier yet
	}
	ends := []*End{t.a, t.b}
	if cfg.Guest {
		ends = ends[:1] // the guest's TAP device has no carrier yet
	}
	if t.router != nil {
		for _, index := range t.router.ifIndexes[:len(ends)] {
			if err := t.router.namespace.waitRunning(ctx, index); err != nil {
				return err
			}
		}
	}
	for _, end := range ends {
		if err := end.Namespace.waitRunning(ctx, end.IfIndex); err != nil {
			return err
		}
	}
	return nil
}

// buildNamespaces makes the namespaces, each with its sysctls set and its loopback
// up, under the lock that tells other processes we are alive.
func (t *Testbed) buildNamespaces(ctx context.Context, roles []role, cfg Config) (map[role]*Namespace, error) {
	pid := strconv.Itoa(os.Getpid())
	lock, err := holdLock(pid)
	if err != nil {
		return nil, err
	}
	t.undo = append(t.undo, lock.release)

	spaces := make(map[role]*Namespace)
	for _, r := range roles {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ns, err := newNamespace(namespaceName(pid, r))
		if err != nil {
			return nil, err
		}
		t.undo = append(t.undo, ns.remove)
		settings := append(sceneSysctls(r, cfg), userSysctls(cfg.Sysctls, false)...)
		if err := ns.setSysctls(settings); err != nil {
			return nil, err
		}
		if err := ns.setLoopbackUp(); err != nil {
			return nil, err
		}
		spaces[r] = ns
	}
	return spaces, nil
}

// buildLink configures one device and notes it where it belongs.
func (t *Testbed) buildLink(ns *Namespace, plan linkPlan, cfg Config) error {
	index, ethernet, err := ns.configure(plan, cfg)
	if err != nil {
		return err
	}
	if plan.role == roleR {
		t.router.ifIndexes = append(t.router.ifIndexes, index)
		return nil
	}
	end := newEnd(ns, plan, cfg.IPv6)
	end.found(plan, index, ethernet)
	if plan.role == roleA {
		t.a, end.Physical = end, t.physical[0]
	} else {
		t.b, end.Physical = end, t.physical[1]
	}
	return nil
}

// newEnd is what is known of an end before its device is there.
func newEnd(ns *Namespace, plan linkPlan, ipv6 bool) *End {
	end := &End{Namespace: ns, Device: plan.device, Addr: plan.self.v4, Behind: plan.behind.v4}
	end.Attach, end.plan = Attachment{Namespace: ns, Device: plan.device}, plan
	if ipv6 {
		end.Addr6, end.Behind6 = plan.self.v6, plan.behind.v6
	}
	return end
}

// found adds what only the device can tell.
func (e *End) found(plan linkPlan, index int, ethernet bool) {
	e.IfIndex, e.Ethernet = index, ethernet
	e.Attach.IfIndex = index
	if ethernet {
		e.HardwareAddr, e.NextHop = plan.mac, plan.nextMAC
	}
}

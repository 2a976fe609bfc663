package dut

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// Tunnel returns the device under test of topo=tunnel that a pair of programs is. within is how long the ends may take
// until packets pass.
func Tunnel(k tunnel.Kind, within time.Duration) Kind { return tunnelPair{kind: k, within: within} }

// tunnelFor returns the device under test of a scenario with topo=tunnel.
func tunnelFor(s scenario.Scenario) (Kind, error) {
	if k, ok := tunnel.Find(string(s.DUT)); ok {
		return Tunnel(k, tunnel.ReadyWithin), nil
	}
	if slices.Contains(scenario.KernelTunnels(), s.DUT) {
		return kernelTunnel{testbed.Driver(s.DUT)}, nil
	}
	return nil, fmt.Errorf("device under test %q: not known as a tunnel", s.DUT)
}

// tunnelPair is a tunnel that is a program at each end.
type tunnelPair struct {
	kind   tunnel.Kind
	within time.Duration // how long the ends may take until packets pass

	file    *program.File // that describes it; nil of one of ours
	variant Variant       // of the file's
}

func (t tunnelPair) Scene(s scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: testbed.Tunnel, Link: linkOf(s), Kind: kindOf(s), MultiQueue: t.kind.MultiQueue(), Absent: t.kind.Creates()}
}

// linkOf is the physical link that a scenario asks for.
func linkOf(s scenario.Scenario) testbed.PhysicalLink {
	link := testbed.PhysicalLink{MTU: s.LinkMTU, Delay: s.LinkDelay}
	if s.LinkRate != scenario.Unlimited {
		link.BitsPerSecond = uint64(s.LinkRate)
	}
	return link
}

// Start starts both ends and returns when packets pass between them.
func (t tunnelPair) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (_ Running, err error) {
	if err := t.kind.Missing(); err != nil {
		return nil, fmt.Errorf("dut=%s: %w", t.kind.Name(), err)
	}
	var about facts
	if t.file != nil {
		if about, err = lookAt(ctx, t.file); err != nil {
			return nil, err
		}
	}
	folder, err := program.MakeFolder(program.ForScene)
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", t.kind.Name(), err)
	}
	r := newRunningTunnel(ctx, t, about, scene, folder)
	if err := r.start(ctx, placeOfTunnel(scene, s, cpus, folder.Path())); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	if err := r.awaitReady(ctx, scene, t.within); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	// What the program asked of the kernel: it decides whether superpackets reach it whole.
	if r.offload, err = tun.ActiveOffload(scene.A().Namespace.Path(), scene.A().Device); err != nil {
		return nil, errors.Join(r.explain(err), r.Stop())
	}
	if r.unburden, err = forward.StartHandicap(t.variant.Handicap, cpus); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// placeOfTunnel is what both ends are told. They share the CPUs: which end has more to do depends on the load.
func placeOfTunnel(scene *testbed.Testbed, s scenario.Scenario, cpus []int, dir string) tunnel.Place {
	a, b := scene.A(), scene.B()
	place := tunnel.Place{Scenario: s, Dir: dir, A: sideOf("a", a, b, s, cpus), B: sideOf("b", b, a, s, cpus)}
	folders := endFolders(dir)
	place.A.Dir, place.B.Dir = folders[0], folders[1]
	return place
}

func sideOf(name string, end, far *testbed.End, s scenario.Scenario, cpus []int) tunnel.Side {
	side := tunnel.Side{
		Name: name, Device: end.Device, Kind: s.Device(), MTU: s.MTU, CPUs: cpus,
		Addr: netip.PrefixFrom(end.Addr, end.Addr.BitLen()), Far: far.Addr, Far6: far.Addr6,
		LinkDevice: end.Physical.Device, LinkAddr: end.Physical.Addr, PeerAddr: far.Physical.Addr,
	}
	if end.Addr6.IsValid() {
		side.Addr6 = netip.PrefixFrom(end.Addr6, end.Addr6.BitLen())
	}
	return side
}

// endFolders are the folders of the two ends below that of a run. Their names are nobody else's, for they name control
// groups as well.
func endFolders(folder string) [2]string {
	name := filepath.Base(folder)
	return [2]string{filepath.Join(folder, name+"-a"), filepath.Join(folder, name+"-b")}
}

// start starts both ends.
func (r *runningTunnel) start(ctx context.Context, place tunnel.Place) error {
	for _, side := range place.Sides() {
		if err := os.Mkdir(side.Dir, 0o700); err != nil {
			return fmt.Errorf("make a folder for %s: %w", r.kind.Name(), err)
		}
	}
	commands, err := r.kind.Prepare(ctx, place)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", r.kind.Name(), err)
	}
	for i, end := range []*testbed.End{r.scene.A(), r.scene.B()} {
		side, c := place.Sides()[i], commands[i]
		r.ends[i], err = process.Start(ctx, process.Command{
			Name: fmt.Sprintf("%s at end %s", r.kind.Name(), side.Name), Args: c.Args, Env: append(c.Env, mark(side.Dir)),
			Dir: cmp.Or(c.Dir, place.Dir), NetNS: end.Namespace.Path(), CPUs: side.CPUs, Mark: mark(side.Dir), Want: c.Ready,
		})
		r.commands[i] = c
		if err != nil {
			return err
		}
	}
	go r.watch()
	return nil
}

// awaitReady returns when packets pass both ways, and none is on its way any more. Devices that the ends make are configured meanwhile.
func (r *runningTunnel) awaitReady(ctx context.Context, scene *testbed.Testbed, within time.Duration) error {
	defer r.probes.close()
	for begun := time.Now(); ; time.Sleep(readyPause) {
		missing, err := r.missing(ctx, scene)
		if err != nil {
			return r.explain(err)
		}
		select {
		case <-r.Ended():
			return fmt.Errorf("%s is not ready: %w", r.kind.Name(), r.Err())
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		if missing == "" {
			return scene.Settle(ctx) // the packets that were sent to find out are to be nobody's trouble
		}
		if time.Since(begun) > within {
			return r.WithOutput(fmt.Errorf("%s is not ready after %v: %s", r.kind.Name(), within, missing))
		}
	}
}

// missing is the first sign that the tunnel works which is not there yet; "" if it works.
func (r *runningTunnel) missing(ctx context.Context, scene *testbed.Testbed) (string, error) {
	if r.kind.Creates() && !r.adopted {
		there, err := scene.HasDevices()
		if err != nil {
			return "", err
		}
		if !there {
			return "it has not created both devices", nil
		}
		r.adopted = true
		if err := scene.Adopt(ctx); err != nil {
			return "", err
		}
	}
	if carrier, err := scene.HasCarrier(); !carrier || err != nil {
		return "not both devices have a carrier", err
	}
	for i, end := range r.ends {
		if want := r.commands[i].Ready; want != "" && !end.Saw() {
			return fmt.Sprintf("end %s has not printed %q", endNames[i], want), nil
		}
		if file := r.commands[i].ReadyFile; file != "" && !exists(file) {
			return fmt.Sprintf("there is no file %s of end %s", file, endNames[i]), nil
		}
	}
	return r.probes.missing(scene)
}

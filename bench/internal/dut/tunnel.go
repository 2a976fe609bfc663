package dut

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// Tunnel returns the device under test of topo=tunnel that a pair of programs is. within is how long the ends may take
// until packets pass.
func Tunnel(k tunnel.Kind, within time.Duration) Kind { return tunnelPair{k, within} }

// tunnelFor returns the device under test of a scenario with topo=tunnel.
func tunnelFor(s scenario.Scenario) (Kind, error) {
	if k, ok := tunnel.Find(string(s.DUT)); ok {
		return Tunnel(k, tunnel.ReadyWithin), nil
	}
	switch s.DUT {
	case scenario.KernelVXLAN:
		return kernelTunnel{testbed.DriverVXLAN}, nil
	case scenario.IPIP:
		return kernelTunnel{testbed.DriverIPIP}, nil
	case scenario.GRE:
		return kernelTunnel{testbed.DriverGRE}, nil
	}
	return nil, fmt.Errorf("device under test %q: not known as a tunnel", s.DUT)
}

// kernelTunnel is a tunnel of the kernel's own: the scene itself brings it about.
type kernelTunnel struct{ driver testbed.Driver }

func (k kernelTunnel) Scene(s scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: testbed.Tunnel, Link: linkOf(s), Driver: k.driver}
}

func (kernelTunnel) Start(context.Context, *testbed.Testbed, scenario.Scenario, []int) (Running, error) {
	return inKernel{}, nil
}

// tunnelPair is a tunnel that is a program at each end.
type tunnelPair struct {
	kind   tunnel.Kind
	within time.Duration // how long the ends may take until packets pass
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
	folder, err := program.MakeFolder(program.ForScene)
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", t.kind.Name(), err)
	}
	r := newRunningTunnel(ctx, t.kind, scene, folder)
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
	return r, nil
}

// placeOfTunnel is what both ends are told. They share the CPUs: which end has more to do depends on the load.
func placeOfTunnel(scene *testbed.Testbed, s scenario.Scenario, cpus []int, dir string) tunnel.Place {
	a, b := scene.A(), scene.B()
	return tunnel.Place{Scenario: s, Dir: dir, A: sideOf("a", a, b, s, cpus), B: sideOf("b", b, a, s, cpus)}
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
	commands, err := r.kind.Prepare(place)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", r.kind.Name(), err)
	}
	folders, sides := endFolders(place.Dir), place.Sides()
	spaces := [2]string{}
	for i, end := range []*testbed.End{r.scene.A(), r.scene.B()} {
		spaces[i] = end.Namespace.Path()
	}
	for i, c := range commands {
		if err := os.Mkdir(folders[i], 0o700); err != nil {
			return fmt.Errorf("make a folder for %s: %w", r.kind.Name(), err)
		}
		r.ends[i], err = process.Start(ctx, process.Command{
			Name: fmt.Sprintf("%s at end %s", r.kind.Name(), sides[i].Name), Args: c.Args, Env: append(c.Env, mark(folders[i])),
			Dir: place.Dir, NetNS: spaces[i], CPUs: sides[i].CPUs, Mark: mark(folders[i]), Want: c.Ready,
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
	defer r.closeProbes()
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
			return r.withOutput(fmt.Errorf("%s is not ready after %v: %s", r.kind.Name(), within, missing))
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
	}
	return r.probe(scene)
}

// probe sends a packet each way and says which way none has come through.
func (r *runningTunnel) probe(scene *testbed.Testbed) (string, error) {
	c, err := scene.Counters()
	if err != nil {
		return "", err
	}
	if r.probed == nil {
		r.probed = &c
		for _, end := range []*testbed.End{scene.A(), scene.B()} {
			if err := r.takeProbes(end); err != nil {
				return "", err
			}
		}
	}
	switch {
	case c.B.RxPackets == r.probed.B.RxPackets:
		return "no packet has come through from a to b", sendProbe(scene.A(), scene.B())
	case c.A.RxPackets == r.probed.A.RxPackets:
		return "no packet has come through from b to a", sendProbe(scene.B(), scene.A())
	}
	return "", nil
}

// probePort is the one of the discard service (RFC 863).
const probePort = 9

// takeProbes opens the service at an end, so that no answer says that there is none.
func (r *runningTunnel) takeProbes(end *testbed.End) error {
	return end.Namespace.Do(func() error {
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(end.Addr, probePort)))
		if err != nil {
			return fmt.Errorf("take packets that come through the tunnel: %w", err)
		}
		r.probes = append(r.probes, conn)
		return nil
	})
}

// closeProbes ends the service at both ends.
func (r *runningTunnel) closeProbes() {
	for _, conn := range r.probes {
		_ = conn.Close()
	}
}

// sendProbe sends an empty UDP packet to the other end. That nobody takes it is no error.
func sendProbe(from, to *testbed.End) error {
	return from.Namespace.Do(func() error {
		conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.Addr, probePort)))
		if err != nil {
			return fmt.Errorf("send a packet through the tunnel: %w", err)
		}
		_, _ = conn.Write(nil)
		return conn.Close()
	})
}

package dut

import (
	"context"
	"net/netip"

	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/program"
)

// fileTunnel is a tunnel that a program file describes.
type fileTunnel struct{ file *program.File }

// tunnelOfFile is the device under test of a program file with topology: tunnel.
func tunnelOfFile(file *program.File, v Variant) Kind {
	if v.Copy.Folder != "" {
		file = file.At(v.Copy.Folder)
	}
	return tunnelPair{kind: fileTunnel{file}, within: file.Ready.Within, file: file, variant: v}
}

// Name implements [tunnel.Kind].
func (t fileTunnel) Name() string { return t.file.Name }

// Creates implements [tunnel.Kind].
func (t fileTunnel) Creates() bool { return t.file.Creates }

// MultiQueue implements [tunnel.Kind].
func (t fileTunnel) MultiQueue() bool { return t.file.MultiQueue }

// Missing implements [tunnel.Kind]: whether the command can be found is asked when it is to be started.
func (t fileTunnel) Missing() error { return nil }

// Version implements [tunnel.Kind]: it is one of the facts of the file.
func (t fileTunnel) Version() []string { return nil }

// Prepare implements [tunnel.Kind].
func (t fileTunnel) Prepare(ctx context.Context, p tunnel.Place) (ends [2]tunnel.Command, err error) {
	for i, side := range p.Sides() {
		place := t.placeOf(p, side)
		if i == 0 {
			if err := t.file.RunPrepare(ctx, place); err != nil {
				return ends, err
			}
		}
		ends[i] = tunnel.Command{
			Args: t.file.Args(place), Env: t.file.Env(place), Dir: t.file.Folder(), Ready: t.file.Ready.Output, ReadyFile: t.file.ReadyFile(place),
			Stop: t.file.Stop.Signal, StopWithin: t.file.Stop.Within,
		}
	}
	return ends, nil
}

// placeOf is what the program is told at one end.
func (t fileTunnel) placeOf(p tunnel.Place, side tunnel.Side) program.Place {
	place := program.Place{
		Dev: string(side.Kind), MTU: side.MTU, CPUs: side.CPUs, Dir: side.Dir, Settings: map[string]string{},
		Tunnel: &program.TunnelEnd{
			Name: side.Name, Device: side.Device, Addr: side.Addr.String(), Far: side.Far.String(), LinkDevice: side.LinkDevice,
			LinkAddr: side.LinkAddr.String(), LinkMTU: p.Scenario.LinkMTU, Peer: side.PeerAddr.String(), Shared: p.Dir,
		},
	}
	if side.Addr6 != (netip.Prefix{}) {
		place.Tunnel.Addr6, place.Tunnel.Far6 = side.Addr6.String(), side.Far6.String()
	}
	for _, key := range t.file.Settings {
		place.Settings[key], _ = p.Scenario.Value(key)
	}
	return place
}

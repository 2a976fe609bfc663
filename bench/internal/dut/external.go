package dut

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/group"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// external is a program of others.
type external struct {
	file    *program.File
	variant Variant
}

func (e external) Scene(s scenario.Scenario) testbed.Config {
	cfg := DeviceScene(s)
	cfg.MultiQueue, cfg.Absent = e.file.MultiQueue, e.file.Creates
	return cfg
}

// mark is the variable by which a program's processes are known: its folder is nobody else's.
func mark(folder string) string { return program.DirVariable + "=" + folder }

// Clean ends the programs that dead processes of tunbench left running, removes their temporary folders and
// builds, and returns the paths of those.
func Clean() (removed []string, err error) {
	return program.Clean(func(folder string) error {
		ends := endFolders(folder)
		return errors.Join(group.Clean(mark(folder)), group.Clean(mark(ends[0])), group.Clean(mark(ends[1])))
	})
}

// Start starts the program and returns when it is ready. It may use the CPUs that as many workers of the forwarder would have.
func (e external) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (_ Running, err error) {
	file := e.file
	if e.variant.Copy.Folder != "" {
		file = file.At(e.variant.Copy.Folder)
	}
	facts, err := lookAt(ctx, file)
	if err != nil {
		return nil, err
	}
	folder, err := program.MakeFolder(program.ForScene)
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", file.Name, err)
	}
	place := placeOf(file, scene, s, cpus[:min(max(s.Queues, 1), len(cpus))], folder.Path())
	r := &runningExternal{file: file, variant: e.variant, facts: facts, folder: folder}
	if err := r.start(ctx, place); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	if err := r.awaitReady(ctx, scene, place); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	// What the program asked of the kernel: it decides whether superpackets reach it whole.
	if r.offload, err = tun.ActiveOffload(place.A.NetNS, place.A.Device); err != nil {
		return nil, errors.Join(r.Explain(err), r.Stop())
	}
	if r.unburden, err = forward.StartHandicap(e.variant.Handicap, place.CPUs); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// placeOf is what the program is told.
func placeOf(file *program.File, scene *testbed.Testbed, s scenario.Scenario, cpus []int, dir string) program.Place {
	p := program.Place{
		A: endOf(scene.A()), B: endOf(scene.B()), Dev: string(s.Device()), MTU: s.MTU, CPUs: cpus, Dir: dir, Settings: map[string]string{},
	}
	for _, key := range file.Settings {
		p.Settings[key], _ = s.Value(key)
	}
	return p
}

func endOf(e *testbed.End) program.End {
	end := program.End{NetNS: e.Attach.Namespace.Path(), Device: e.Attach.Device, Addr: prefixOf(e.Addr)}
	if e.Addr6.IsValid() {
		end.Addr6 = prefixOf(e.Addr6)
	}
	return end
}

// prefixOf is an address with the length of the prefix that it is given with: the other end is reached by a route of its own.
func prefixOf(a netip.Addr) string { return netip.PrefixFrom(a, a.BitLen()).String() }

// awaitReady returns when the program is ready, as its file says that this can be told. Devices that it makes are configured meanwhile.
func (r *runningExternal) awaitReady(ctx context.Context, scene *testbed.Testbed, place program.Place) error {
	for begun := time.Now(); ; time.Sleep(readyPause) {
		missing, err := r.missing(ctx, scene, place)
		if err != nil {
			return r.Explain(err)
		}
		select {
		case <-r.Ended():
			return fmt.Errorf("%s is not ready: %w", r.file.Name, r.Err())
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		if len(missing) == 0 {
			return nil
		}
		if time.Since(begun) > r.file.Ready.Within {
			return r.WithOutput(fmt.Errorf("%s is not ready after %v: %s", r.file.Name, r.file.Ready.Within, strings.Join(missing, ", ")))
		}
	}
}

// missing is what of the signs that the program is ready is not there yet.
func (r *runningExternal) missing(ctx context.Context, scene *testbed.Testbed, place program.Place) (missing []string, err error) {
	adopted, err := r.adopt(ctx, scene)
	if err != nil {
		return nil, err
	}
	carrier := false
	if adopted {
		if carrier, err = scene.HasCarrier(); err != nil {
			return nil, err
		}
	}
	switch {
	case !adopted:
		missing = append(missing, "it has not created both devices")
	case !carrier:
		missing = append(missing, "not both devices have a carrier")
	}
	if want := r.file.Ready.Output; want != "" && !r.Saw() {
		missing = append(missing, fmt.Sprintf("it has not printed %q", want))
	}
	if path := r.file.ReadyFile(place); path != "" && !exists(path) {
		missing = append(missing, "there is no file "+path)
	}
	return missing, nil
}

// adopt configures devices that the program makes as soon as they are there, once, and reports whether all devices are.
func (r *runningExternal) adopt(ctx context.Context, scene *testbed.Testbed) (bool, error) {
	if !r.file.Creates || r.adopted {
		return true, nil
	}
	there, err := scene.HasDevices()
	if !there || err != nil {
		return false, err
	}
	r.adopted = true
	return true, scene.Adopt(ctx)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

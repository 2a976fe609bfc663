package dut

import (
	"context"
	"errors"
	"sync"
	"time"

	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/program"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// runningExternal is a program of others at work.
type runningExternal struct {
	*process.Process
	file    *program.File
	variant Variant
	facts   facts
	folder  *program.Folder
	adopted bool // devices that it made are configured

	offload  tun.Offload // active on its devices when it was ready
	unburden func()      // ends the handicap; nil where there is none
	stopping sync.Once
	stopErr  error
}

// start starts the command.
func (r *runningExternal) start(ctx context.Context, place program.Place) (err error) {
	r.Process, err = process.Start(ctx, process.Command{
		Name: r.file.Name, Args: r.file.Args(place), Env: r.file.Env(place), Dir: r.file.Folder(), CPUs: place.CPUs,
		Mark: mark(r.folder.Path()), Want: r.file.Ready.Output,
	})
	return err
}

func (r *runningExternal) Info() *results.DUT {
	return &results.DUT{Program: r.variant.String(), OffloadAccepted: r.offload.String(), External: &results.Program{
		File: r.file.Text, Version: r.facts.version, SHA256: r.facts.sha256, Together: r.How(), Output: r.Output(), Exit: r.Exit(),
	}}
}

func (r *runningExternal) Counters() (*forwarder.Stats, error) { return nil, nil }

// Stop ends the program as its file says, then what is left of it.
func (r *runningExternal) Stop() error {
	r.stopping.Do(func() {
		r.stopErr = r.Process.Stop(r.file.Stop.Signal, r.file.Stop.Within)
		if r.unburden != nil {
			r.unburden()
		}
		r.stopErr = errors.Join(r.stopErr, r.folder.Remove())
	})
	return r.stopErr
}

// readyPause is the time between two looks whether a program is ready.
const readyPause = 2 * time.Millisecond

package dut

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// endNames are the names of a tunnel's ends.
var endNames = [2]string{"a", "b"}

// runningTunnel is a pair of programs at work. It ends when one of them does.
type runningTunnel struct {
	kind     tunnel.Kind
	scene    *testbed.Testbed
	folder   *program.Folder
	commands [2]tunnel.Command
	ends     [2]*process.Process // nil: not started
	file     *program.File       // that describes it; nil of one of ours
	variant  Variant             // of the file's
	facts    facts               // of the file's, or the version of one of ours
	unburden func()              // ends the handicap; nil where there is none
	offload  tun.Offload         // active on the devices when packets passed
	adopted  bool                // devices that the ends made are configured
	probes   probes              // while it is not known whether packets pass

	ended    chan struct{}
	err      error // why; set before ended is closed
	stopped  chan struct{}
	stopping sync.Once
	stopErr  error
}

func newRunningTunnel(ctx context.Context, t tunnelPair, about facts, scene *testbed.Testbed, folder *program.Folder) *runningTunnel {
	if t.file == nil {
		about.version = program.VersionOf(ctx, folder.Path(), t.kind.Version())
	}
	return &runningTunnel{
		kind: t.kind, file: t.file, variant: t.variant, facts: about, scene: scene, folder: folder,
		ended: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// watch notices that an end is gone.
func (r *runningTunnel) watch() {
	select {
	case <-r.ends[0].Ended():
		r.err = r.ends[0].Err()
	case <-r.ends[1].Ended():
		r.err = r.ends[1].Err()
	case <-r.stopped:
		return
	}
	close(r.ended)
}

// explain prefers the end of a program over what followed from it.
func (r *runningTunnel) explain(err error) error {
	select {
	case <-r.ended:
		return r.err
	case <-time.After(process.EndingPatience): // it may be about to
		return err
	}
}

// WithOutput adds the last words of both ends to an error.
func (r *runningTunnel) WithOutput(err error) error {
	for i, end := range r.ends {
		if words := process.Said(end.Output()); words != "" {
			err = fmt.Errorf("%w; end %s: %s", err, endNames[i], words)
		}
	}
	return err
}

func (r *runningTunnel) Processes() (all []int) {
	for _, end := range r.ends {
		if end != nil {
			all = append(all, end.Processes()...)
		}
	}
	return all
}

// Ends returns the processes of each end, A's first.
func (r *runningTunnel) Ends() [2][]int {
	return [2][]int{r.ends[0].Processes(), r.ends[1].Processes()}
}

// EndCPUTime is the CPU time of all processes that one end, 0 or 1, had; false if the system does not keep it.
func (r *runningTunnel) EndCPUTime(end int) (time.Duration, bool) { return r.ends[end].CPUTime() }

// CPUTime is that of both ends.
func (r *runningTunnel) CPUTime() (time.Duration, bool) {
	a, knownA := r.ends[0].CPUTime()
	b, knownB := r.ends[1].CPUTime()
	return a + b, knownA && knownB
}

func (r *runningTunnel) Info() *results.DUT {
	if r.file == nil {
		return &results.DUT{Program: r.facts.version, OffloadAccepted: r.offload.String()}
	}
	about := &results.Program{File: r.file.Text, Version: r.facts.version, SHA256: r.facts.sha256, Together: r.ends[0].How()}
	for i, end := range r.ends {
		if output := end.Output(); output != "" {
			about.Output += fmt.Sprintf("end %s:\n%s\n", endNames[i], output)
		}
		about.Exit = cmp.Or(about.Exit, end.Exit())
	}
	return &results.DUT{Program: r.variant.String(), OffloadAccepted: r.offload.String(), External: about}
}

func (r *runningTunnel) Counters() (*forwarder.Stats, error) { return nil, nil }

func (r *runningTunnel) Ended() <-chan struct{} { return r.ended }

func (r *runningTunnel) Err() error {
	select {
	case <-r.ended:
		return r.err
	default:
		return nil
	}
}

// Stop ends both programs, and removes their folder with all keys.
func (r *runningTunnel) Stop() error {
	r.stopping.Do(func() {
		close(r.stopped)
		stopped := make(chan error, len(r.ends))
		for i, end := range r.ends {
			go func() {
				if end == nil {
					stopped <- nil
					return
				}
				stopped <- end.Stop(cmp.Or(r.commands[i].Stop, "TERM"), cmp.Or(r.commands[i].StopWithin, tunnel.EndWithin))
			}()
		}
		r.stopErr = errors.Join(<-stopped, <-stopped)
		if r.unburden != nil {
			r.unburden()
		}
		r.stopErr = errors.Join(r.stopErr, r.folder.Remove())
	})
	return r.stopErr
}

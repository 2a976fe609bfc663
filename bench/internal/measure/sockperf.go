package measure

import (
	"context"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/independent"
	"tunbench/results"
)

// sockperf is one packet in flight, there and back, that sockperf sends and times.
type sockperf struct {
	program independent.Installed
	config  independent.SockperfConfig
	load    *independent.Sockperf // nil: none runs
	cut     bool                  // the last run was cut short
}

func newSockperf(ctx context.Context, s scenario.Scenario, scene *testbed.Testbed, p placement) (workload, error) {
	program, err := independent.SockperfProgram().Find(ctx)
	if err != nil {
		return nil, err
	}
	return &sockperf{program: program, config: independent.SockperfConfig{
		Client:  scene.A().Namespace.Do,
		Server:  scene.B().Namespace.Do,
		Addr:    address(scene.B(), s),
		Port:    portAToB,
		Payload: s.Size.Largest() - s.UDPHeaderLen(),
		CPU:     p.generators[0],
	}}, nil
}

// run of a warm-up leaves the packet in flight for the load that follows.
func (w *sockperf) run(ctx context.Context, a amount) (err error) {
	w.cut = false
	if w.load == nil {
		warmup, duration := a.duration, a.then
		if a.then == 0 {
			warmup, duration = 0, a.duration
		}
		if w.load, err = independent.StartSockperf(ctx, w.program, w.config, warmup, duration); err != nil {
			if ctx.Err() != nil {
				w.cut, err = true, nil
			}
			return err
		}
	}
	if a.then > 0 {
		return w.load.Warm(ctx)
	}
	w.cut = ctx.Err() != nil
	return w.load.Run(ctx)
}

func (w *sockperf) comesToRest() atRest { return never }

func (w *sockperf) missing(observation) (outstanding, error) { return outstanding{}, nil }

func (w *sockperf) heldByReader() bool { return false }

func (w *sockperf) mark() error { return nil }

// report waits for sockperf, which goes on for a moment: only at its end it says what it measured.
func (w *sockperf) report(t *results.Trial, _ observation) (packets uint64, err error) {
	t.Sender = &results.Sender{Kind: results.SenderSockperf, Version: w.program.Version}
	if w.load == nil || w.cut {
		return 0, w.close()
	}
	r, err := w.load.Wait(context.Background())
	if err != nil {
		return 0, err
	}
	if err := w.close(); err != nil {
		return 0, err
	}
	t.DurationS = r.Duration.Seconds()
	if counted := r.Answered + r.Lost; counted > 0 {
		t.LossRatio = new(float64(r.Lost) / float64(counted))
	}
	if t.RoundTripNs, err = results.NewDistribution(r.RTT); err != nil {
		return 0, distributionError("round trips", err)
	}
	return 2 * r.Answered, nil
}

func (w *sockperf) close() error {
	if w.load != nil {
		w.load.Close()
		w.load = nil
	}
	return nil
}

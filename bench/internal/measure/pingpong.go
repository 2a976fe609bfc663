package measure

import (
	"context"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/vm"
	"tunbench/results"
)

// pingPong is one packet in flight, there and back.
type pingPong struct {
	config socket.PingPongConfig
	result socket.PingPongResult // of the last run
}

func newPingPong(s scenario.Scenario, scene *testbed.Testbed, guest *vm.Guest, p placement) workload {
	w := &pingPong{config: socket.PingPongConfig{
		Client:     scene.A().Namespace.Do,
		Server:     scene.B().Namespace.Do,
		ClientAddr: address(scene.A(), s),
		ServerAddr: address(scene.B(), s),
		Port:       portAToB,
		Size:       s.Size.Largest(),
		CPU:        p.generators[0],
	}}
	if guest != nil {
		w.config.Answer = guest.Echo
		w.config.Timeout = guestTimeout
	}
	return w
}

func (w *pingPong) run(ctx context.Context, a amount) (err error) {
	w.config.Duration = a.duration
	w.result, err = socket.RunPingPong(ctx, w.config)
	return err
}

func (w *pingPong) comesToRest() atRest { return whenPublished }

func (w *pingPong) missing(observation) (outstanding, error) { return outstanding{}, nil }

func (w *pingPong) heldByReader() bool { return false }

func (w *pingPong) mark() error { return nil }

func (w *pingPong) report(t *results.Trial, _ observation) (packets uint64, err error) {
	r := w.result
	t.DurationS = r.Duration.Seconds()
	if r.Sent > 0 {
		t.LossRatio = new(float64(r.Lost) / float64(r.Sent))
	}
	if t.RoundTripNs, err = results.NewDistribution(r.RTT); err != nil {
		return 0, distributionError("round trips", err)
	}
	return 2 * r.Answered, nil
}

func (w *pingPong) close() error { return nil }

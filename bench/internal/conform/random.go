package conform

import (
	"context"
	"errors"
	"fmt"

	"tunbench/bench/internal/scenario"
	"tunbench/offload/offloadtest"
)

// randomMTU is what the random traffic of package offloadtest needs: it has jumbo packets.
const randomMTU = 9000

func randomCase() Case {
	c := comparison(Legal, "random", "random traffic of all that, some of it hostile, against what it was made of", nil)
	c.run = randomTraffic
	c.needs = func(s scenario.Scenario) string {
		if s.InnerMTU() < randomMTU {
			return fmt.Sprintf("needs mtu=%d or more: it has jumbo packets", randomMTU)
		}
		return ""
	}
	return c
}

// randomTraffic sends what the forwarder's own test sends, from A to B.
func randomTraffic(ctx context.Context, r *room) error {
	const frames, seed = 600, 1
	link := offloadtest.NoLink
	switch {
	case r.scene.A().Ethernet && r.setting.Queues > 1:
		link = offloadtest.PlainLink // see flowNumbers
	case r.scene.A().Ethernet:
		link = offloadtest.VLANLink
	}
	for _, mix := range offloadtest.Mixes {
		w := r.way(0)
		var sent []frame
		for _, in := range offloadtest.NewTraffic(mix, seed, link).Round(frames) {
			w.arrivals.Expect(in)
			sent = append(sent, frame{in.Frame, in.Lies})
		}
		if err := w.send(ctx, sent, r.ring()); err != nil {
			return errors.Join(r.alive(), err)
		}
		if err := errors.Join(w.end(ctx, r.scene), r.alive()); err != nil {
			return fmt.Errorf("%s: %w", mix.Name, err)
		}
	}
	return nil
}

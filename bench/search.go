package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

const searchHelp = `Find the highest loads that a device under test forwards without loss (NDR) and
with at most 0.5 % loss (PDR), as RFC 9971 (MLRsearch) has it. A load is in
packets per second and per direction; a trial's loss ratio counts every packet
that was intended and did not arrive, also those the generator failed to offer.
All trials of a search run in one scene, without a restart in between, and
without the waits of RFC 2544: a trial ends when its counters stand still.

The words are those of tunbench run, for one scenario; load and duration are
the search's own.

Presets:
`

// searchOptions are the flags of `tunbench search`.
type searchOptions struct {
	output
	tester
	preset   string
	latency  bool
	min, max string // rates; "" is what the tester can offer
}

const (
	defaultSearch  = "ci-fast"
	defaultMinLoad = "1k"
)

func (a *app) searchCommand() *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:   "search [KEY=VALUE | SCENARIO]...",
		Short: "Find the loads without loss and with little (RFC 9971)",
		Long:  searchHelp + searchPresetHelp(),
		Example: `  tunbench search dut=forwarder dev=tun size=64
  tunbench search --preset ndr-pdr dut=route size=1400 -o route.jsonl`,
		RunE: func(cmd *cobra.Command, words []string) error { return a.search(cmd.Context(), o, words) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.preset, "preset", defaultSearch, "goals and limits: "+strings.Join(search.PresetNames(), ", "))
	flags.BoolVar(&o.latency, "latency", true, "measure latency at 10, 50 and 90 % of what was found")
	flags.StringVar(&o.min, "min", "", "the smallest load to try, in `pps`, such as 50k (default: "+defaultMinLoad+", or one packet in the shortest trial)")
	flags.StringVar(&o.max, "max", "", "the largest load to try, in `pps` (default: what the tester can offer)")
	o.tester.add(flags)
	o.output.add(flags)
	return cmd
}

func searchPresetHelp() string {
	var b strings.Builder
	for _, p := range search.Presets() {
		fmt.Fprintf(&b, "  %-9s %s\n", p.Name, p.Doc)
	}
	return b.String()
}

// plan turns flags and words into a search.
func (o *searchOptions) plan(words []string) (measure.Search, error) {
	preset, err := search.FindPreset(o.preset)
	if err != nil {
		return measure.Search{}, &usageError{err}
	}
	if err := leaveOut(words, "duration", "the preset says how long a trial is"); err != nil {
		return measure.Search{}, err
	}
	s, err := one(words)
	if err != nil {
		return measure.Search{}, err
	}
	if !s.OpenLoop() {
		return measure.Search{}, &usageError{errors.New("a search needs a load that can be set: proto=udp, not load=pingpong")}
	}
	if s.Load.Mode == scenario.LoadPaced {
		return measure.Search{}, &usageError{errors.New("a search sets the load itself: leave load= out, see --min and --max")}
	}
	config := preset.Config
	if config.MinLoad, config.MaxLoad, err = o.loads(s.LeastPps(config.ShortestTrial())); err != nil {
		return measure.Search{}, err
	}
	return measure.Search{Scenario: s, Preset: preset.Name, Config: config, Latency: o.latency}, nil
}

// loads reads the bounds of the search; the upper one is 0 where it is not given. Below the floor the shortest trial has no packet to send, and
// would lose none.
func (o *searchOptions) loads(floor int64) (low, high float64, err error) {
	least, err := scenario.ParsePps(cmp.Or(o.min, defaultMinLoad))
	if err != nil {
		return 0, 0, &usageError{fmt.Errorf("--min %s: %w", o.min, err)}
	}
	if o.min == "" {
		least = max(least, floor)
	}
	if least < floor {
		return 0, 0, &usageError{fmt.Errorf("--min %s: less than one packet, or superpacket, is due in the shortest trial of the preset: want %d or more", o.min, floor)}
	}
	if o.max == "" {
		return float64(least), 0, nil
	}
	most, err := scenario.ParsePps(o.max)
	if err != nil {
		return 0, 0, &usageError{fmt.Errorf("--max %s: %w", o.max, err)}
	}
	if most <= least {
		return 0, 0, &usageError{fmt.Errorf("--max %s: want more than --min %d", o.max, least)}
	}
	return float64(least), float64(most), nil
}

func (a *app) search(ctx context.Context, o searchOptions, words []string) error {
	plan, err := o.plan(words)
	if err != nil {
		return err
	}
	if plan.Scenario, plan.Options, err = a.fitOne(plan.Scenario, o.tester); err != nil {
		return err
	}
	return a.recorded(ctx, o.output, func(keep *records) (err error) {
		progress := a.progress(o.output, ui.Unknown)
		defer progress.Done()
		if plan.Options.Tester, err = a.calibrated(ctx, o.tester, keep, progress, []scenario.Scenario{plan.Scenario}); err != nil {
			return interrupted(ctx, err, 0)
		}
		plan.Record = func(t results.Trial) error { return keep.write(t) }
		plan.Config.Progress = func(p search.Progress) { progress.Step(closingIn(p)) }
		record, err := plan.Run(ctx)
		return errors.Join(interrupted(ctx, err, keep.trials), keep.write(record))
	})
}

// closingIn says in one line where the bounds of every goal are.
func closingIn(p search.Progress) string {
	parts := make([]string, len(p.Goals))
	for i, g := range p.Goals {
		parts[i] = fmt.Sprintf("%s %s to %s", g.Name, bound(g.Lower), bound(g.Upper))
		if g.Done {
			parts[i] += " ✓"
		}
	}
	return strings.Join(parts, " · ") + fmt.Sprintf(" · tried %.0f pps for %v: loss %.3g %%", p.Trial.Load, p.Trial.Duration, 100*p.Trial.LossRatio)
}

func bound(load *float64) string {
	if load == nil {
		return "?"
	}
	return fmt.Sprintf("%.0f", *load)
}

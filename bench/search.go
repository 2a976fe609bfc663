package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
)

const searchHelp = `Find the highest loads that a device under test forwards without loss (NDR) and
with at most 0.5 % loss (PDR), as RFC 9971 (MLRsearch) defines them. A load is in
packets per second and per direction. A trial's loss ratio counts every packet
that was intended and did not arrive, also packets that the generator failed to
offer. All trials of a search run in one scene, without a restart in between, and
without the waits of RFC 2544: a trial ends when its counters stand still.

The words are those of tunbench run, for one scenario; the search chooses load
and duration itself.

Presets:
`

// searchOptions are the flags of `tunbench search`.
type searchOptions struct {
	output
	subject
	planning
	preset   string
	latency  bool
	min, max string // rates; "" is what the tester can offer
}

const (
	defaultSearch  = "ci-fast"
	defaultMinLoad = "1k"
)

func (con *console) searchCommand() *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:   "search [KEY=VALUE | SCENARIO]...",
		Short: "Find the highest loads with no loss and with little (RFC 9971)",
		Long:  searchHelp + searchPresetHelp(),
		Example: `  tunbench search dut=forwarder dev=tun size=64
  tunbench search --preset ndr-pdr dut=route size=1400 -o route.jsonl`,
		RunE: func(cmd *cobra.Command, words []string) error { return con.search(cmd.Context(), o, words) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.preset, "preset", defaultSearch, "goals and limits: "+strings.Join(search.PresetNames(), ", "))
	flags.BoolVar(&o.latency, "latency", true, "measure latency at 10, 50 and 90 % of what was found")
	flags.StringVar(&o.min, "min", "", "the smallest load to try, in `pps`, such as 50k (default: "+defaultMinLoad+", or one packet in the shortest trial)")
	flags.StringVar(&o.max, "max", "", "the largest load to try, in `pps` (default: what the tester can offer)")
	o.subject.add(flags)
	o.output.add(flags)
	o.planning.add(flags)
	return cmd
}

func searchPresetHelp() string {
	var b strings.Builder
	for _, p := range search.Presets() {
		fmt.Fprintf(&b, "  %-9s %s\n", p.Name, p.Doc)
	}
	return b.String()
}

// work is what flags and words ask for.
func (o *searchOptions) work(words []string) (*campaign.Search, error) {
	preset, err := search.FindPreset(o.preset)
	if err != nil {
		return nil, &usageError{err}
	}
	if err := leaveOut(words, "duration", "the preset says how long a trial is"); err != nil {
		return nil, err
	}
	s, err := one(words)
	if err != nil {
		return nil, err
	}
	if !s.OpenLoop() {
		return nil, &usageError{errors.New("a search needs a load that can be set: proto=udp, not load=pingpong")}
	}
	if s.Load.Mode == scenario.LoadPaced {
		return nil, &usageError{errors.New("a search sets the load itself: leave load= out, see --min and --max")}
	}
	work := &campaign.Search{Scenario: s, Preset: preset.Name, Latency: o.latency}
	work.MinLoad, work.MaxLoad, err = o.loads(s.LeastPps(preset.Config.ShortestTrial()))
	return work, err
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

func (con *console) search(ctx context.Context, o searchOptions, words []string) error {
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if plan.Work, err = o.work(words); err != nil {
		return err
	}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	_, err = con.measure(ctx, o.output, plan)
	return err
}

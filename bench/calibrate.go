package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
)

const calibrateHelp = `Measure what the tester itself can do, without a device under test: the
highest load it can offer into a device, the latency it adds, how exactly it
keeps its send times, what its sink costs. A trial that asks for more than this
is marked "tester" in the column "limited by".

The words are those of tunbench run; without any, the paths of 64-byte packets
into TUN, TAP and veth are measured.`

// calibratedByDefault are the three ways into a device.
func calibratedByDefault() []string { return []string{"dut=forwarder,veth", "dev=tun,tap"} }

func (con *console) calibrateCommand() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "calibrate [KEY=VALUE | SCENARIO]...",
		Short: "Measure what the tester itself can do",
		Long:  calibrateHelp,
		Example: `  tunbench calibrate
  tunbench calibrate dev=tun,tap size=64,1400 gen=xdp,socket
  tunbench calibrate dut=veth sink=tcx,xdp,socket`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) == 0 {
				words = calibratedByDefault()
			}
			return con.calibrate(cmd.Context(), o, words)
		},
	}
	o.add(cmd.Flags())
	return cmd
}

func (con *console) calibrate(ctx context.Context, o output, words []string) error {
	for _, key := range []string{"duration", "warmup"} {
		if err := leaveOut(words, key, "a calibration has trials of its own"); err != nil {
			return err
		}
	}
	scenarios, err := scenario.Parse(words)
	if err != nil {
		return err
	}
	testers := measure.Testers(scenarios)
	if len(testers) == 0 {
		return &usageError{errors.New("nothing to calibrate: the words ask for no load that can be set (proto=udp, not load=pingpong)")}
	}
	_, err = con.measure(ctx, o, campaign.Plan{Work: &campaign.Calibration{Testers: testers}})
	return err
}

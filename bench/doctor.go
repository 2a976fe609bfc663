package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/forwarder/tun"
)

func (con *console) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this host can do and what distorts a measurement",
		Long: `Try every feature that tunbench uses, in a namespace of its own, and look for
what distorts a measurement here: other load, steal time, power saving. Nothing
is changed. It takes about a second. Where measurements cannot run here the exit
code is 5, as theirs would be.

  ok        there, and as a measurement wants it
  missing   this host or user cannot do it
  distorts  it changes what is measured
  unknown   could not be checked`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks := host.Checks(cmd.Context(), host.Probes{BPF: bpfFeatures(), TUN: tunChecks, Scene: testbed.Probe, Runs: testbed.Runs})
			show := con.printChecks
			if asJSON {
				show = con.printJSON
			}
			if err := show(checks); err != nil {
				return fmt.Errorf("print checks: %w", err)
			}
			return campaign.CanMeasure()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return cmd
}

// bpfFeatures are what the tester wants of eBPF, most important first.
func bpfFeatures() []host.BPFFeature {
	return []host.BPFFeature{
		{
			Name: "BPF sink", Try: traffic.Probe,
			Meaning: "the sink is a socket: its latencies include the stack and a reader's wake-up",
			Remedy:  "use Linux 6.6 with CONFIG_NET_XGRESS, or 5.10 with CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF",
		},
		{
			Name: "BPF TCX", Try: traffic.ProbeTCX,
			Meaning: "clsact of tc has the sink's program in its place and the generator's on lo, as exact; intake=auto reads from the devices",
			Remedy:  "use Linux 6.6 with CONFIG_BPF_SYSCALL and CONFIG_NET_XGRESS",
		},
		{
			Name: "BPF live frames", Try: traffic.ProbeXDP,
			Meaning: "the generator is a socket: half the highest load, send times less exact",
			Remedy:  "use Linux 5.18 with CONFIG_BPF_SYSCALL and BTF",
		},
		{
			Name: "BPF native XDP", Try: traffic.ProbeXDPSink,
			Meaning: "no sink=xdp", Remedy: "use Linux 5.18 with CONFIG_BPF_SYSCALL",
		},
		{
			Name: "BPF drop reasons", Try: traffic.ProbeDropReasons,
			Meaning: "--drop-reasons has none to name", Remedy: "use Linux 5.17 with CONFIG_DEBUG_INFO_BTF",
		},
	}
}

// tunChecks tries the features of the TUN/TAP driver.
func tunChecks() ([]host.Check, error) {
	features, err := tun.Probe()
	if err != nil {
		return nil, err
	}
	var checks []host.Check
	for _, f := range features {
		c := host.Check{Name: f.Name, State: host.OK, Found: "supported", Meaning: f.Meaning}
		if !f.Supported {
			c.State, c.Found = host.Missing, "refused by the kernel"
		}
		checks = append(checks, c)
	}
	return checks, nil
}

// printChecks writes a line per check, and below it what it means where that
// is not well.
func (con *console) printChecks(checks []host.Check) error {
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%-8s  %-*s  %s\n", c.State, width, c.Name, c.Found)
		if c.State == host.OK {
			continue
		}
		for _, text := range []string{c.Meaning, c.Remedy} {
			if text != "" {
				fmt.Fprintf(&b, "%-8s  %-*s  → %s\n", "", width, "", text)
			}
		}
	}
	_, err := io.WriteString(con.stdout, b.String())
	return err
}

func (con *console) printJSON(checks []host.Check) error {
	encoder := json.NewEncoder(con.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(checks)
}

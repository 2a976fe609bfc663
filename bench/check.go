package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/conform"
	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
)

const checkHelp = `Is a program right? Named cases send packets through it and compare what
arrives with what the kernel's own router (dev=tun) or bridge (dev=tap)
delivers for the same packets, segment by segment; with topo=vxlan, what arrives
through VXLAN over that bridge.

Words choose the settings, as for tunbench run, of the program and its devices:
the cross product of their values is checked. What a load is made of is the
cases' own: words such as size= and proto= are refused.

A case passes, fails, or does not apply. What fails is run once more in a new
scene, and is shown with the packet that shows it. IPv4 and IPv6 are always both
checked. One setting takes less than two minutes.

Exit codes: 0 no case failed, 1 one did, 5 this host or user cannot do it.`

const checkExamples = `  tunbench check                                  our forwarder, default setting
  tunbench check dut=netpoll,wireguard-go         others
  tunbench check dev=tun,tap gso=pass,split gro=auto,off engine=auto,sync,uring
  tunbench check topo=bridge                      between bridges
  tunbench check topo=vxlan dev=tap offload=tunnel
  tunbench check --case 'superpackets-*' offload=all,none
  tunbench check --program mine.yaml dut=mine
  tunbench check --list                           all cases`

// checkOptions are the flags of `tunbench check`.
type checkOptions struct {
	output
	programs
	pattern, markdown, junit string
	list                     bool
}

func (con *console) checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:     "check [KEY=VALUE | SCENARIO]...",
		Short:   "Is a program right? Packet-exact cases",
		Long:    checkHelp,
		Example: checkExamples,
		RunE:    func(cmd *cobra.Command, args []string) error { return con.check(cmd.Context(), o, args) },
	}
	flags := cmd.Flags()
	o.programs.add(flags)
	flags.StringVar(&o.pattern, "case", "", "only cases whose name or group matches the `pattern`, such as 'legal/tcp-*' or hostile")
	flags.BoolVar(&o.list, "list", false, "list the cases and what they check, and run none")
	flags.BoolVar(&o.json, "json", false, "print the results as JSON Lines instead of text")
	flags.Var(reportFile(&o.markdown), "markdown", "write the results to a Markdown `file`")
	flags.Var(reportFile(&o.junit), "junit", "write the results to a JUnit XML `file`")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	return cmd
}

func (con *console) check(ctx context.Context, o checkOptions, words []string) error {
	cases, err := conform.Match(conform.Cases(), o.pattern)
	if err != nil || len(cases) == 0 {
		return &usageError{fmt.Errorf("--case %s: matches no case, see tunbench check --list", o.pattern)}
	}
	if o.list {
		return con.listCases(cases)
	}
	programs, err := o.declare()
	if err != nil {
		return err
	}
	settings, err := checkSettings(words)
	if err != nil {
		return err
	}
	if err := campaign.CanMeasure(); err != nil {
		return err
	}
	files, err := createReports(o.markdown, o.junit)
	if err != nil {
		return err
	}
	defer func() { _ = files.Discard() }()
	report, err := con.runCases(ctx, o, programs, settings, cases)
	if !o.json && len(report) > 0 {
		err = errors.Join(err, con.printText(report.Text()))
	}
	if err != nil {
		return err
	}
	junit, err := report.JUnit()
	if err := errors.Join(err, files.CommitTexts(report.Markdown(), junit)); err != nil {
		return err
	}
	if n := report.Failed(); n > 0 {
		return fmt.Errorf("%d of %d cases failed", n, len(report))
	}
	return nil
}

// runCases runs all and returns what came of them, also where it was interrupted.
func (con *console) runCases(ctx context.Context, o checkOptions, programs []*program.File, settings []scenario.Scenario, cases []conform.Case) (conform.Report, error) {
	progress := con.progress(o.output, len(settings)*len(cases))
	defer progress.Done()
	var report conform.Report
	suite := conform.Suite{
		Oracle:   &conform.Oracle{},
		Settings: settings, Cases: cases,
		DUT:      func(s scenario.Scenario) (dut.Kind, error) { return dut.For(s, dut.Variant{}, programs) },
		Starting: func(setting string, c conform.Case) { progress.Step(c.String() + ": " + setting) },
		Record: func(r conform.Result) error {
			report = append(report, r)
			if o.json {
				return r.WriteJSON(con.stdout)
			}
			return nil
		},
	}
	return report, suite.Run(ctx)
}

// loadKeys say what a load is made of.
var loadKeys = []string{
	"proto", "cc", "ip", "load", "dir", "size", "segs", "flows", "order", "gen", "sink", "verify", "duration", "warmup",
}

// checkSettings are what words ask for, each once.
func checkSettings(words []string) ([]scenario.Scenario, error) {
	for _, key := range loadKeys {
		if err := leaveOut(words, key, "the cases send packets of their own"); err != nil {
			return nil, err
		}
	}
	scenarios, err := scenario.Parse(words)
	if err != nil {
		return nil, err
	}
	var settings []scenario.Scenario
	seen := map[string]bool{}
	for _, s := range scenarios {
		if !s.HasProcess() {
			return nil, &usageError{fmt.Errorf("dut=%s: it is what programs are compared with; want a program, such as dut=forwarder", s.DUT)}
		}
		if s.Topo == scenario.VM {
			return nil, &usageError{fmt.Errorf("topo=vm: the cases look at packets at both ends, and the far one is a guest; want topo=bridge, the same path without the guest, or tunbench kernels 6.1 -- check, which checks inside a guest")}
		}
		if s.InnerMTU() < conform.MinMTU {
			least := conform.MinMTU + s.MTU - s.InnerMTU()
			return nil, &usageError{fmt.Errorf("mtu=%d: the cases send IPv6 too, want %d or more", s.MTU, least)}
		}
		if title := conform.Title(s); !seen[title] {
			settings, seen[title] = append(settings, s), true
		}
	}
	return settings, nil
}

func (con *console) listCases(cases []conform.Case) error {
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&b, "%-28s %s\n", c, c.Doc)
	}
	return con.printText(b.String())
}

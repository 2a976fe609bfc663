package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/faults"
	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/doctor"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/independent"
)

func (con *console) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this host can do and what distorts a measurement",
		Long: `Try every feature that tunbench uses, in a namespace of its own, and look for
what distorts a measurement here: other load, steal time, power saving. Nothing
is changed. It takes about a second. The exit code is 5 if measurements cannot run
here.

  ok        there, and as a measurement wants it
  missing   this host or user cannot do it
  distorts  it changes what is measured
  unknown   could not be checked`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks := doctor.Checks(cmd.Context(), doctor.Probes{
				BPF: bpfFeatures(), Faults: kernelFaults(cmd.Context()), Programs: slices.Concat(generators(cmd.Context()), tunnels(cmd.Context()), kernelTunnels(), []doctor.Program{virtualMachine()}),
				Scene: testbed.Probe, Runs: testbed.Runs,
			})
			if err := con.printChecks(checks, asJSON); err != nil {
				return fmt.Errorf("print checks: %w", err)
			}
			return campaign.CanMeasure()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return cmd
}

// bpfFeatures are what the tester wants of eBPF, most important first.
func bpfFeatures() []doctor.BPFFeature {
	return []doctor.BPFFeature{
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

// generators are the programs of others that a measurement may ask for.
func generators(ctx context.Context) (all []doctor.Program) {
	for _, p := range independent.Programs() {
		all = append(all, doctor.Program{
			Name: p.Name, Meaning: "no gen=" + p.Name, Remedy: "install the Debian package " + p.Package,
			Find: func() (string, error) {
				found, err := p.Find(ctx)
				return found.Version, err
			},
		})
	}
	return all
}

// kernelFaults are published ones that can be tried.
func kernelFaults(ctx context.Context) []doctor.KernelFault {
	tried := func(try func() error) func() (bool, error) {
		return func() (bool, error) {
			err := try()
			return is[*faults.Fault](err), err
		}
	}
	return []doctor.KernelFault{
		{
			Name: "superpackets", Try: tried(faults.Superpackets),
			Kernels: "Linux 6.6.44 and its neighbours refuse some (EINVAL), 7.0 to 7.1.4 spoil some of UDP; builds of a distribution may have the mend",
			Meaning: "packets that a program under test writes as superpackets (gro=auto) are lost or spoiled, and it is not to blame",
		},
		{
			Name: "UDP GRO into VXLAN", Try: tried(func() error { return faults.VXLAN(ctx) }),
			Kernels: "Linux before 6.8.5 loses packets there; builds of a distribution may have the mend",
			Meaning: "a tunnel over VXLAN or another UDP tunnel of the kernel loses packets that arrive as superpackets",
		},
	}
}

// virtualMachine is what boots guests and kernels.
func virtualMachine() doctor.Program {
	return doctor.Program{
		Name: "qemu-system-x86_64", Meaning: "no topo=vm, and no tunbench kernels", Remedy: "install the Debian package qemu-system-x86",
		Find: func() (string, error) { return "found", guest.FindQEMU() },
	}
}

// kernelTunnels are those of the kernel's own.
func kernelTunnels() (all []doctor.Program) {
	for _, d := range testbed.Drivers() {
		all = append(all, doctor.Program{
			Name: "tunnel " + string(d), Meaning: fmt.Sprintf("no dut=%s with topo=tunnel", d), Remedy: d.Remedy(), Find: d.Find,
		})
	}
	return all
}

// tunnels are the tunnels that are programs of others.
func tunnels(ctx context.Context) (all []doctor.Program) {
	for _, k := range tunnel.All() {
		if k.Version() == nil {
			continue // a part of tunbench
		}
		missing := k.Missing()
		p := doctor.Program{Name: k.Name(), Meaning: "no dut=" + k.Name() + " with topo=tunnel", Find: func() (string, error) {
			if missing != nil {
				return "", missing
			}
			return program.VersionOf(ctx, "", k.Version()), nil
		}}
		if unfit := (*host.Unfit)(nil); errors.As(missing, &unfit) {
			p.Remedy = unfit.Remedy
		}
		all = append(all, p)
	}
	return all
}

func (con *console) printChecks(checks []doctor.Check, asJSON bool) error {
	if !asJSON {
		_, err := io.WriteString(con.stdout, doctor.Text(checks))
		return err
	}
	encoder := json.NewEncoder(con.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(checks)
}

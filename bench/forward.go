package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

const forwardHelp = `Forward packets between two TUN or TAP devices until interrupted: packets read
from queue i of one device are written to queue i of the other. Superpackets are
not split unless --gso split asks for it.

A device is named [NETNS:]DEVICE, the namespace by name or path. A device that
exists (persistent, multi-queue) is attached to; it gets its offloads, the length
of its vnet header, its MTU and its queue length back at the end, and keeps no
steering program; one that was down is set up and stays so, with the routes that
somebody may have added. A device that does not exist is created and set up; without
--config it has no address. It disappears with the program. What the kernel agreed
to is printed first, the counters on SIGUSR1 and at the end.

With --config all of this comes from a file, and the devices are configured like
any network card: addresses, routes, MAC, MTU, bridge, persistence with owner and
group. A mistake in the file is an error with its line before anything is touched
(--check stops there). At the end everything that was set is taken back; after
SIGKILL it stays on devices that outlive the program. All keys, a systemd unit and
the capabilities that each use needs: bench/forward.md.

The user needs CAP_NET_ADMIN in the namespaces of the devices, or must own the
devices; CAP_SYS_ADMIN is needed only to enter a NETNS. Without CAP_BPF the kernel
chooses the queue of a packet, not --steer.

While packets answer each other, as in a conversation of questions and answers, a
worker tries for a moment on each CPU that it may use, and stays on that of the
sender if the answers come sooner there (--follow). It goes back as soon as packets
come in numbers.

With --intake auto an eBPF program takes packets before they reach a device. That
is faster, but the packets skip the tc and TCX filters, the queueing discipline,
tcpdump and the counters of the device that they leave by. If that device has
such a filter, or a queueing discipline that is not the kernel's default, packets
are read from the devices as without --intake, and a note says why; also if one is
added later. A filter that a program has given to the TUN driver itself
(TUNSETFILTEREBPF, TUNATTACHFILTER, TUNSETTXFILTER) is skipped too, and nobody can be
asked whether there is one: leave the intake off on such a device.`

const forwardExamples = `  ip netns add left; ip netns add right
  pid=$(tunbench forward --a left:tun0 --b right:tun0 --queues 2 --background)
  ip -n left addr add 10.0.0.1 peer 10.0.0.2 dev tun0
  ip -n right addr add 10.0.0.2 peer 10.0.0.1 dev tun0
  ip netns exec left ping -c 3 10.0.0.2; kill $pid

  # the same by a file, addresses and all
  printf '%s\n' 'queues: 2' \
    'a: {netns: left, device: tun1, addresses: 10.1.0.1/24}' \
    'b: {netns: right, device: tun1, addresses: 10.1.0.2/24}' > tun.yaml
  tunbench forward --config tun.yaml --check
  pid=$(tunbench forward --config tun.yaml --background)
  ip netns exec left ping -c 3 10.1.0.2; kill $pid`

// forwardOptions are the flags of `tunbench forward`, as typed.
type forwardOptions struct {
	a, b, dev, offload string
	engine, gso, gro   string
	steer, intake      string
	follow             string
	vnet               bool
	mtu, txqlen        int
	metrics            string
	config             string
	check              bool
	control            bool
	forward            forward.Options
	background         background
}

func (con *console) forwardCommand() *cobra.Command {
	var o forwardOptions
	cmd := &cobra.Command{
		Use:     "forward {--a [NETNS:]DEVICE --b [NETNS:]DEVICE | --config FILE}",
		Short:   "Run the forwarder alone between two devices",
		Long:    forwardHelp,
		Example: forwardExamples,
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.control {
				return serveHarness(cmd.Context(), forward.Forwarder)
			}
			if err := o.goTogether(cmd.Flags()); err != nil {
				return err
			}
			if o.check {
				return con.checkForward(o)
			}
			if o.background.wanted {
				return con.inBackground(cmd.Context())
			}
			return con.forward(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.a, "a", "", "one device, `[NETNS:]DEVICE`")
	flags.StringVar(&o.b, "b", "", "the other device")
	flags.StringVar(&o.dev, "dev", "tun", "type of both: tun or tap")
	flags.StringVar(&o.offload, "offload", "", "offloads to ask for: none, csum, tso, uso, all, tunnel (default all; none with --vnet=false)")
	flags.BoolVar(&o.vnet, "vnet", true, "vnet header (virtio_net_hdr) on every packet; needed by all offloads")
	flags.IntVar(&o.forward.Queues, "queues", 1, "queues per device, 1 to 256, with a worker for each index, but no more than CPUs")
	flags.IntVar(&o.forward.Batch, "batch", forwarder.DefaultBatch, "packets a worker moves at most before it serves the other direction")
	flags.DurationVar(&o.forward.Spin, "spin", forwarder.DefaultSpin, "how long an idle worker polls before it sleeps")
	flags.StringVar(&o.engine, "engine", string(forwarder.EngineAuto), "how packets are moved: "+words(forwarder.Engines()))
	flags.StringVar(&o.gso, "gso", string(forwarder.GSOPass), "superpackets: "+words(forwarder.GSOs())+" into segments")
	flags.StringVar(&o.gro, "gro", string(forwarder.GROAuto), "coalesce packets of one flow into superpackets: "+words(forwarder.GROs()))
	flags.StringVar(&o.steer, "steer", string(scenario.DefaultSteer), "what chooses among several queues: "+words(steer.Policies()))
	flags.StringVar(&o.intake, "intake", string(intake.ModeOff), "take packets into shared memory before they reach the device, past its filters, qdisc, captures and counters: "+words(intake.Modes()))
	flags.StringVar(&o.follow, "follow", string(forwarder.FollowAuto), "a worker may run beside the sender while packets answer each other, on --cpus or all CPUs that it may use: "+words(forwarder.Follows()))
	flags.Var(cpuList{&o.forward.CPUs}, "cpus", "pin worker i to the i-th of these CPUs, such as 0,2-3, round robin; with --follow auto it may visit those that are no other worker's")
	flags.IntVar(&o.mtu, "mtu", 0, "set the MTU of both devices")
	flags.IntVar(&o.txqlen, "txqlen", 0, "set the transmit queue length of both devices")
	flags.BoolVar(&o.forward.Attach, "attach", false, "the devices must exist; create none")
	flags.StringVar(&o.config, "config", "", "take all of this, and addresses, routes, … of the devices, from a YAML `FILE`")
	flags.BoolVar(&o.check, "check", false, "only check the file of --config, and print what it says; needs no root")
	flags.StringVar(&o.metrics, "metrics", "", "serve the counters as Prometheus text on http://`HOST:PORT`/metrics")
	flags.BoolVar(&o.control, "control", false, "take orders from the harness on fd 3")
	_ = flags.MarkHidden("control")
	flags.BoolVar(&o.background.wanted, "background", false, "go on in the background and print the process ID as soon as packets are forwarded; all else goes to standard error")
	flags.IntVar(&o.background.readyFD, "ready-fd", 0, "write a newline to this file descriptor as soon as packets are forwarded")
	return cmd
}

// parse fills in the options that are words, each error naming its flag.
func (o *forwardOptions) parse() (_ forward.Config, err error) {
	opts := forward.Config{Options: o.forward, Metrics: o.metrics}
	opts.VnetHdr = o.vnet
	for _, i := range []*forward.Interface{&opts.InterfaceA, &opts.InterfaceB} {
		i.MTU, i.TxQueueLen = o.mtu, o.txqlen
	}
	if o.offload == "" {
		o.offload = tun.OffloadNone.String()
		if o.vnet {
			o.offload = tun.OffloadAll.String()
		}
	}
	var errs []error
	parse := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	opts.A, err = forward.ParseEndpoint(o.a)
	parse("a", err)
	opts.B, err = forward.ParseEndpoint(o.b)
	parse("b", err)
	opts.Kind, err = tun.ParseKind(o.dev)
	parse("dev", err)
	opts.Offload, err = tun.ParseOffload(o.offload)
	parse("offload", err)
	opts.Engine, err = forwarder.ParseEngine(o.engine)
	parse("engine", err)
	opts.GSO, err = forwarder.ParseGSO(o.gso)
	parse("gso", err)
	opts.GRO, err = forwarder.ParseGRO(o.gro)
	parse("gro", err)
	opts.Steer, err = steer.ParsePolicy(o.steer)
	parse("steer", err)
	opts.Follow, err = forwarder.ParseFollow(o.follow)
	parse("follow", err)
	opts.Intake, err = intake.ParseMode(o.intake)
	parse("intake", err)
	parse("cpus", host.CheckCPUs(opts.CPUs))
	if o.metrics != "" {
		parse("metrics", forward.CheckMetrics(o.metrics))
	}
	if len(errs) > 0 {
		return opts, &usageError{errors.Join(errs...)}
	}
	return opts, nil
}

// words lists the values of a flag for people.
func words[W ~string](values []W) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " or " + texts[len(texts)-1]
}

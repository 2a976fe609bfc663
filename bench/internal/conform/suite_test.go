package conform

import (
	"slices"
	"testing"
	"time"

	"tunbench/bench/internal/dut/faulty"
	"tunbench/offload/offloadtest"
)

// TestForwarderPasses: our forwarder passes every case, and legal traffic in more settings; our tunnel passes what tunnels once failed.
func TestForwarderPasses(t *testing.T) {
	for words, pattern := range map[string]string{
		"dev=tun":                           "",
		"dev=tap":                           "",
		"dev=tun,tap vnet=off":              "legal",
		"dev=tap offload=tunnel gso=split":  "legal",
		"dev=tun queues=2":                  "legal",
		"dev=tap queues=2 mtu=9000":         "legal",
		"dev=tun intake=auto":               "legal",
		"dev=tun engine=uring":              "hostile",
		"dev=tun,tap queues=8 steer=kernel": "behaviour/order",
		"topo=bridge":                       "behaviour/[!r]*",
		"topo=vxlan dev=tap offload=tunnel": "legal/s*",
		"topo=vxlan dev=tun":                "behaviour/[dmo]*",
		"dut=plain":                         "hostile/gso-size",
		"dut=plain mtu=1400":                "behaviour/mtu",
	} {
		t.Run(words, func(t *testing.T) {
			report := run(t, words, pattern, nil)
			if report.Failed() > 0 {
				t.Error(report.Text())
			}
			t.Log(report.summary())
		})
	}
}

// TestTunnelRestarts: what goes through a tunnel while it starts is not taken for what the case sends.
func TestTunnelRestarts(t *testing.T) {
	report := runSuite(t, "dut=plain queues=2", "behaviour/restarts", nil, Suite{restarts: 3})
	if len(report) != 1 || report[0].Outcome != Passed {
		t.Error(report.Text())
	}
}

// lacking has the patience with a program that is known to lose or change packets: what does not come need not be
// waited for as long as on the slowest machine.
var lacking = map[offloadtest.Kind]time.Duration{offloadtest.Lost: 300 * time.Millisecond, offloadtest.Changed: 3 * time.Second}

// TestFaultsAreFound orders every fault there is, and names the case that must find it and
// what it must find.
func TestFaultsAreFound(t *testing.T) {
	for name, tc := range map[string]struct {
		faults faulty.Faults
		in     string
		finds  offloadtest.Kind
	}{
		"none":                {faulty.Faults{}, "behaviour/order", ""},
		"drop":                {faulty.Faults{DropEvery: 1000}, "behaviour/order", offloadtest.Lost},
		"drop in a row":       {faulty.Faults{DropBurst: faulty.Burst{Every: 5000, Length: 20}}, "behaviour/order", offloadtest.Lost},
		"drop in silence":     {faulty.Faults{DropEvery: 1000, Silent: true}, "behaviour/order", offloadtest.Lost},
		"drop of a port":      {faulty.Faults{DropEvery: 100, MatchPort: 0x4000}, "behaviour/order", offloadtest.Lost},
		"drop later":          {faulty.Faults{DropEvery: 1000, Skip: 5000}, "behaviour/order", offloadtest.Lost},
		"duplicate":           {faulty.Faults{DuplicateEvery: 5000}, "behaviour/order", offloadtest.Twice},
		"swap":                {faulty.Faults{SwapEvery: 50}, "legal/sizes-udp4", offloadtest.Reordered},
		"flip in the payload": {faulty.Faults{FlipEvery: 99, FlipAt: 3}, "behaviour/order", offloadtest.Changed},
		"flip the last byte":  {faulty.Faults{FlipEvery: 100, FlipAt: -1}, "legal/sizes-tcp6", offloadtest.Changed},
		"hold all back":       {faulty.Faults{Delay: 2 * held}, "behaviour/prompt", Late},
		"hold some back":      {faulty.Faults{DelayEvery: faulty.DelayEvery{Every: 100, By: 50 * time.Millisecond}}, "legal/sizes-udp6", offloadtest.Reordered},
		"stall":               {faulty.Faults{Stall: faulty.Stall{After: 20, For: stalled + 500*time.Millisecond}}, "behaviour/prompt", Late},
	} {
		t.Run(name, func(t *testing.T) {
			result := runWith(t, "vnet=off", tc.in, faulty.New(tc.faults), lacking[tc.finds])[0]
			want := Failed
			if tc.finds == "" {
				want = Passed
			}
			if result.Outcome != want || result.Finding != tc.finds {
				t.Errorf("%s: %s, finding %q: %s; want %s, finding %q", tc.in, result.Outcome, result.Finding, result.Reason, want, tc.finds)
			}
			if c := matching(t, tc.in)[0]; tc.finds != "" && !slices.Contains(c.Finds, tc.finds) {
				t.Errorf("%s does not say that it finds %q", tc.in, tc.finds)
			}
			if want == Failed && (result.Again != Failed || result.Packet == "" || result.Decoded == "") {
				t.Errorf("again %q, packet %q, decoded %q", result.Again, result.Packet, result.Decoded)
			}
		})
	}
}

// TestProgramThatDoesNotStart is a failure of every case, said once.
func TestProgramThatDoesNotStart(t *testing.T) {
	report := run(t, "vnet=off", "sizes-*", faulty.New(faulty.Faults{DropEvery: -1}))
	if report.Failed() != len(report) || len(report) != 4 {
		t.Errorf("%d of %d failed, want all 4", report.Failed(), len(report))
	}
	for i, r := range report {
		if r.Finding != Stopped {
			t.Errorf("case %d: %q: %s", i, r.Finding, r.Reason)
		}
	}
}

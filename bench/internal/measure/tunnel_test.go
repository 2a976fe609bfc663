package measure

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/bench/internal/scenario"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// tunnelArgument makes this test binary an end of our own tunnel, but for how it misbehaves.
const tunnelArgument = "be-tunnel"

// beTunnelEnd is one: how, the type of the device, the own and the other end's address on the link.
func beTunnelEnd(args []string) error {
	how := args[0]
	switch how {
	case "exits at once", "never becomes ready":
		beProgram(how)
	case "hangs":
		signal.Ignore(unix.SIGTERM)
		fmt.Println("it hangs")
	}
	kind, err := tun.ParseKind(args[1])
	if err != nil {
		return err
	}
	told, stop := context.Background(), func() {}
	if how != "hangs" { // NotifyContext would end Ignore
		told, stop = signal.NotifyContext(told, unix.SIGTERM)
	}
	defer stop()
	ctx := told
	end, err := plain.Open(plain.Config{
		Device: "tb0", Kind: kind, Local: netip.MustParseAddr(args[2]), Peer: netip.MustParseAddr(args[3]), Port: 5000, Queues: 1, Batch: 64,
		UGSO: how != "one by one", UGRO: how != "one by one",
	})
	if err != nil {
		return err
	}
	defer end.Close()
	switch how {
	case "exits under load", "leaves its device":
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		go awaitLoad(stop)
	case "deletes its device":
		go awaitLoad(func() {
			if link, err := netlink.LinkByName("tb0"); err == nil {
				_ = netlink.LinkDel(link) // the other end may have done so to its own
			}
		})
	case "leaves a device":
		left, err := tun.Open(tun.Config{Name: "left0", Kind: kind, Queues: 1})
		if err != nil {
			return err
		}
		if err := left.SetPersistent(true); err != nil {
			return err
		}
	}
	if err := end.Run(ctx); err != nil {
		return err
	}
	switch how {
	case "exits under load":
		return fmt.Errorf("cannot renew the keys")
	case "leaves its device":
		fmt.Println("closing the device for maintenance")
		err := end.Close()
		<-told.Done()
		return err
	}
	return nil
}

// awaitLoad calls then when more packets have come to the device than are sent to find out whether a tunnel is ready.
func awaitLoad(then func()) {
	for ; ; time.Sleep(time.Millisecond) {
		text, _ := os.ReadFile("/proc/net/dev")
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "tb0:"); ok {
				const transmitted, probes = 9, 1000 // the column of transmitted packets
				if packets, err := strconv.Atoi(strings.Fields(rest)[transmitted]); err == nil && packets > probes {
					then()
					return
				}
			}
		}
	}
}

// testTunnel is the tunnel of this test binary.
type testTunnel struct{ how string }

func (testTunnel) Name() string      { return "plain" }
func (testTunnel) Creates() bool     { return false }
func (testTunnel) MultiQueue() bool  { return true }
func (testTunnel) Missing() error    { return nil }
func (testTunnel) Version() []string { return nil }

func (k testTunnel) Prepare(_ context.Context, p tunnel.Place) (ends [2]tunnel.Command, err error) {
	for i, side := range p.Sides() {
		ends[i].Args = []string{os.Args[0], tunnelArgument, k.how, string(side.Kind), side.LinkAddr.String(), side.PeerAddr.String()}
	}
	return ends, nil
}

// throughTunnel measures such a tunnel.
func throughTunnel(t *testing.T, how, words string, within time.Duration) results.Trial {
	t.Helper()
	trial, err := Trial(t.Context(), parse(t, "dut=plain "+words), Options{
		DUT: func(scenario.Scenario) (dut.Kind, error) { return dut.Tunnel(testTunnel{how}, within), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// TestTunnel: every packet comes through as it was, in order, and is as much longer on the link as it must be.
func TestTunnel(t *testing.T) {
	requireRoot(t)
	for name, test := range map[string]struct {
		how, words string
		overhead   float64
	}{
		"sizes in turn":       {behaves, "size=64x3+1400x2+300x1 flows=3 load=300", 28},
		"superpackets":        {behaves, "size=700 segs=16 load=480 flows=2", 28},
		"frames":              {behaves, "dev=tap size=64x3+1400x2 load=300", 42},
		"one packet a call":   {"one by one", "size=64x3+1400x2 ip=6 load=300", 28},
		"a link with a limit": {behaves, "linkrate=100M linkmtu=9000 size=8000 load=30", 28},
	} {
		t.Run(name, func(t *testing.T) {
			nothingOf(t)
			trial := throughTunnel(t, test.how, test.words+" duration=1s warmup=0s", time.Minute)
			if trial.Failed() {
				t.Fatal(trial.Error)
			}
			l := trial.Ledger
			sent, arrived := l.Packets(results.PlaceIntended)-l.Packets(results.PlaceNotOffered), l.Packets(results.PlaceSink)
			if sent == 0 || arrived != sent || *trial.Reordered != 0 || *trial.Corrupt != 0 || l.Packets(results.PlaceLinkReceived) < sent {
				t.Errorf("of %d packets %d arrived, %d out of order, %d damaged: %v", sent, arrived, *trial.Reordered, *trial.Corrupt, l)
			}
			r := trial.Tunnel
			if r == nil || r.ANsPerPacket == nil || r.BNsPerPacket == nil || *r.ANsPerPacket <= 0 || *r.BNsPerPacket <= 0 {
				t.Fatalf("no CPU time of the ends: %+v", r)
			}
			if added := r.OverheadBytesPerPacket; added == nil || math.Abs(*added-test.overhead) > 1 {
				t.Errorf("overhead is not %v bytes: %v in %v, then %v in %v", test.overhead, *r.InnerBytes, *r.InnerPackets, *r.LinkBytes, *r.LinkPackets)
			}
		})
	}
}

// TestTunnelFaults: a tunnel that misbehaves fails its trial with its last words, and leaves nothing.
func TestTunnelFaults(t *testing.T) {
	requireRoot(t)
	for how, test := range map[string]struct {
		wants    []string
		duration string
	}{
		"exits at once":      {[]string{"plain is not ready", "exit status 7", "no licence found"}, ""},
		"hangs":              {[]string{"did not end within", "it hangs"}, "500ms"},
		"exits under load":   {[]string{"ended: exit status 1", "cannot renew the keys"}, ""},
		"deletes its device": {[]string{"tb0"}, ""},
		"leaves its device":  {[]string{"plain left its device", "nobody has a queue of tb0", "closing the device for maintenance"}, "5s"},
	} {
		t.Run(how, func(t *testing.T) {
			nothingOf(t)
			trial := throughTunnel(t, how, "load=5000 warmup=0s duration="+cmp.Or(test.duration, "1m"), time.Minute)
			for _, want := range test.wants {
				if !strings.Contains(trial.Error, want) {
					t.Errorf("error %q; want %q in it", trial.Error, want)
				}
			}
		})
	}
}

// TestTunnelNeverReady: what the ends have printed by then is in the error.
func TestTunnelNeverReady(t *testing.T) {
	requireRoot(t)
	nothingOf(t)
	untilItHasPrinted(t, func(within time.Duration) string {
		trial := throughTunnel(t, "never becomes ready", "load=5000 warmup=0s duration=500ms", within)
		if !strings.Contains(trial.Error, "plain is not ready after "+within.String()) || !strings.Contains(trial.Error, "carrier") {
			t.Errorf("error %q", trial.Error)
		}
		return trial.Error
	})
}

// TestSeriesGoesOnAfterATunnel: a tunnel that fails, and one that leaves a device of its own, cost their own trials at most.
func TestSeriesGoesOnAfterATunnel(t *testing.T) {
	requireRoot(t)
	nothingOf(t)
	hows := map[string]string{"64": "exits at once", "100": "leaves a device", "200": behaves}
	scenarios, err := scenario.Parse(strings.Fields("dut=plain size=64,100,200 load=2000 duration=100ms warmup=0s"))
	if err != nil {
		t.Fatal(err)
	}
	series := Series{
		Rounds: 1, Scenarios: scenarios,
		Options: Options{DUT: func(s scenario.Scenario) (dut.Kind, error) {
			return dut.Tunnel(testTunnel{hows[string(s.Size)]}, time.Minute), nil
		}},
	}
	var failed []string
	var why []string
	series.Record = func(trial results.Trial) error {
		if trial.Failed() {
			failed = append(failed, results.ValueOf(results.SettingsOf(trial.Scenario), "size"))
			why = append(why, trial.Error)
		}
		return nil
	}
	outcome, err := series.Run(t.Context())
	if err != nil || outcome.Trials != 3 || !slices.Equal(failed, []string{"64"}) {
		t.Errorf("%+v, failed: size %v (%q), %v", outcome, failed, why, err)
	}
}

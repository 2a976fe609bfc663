package testbed

import (
	"context"
	"errors"
	"math"
	"os/exec"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tunbench/forwarder/tun"
)

func mustCounters(t *testing.T, bed *Testbed) Counters {
	t.Helper()
	c, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestQuiet watches for a second: nothing may be sent that no traffic asked for.
// That the devices count at all is what TestReach and TestDevicesForward show.
func TestQuiet(t *testing.T) {
	for name, cfg := range scenes() {
		t.Run(name, func(t *testing.T) {
			bed := up(t, cfg)
			if cfg.Topology.hasDevices() {
				attach(t, bed.A(), cfg.Kind, cfg.MultiQueue)
				attach(t, bed.B(), cfg.Kind, cfg.MultiQueue)
			}
			if err := bed.WaitCarrier(context.Background()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			c := mustCounters(t, bed)
			for i, link := range slices.Concat([]LinkCounters{c.A, c.B}, c.Router, c.Attached) {
				link.Qdisc = ""
				if link != (LinkCounters{}) {
					t.Errorf("device %d counted %+v", i, link)
				}
			}
		})
	}
}

func TestSettleCountsAll(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	listen(t, bed.B(), bed.B().Addr)
	client := dial(t, bed.A(), bed.B().Addr)
	const packets = 100
	for range packets {
		if _, err := client.Write([]byte("packet")); err != nil {
			t.Fatal(err)
		}
	}
	if err := bed.Settle(context.Background()); err != nil {
		t.Fatal(err)
	}
	if c := mustCounters(t, bed); c.A.TxPackets != packets || c.B.RxPackets != packets {
		t.Errorf("settled with %d sent, %d received of %d", c.A.TxPackets, c.B.RxPackets, packets)
	}
}

// moving returns a reading that changes the given number of times, alternating
// between the ends, and how often it was read.
func moving(changes int) (read func() ([2]LinkCounters, error), reads *int) {
	var c [2]LinkCounters
	reads = new(int)
	return func() ([2]LinkCounters, error) {
		if *reads++; *reads <= changes {
			c[*reads%2].RxDropped++
		}
		return c, nil
	}, reads
}

func TestSettleWaits(t *testing.T) {
	const changes = 20
	read, reads := moving(changes)
	if err := AtRest(context.Background(), settleQuiet, patience, read); err != nil {
		t.Fatal(err)
	}
	if *reads <= changes {
		t.Errorf("settled at reading %d, while it changed until %d", *reads, changes)
	}
}

// TestSettleReadsAgain: a reading that takes long, as on a CPU that others have, says
// nothing of the time that it took.
func TestSettleReadsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		err := AtRest(context.Background(), settleQuiet, patience, func() (moved bool, err error) {
			if reads++; reads == 2 {
				time.Sleep(2 * settleQuiet) // after the counter was read
			}
			return reads > 2, nil
		})
		if err != nil || reads <= 3 {
			t.Errorf("settled after %d readings, the third of which was another one; %v", reads, err)
		}
	})
}

func TestSettleGivesUp(t *testing.T) {
	read, _ := moving(math.MaxInt)
	if err := AtRest(context.Background(), settleQuiet, 2*settleQuiet, read); !errors.Is(err, ErrUnsettled) {
		t.Errorf("error is %v, want ErrUnsettled", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := AtRest(ctx, settleQuiet, settleLimit, read); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	broken := errors.New("broken")
	err := AtRest(context.Background(), settleQuiet, settleLimit, func() (c [2]LinkCounters, err error) { return c, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error is %v, want the reading's", err)
	}
}

func TestWaitCarrierGivesUp(t *testing.T) {
	bed := up(t, Config{Topology: Devices, Kind: tun.TUN})
	attach(t, bed.A(), tun.TUN, false)
	if err := bed.WaitCarrier(context.Background()); err == nil {
		t.Error("B has a carrier with nothing attached")
	}
}

// TestWaitCarrierOfWhatIsBetween: a device that the link watch has not come to yet cannot be had when wanted. One that is told to be dormant
// looks the same: it has a carrier, and what is at the other end of its link runs.
func TestWaitCarrierOfWhatIsBetween(t *testing.T) {
	for _, c := range []struct {
		cfg     Config
		devices []string // the one nearer to A, the one nearer to B
	}{
		{Config{Topology: Route}, routerDevices()},
		{Config{Topology: Bridge}, routerDevices()},
		{Config{Topology: Tunnel, Driver: "vxlan"}, []string{physicalDevice, physicalDevice}},
	} {
		for i, side := range []string{"A", "B"} {
			t.Run(string(c.cfg.Topology)+"/"+side, func(t *testing.T) {
				bed := up(t, c.cfg)
				end := []*End{bed.A(), bed.B()}[i]
				ns := bed.Router()
				if ns == nil {
					ns = end.Namespace
				}
				operstate := func(state string) {
					t.Helper()
					ip := exec.Command("ip", "-n", ns.Name(), "link", "set", c.devices[i], "state", state)
					if out, err := ip.CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
				}
				if err := bed.WaitCarrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				operstate("DORMANT")
				if running, err := end.HasCarrier(); !running || err != nil {
					t.Fatalf("its end runs: %t, %v", running, err)
				}
				if running, err := bed.HasCarrier(); running || err != nil {
					t.Errorf("carrier: %t, %v", running, err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*waitPoll)
				defer cancel()
				if err := bed.WaitCarrier(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it did not wait: %v", err)
				}
				operstate("UP")
				if err := bed.WaitCarrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				roundTrip(t, bed, bed.B().Addr)
			})
		}
	}
}

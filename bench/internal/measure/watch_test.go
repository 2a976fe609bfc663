package measure

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// duringLoad is a trial in which f runs once while the load does.
func duringLoad(t *testing.T, words string, f func(*Rig) error) results.Trial {
	t.Helper()
	done, over := make(chan error, 1), make(chan struct{})
	trial, err := Trial(t.Context(), parse(t, words), Options{entering: func(r *Rig, p phase) {
		switch p {
		case phaseLoad:
			await := func() {}
			if _, ok := r.workload.(*udp); ok {
				await = awaitArrivals(t, r, 100, over)
			}
			go func() {
				await()
				done <- f(r)
			}()
		case phaseOver:
			close(over)
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// TestChangedSceneFails: what somebody does to the devices is not charged to the device
// under test.
func TestChangedSceneFails(t *testing.T) {
	requireRoot(t)
	change := func(end func(*Rig) *testbed.End, f func(netlink.Link) error) func(*Rig) error {
		return func(r *Rig) error {
			return end(r).Namespace.Do(func() error {
				link, err := netlink.LinkByName(end(r).Device)
				if err != nil {
					return err
				}
				return f(link)
			})
		}
	}
	a, b := func(r *Rig) *testbed.End { return r.scene.A() }, func(r *Rig) *testbed.End { return r.scene.B() }
	for name, tc := range map[string]struct {
		words  string
		change func(*Rig) error
		want   string
	}{
		"nothing": {"load=10k intake=off", func(*Rig) error { return nil }, ""},
		"down":    {"load=10k intake=off", change(a, func(l netlink.Link) error { return netlink.LinkSetDown(l) }), "state was up, is down"},
		"down and up": {"load=10k intake=off", change(a, func(l netlink.Link) error {
			if err := netlink.LinkSetDown(l); err != nil {
				return err
			}
			return netlink.LinkSetUp(l)
		}), "routes was"},
		"MTU": {"load=10k size=1400 intake=off", change(a, func(l netlink.Link) error { return netlink.LinkSetMTU(l, 1280) }), "MTU was 1500, is 1280"},
		"addresses": {"proto=tcp dut=veth", change(b, func(l netlink.Link) error {
			addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
			if err != nil {
				return err
			}
			return netlink.AddrDel(l, &addrs[0])
		}), "addresses was"},
	} {
		t.Run(name, func(t *testing.T) {
			trial := duringLoad(t, tc.words+" duration=300ms warmup=0s", tc.change)
			if tc.want == "" && trial.Error != "" || !strings.Contains(trial.Error, tc.want) {
				t.Errorf("error %q, want %q", trial.Error, tc.want)
			}
		})
	}
}

// allow changes the CPUs that this process may use, as far as the trial can see, until
// the test ends.
func allow(t *testing.T, cpus ...int) error {
	before, err := host.AllowedCPUs()
	if err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := setAllowed(before); err != nil {
			t.Error(err)
		}
	})
	return setAllowed(cpus)
}

func setAllowed(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	return unix.SchedSetaffinity(os.Getpid(), &set)
}

// TestOneCPUIsMarked: with one CPU, from the beginning or since somebody took the others
// away, no figure says what the device under test can.
func TestOneCPUIsMarked(t *testing.T) {
	requireRoot(t)
	cpus, err := host.AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if len(cpus) < 2 {
		t.Skip("needs two CPUs")
	}
	for name, tc := range map[string]struct {
		first, later []int
		want         string
	}{
		"two CPUs":                {cpus, cpus, ""},
		"one CPU":                 {cpus[:1], cpus[:1], "share CPU"},
		"one of two taken away":   {cpus, cpus[:1], "changed from " + host.CPUList(cpus)},
		"one more than was there": {cpus[:1], cpus, "changed from " + host.CPUList(cpus[:1])},
	} {
		t.Run(name, func(t *testing.T) {
			if err := allow(t, tc.first...); err != nil {
				t.Fatal(err)
			}
			trial := duringLoad(t, "load=max dut=veth duration=300ms warmup=0s", func(*Rig) error { return setAllowed(tc.later) })
			marks := strings.Join(slices.DeleteFunc(trial.Warnings, func(w string) bool { return strings.HasPrefix(w, "a quota of") }), "; ")
			if trial.Error != "" || (marks == "") != (tc.want == "") || !strings.Contains(marks, tc.want) {
				t.Errorf("%q; warnings %q, want %q", trial.Error, marks, tc.want)
			}
			if shared := trial.LimitedBy == limitShared; trial.LimitedBy != "" && shared != (tc.want != "") {
				t.Errorf("limited by %q", trial.LimitedBy)
			}
		})
	}
}

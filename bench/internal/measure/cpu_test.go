package measure

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

func TestCPUCost(t *testing.T) {
	before := cpuReading{machine: host.CPUTime{User: 10, System: 20, Idle: 100, Softirq: 1}, dutNs: 5e9}
	after := cpuReading{machine: host.CPUTime{User: 10.4, System: 20.4, Idle: 100.8, Softirq: 1.2, Steal: 0.2}, dutNs: 5.5e9}
	approx := cmpopts.EquateApprox(1e-9, 0)
	want := &results.CPU{
		DUTNsPerPacket: new(500.0), MachineNsPerPacket: new(1000.0), DUTBusyRatio: new(0.5),
		UserRatio: new(0.2), SystemRatio: new(0.2), SoftirqRatio: new(0.1), StealRatio: new(0.1),
	}
	if diff := cmp.Diff(want, cpuCost(before, after, time.Second, 1e6, true), approx); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	want.DUTNsPerPacket, want.DUTBusyRatio, want.MachineNsPerPacket = nil, nil, nil
	if diff := cmp.Diff(want, cpuCost(before, after, time.Second, 0, false), approx); diff != "" {
		t.Errorf("cost without process and packets (-want +got):\n%s", diff)
	}
}

// TestReadCPUSeesEveryThread burns time on a thread that is not the main one.
func TestReadCPUSeesEveryThread(t *testing.T) {
	before, err := readCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burnt, stop, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; {
		}
		close(burnt)
		<-stop // a thread that has ended would be forgotten
	}()
	<-burnt
	after, err := readCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-finished
	if used := after.dutNs - before.dutNs; used < 50e6 {
		t.Errorf("a thread ran for 200 ms, the process's CPU time grew by %v", time.Duration(used))
	}
}

package host

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOnOwnThreadNeverTakesTheMainThread: whatever the scheduler does, the main thread
// keeps its CPUs. Without the care that OnOwnThread takes some of as many goroutines get it.
func TestOnOwnThreadNeverTakesTheMainThread(t *testing.T) {
	var waiting sync.WaitGroup
	for range 500 {
		waiting.Go(func() {
			err := OnOwnThread(func() error {
				if unix.Gettid() == unix.Getpid() {
					t.Error("on the main thread")
				}
				runtime.Gosched()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	if err := OnOwnThread(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("no error for a function that did not return")
	}
}

// TestCPUDistanceLeavesTheMainThreadAlone: doctor reads afterwards which CPUs there are.
func TestCPUDistanceLeavesTheMainThreadAlone(t *testing.T) {
	before, err := AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if len(before) < 2 {
		t.Skip("needs two CPUs")
	}
	for range 50 {
		CPUDistance(before[0], before[1])
		after, err := AllowedCPUs()
		if err != nil {
			t.Fatal(err)
		}
		if CPUList(after) != CPUList(before) {
			t.Fatalf("the main thread may run on %s, before on %s", CPUList(after), CPUList(before))
		}
	}
}

func TestCPUList(t *testing.T) {
	for want, cpus := range map[string][]int{
		"": nil, "0": {0}, "0-1": {0, 1}, "0-3,8": {0, 1, 2, 3, 8}, "1,3,5-6": {1, 3, 5, 6},
	} {
		if got := CPUList(cpus); got != want {
			t.Errorf("%v: %q, want %q", cpus, got, want)
		}
	}
}

func TestMembers(t *testing.T) {
	var set unix.CPUSet
	for _, cpu := range []int{1, 3, 900} {
		set.Set(cpu)
	}
	if got := CPUList(members(&set)); got != "1,3,900" {
		t.Errorf("members %q, want 1,3,900", got)
	}
}

package host

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestProcessTimeSub(t *testing.T) {
	before := ProcessTime{
		threads: map[int]threadTime{1: {4e9, 7}, 2: {1e9, 0}, 3: {9e9, 9}},
		wholes:  map[int]wholeTime{1: {90, 150, 500}, 2: {10, 50, 500}, 3: {1000, 1000, 1000}},
	}
	after := ProcessTime{ // thread and process 3 have ended, 4 are new
		threads: map[int]threadTime{1: {4.4e9, 1000}, 2: {1e9, 0}, 4: {0.1e9, 7}},
		wholes:  map[int]wholeTime{1: {92, 160, 1_000_500}, 2: {10, 80, 500}, 4: {8, 0, 1_000_000}},
	}
	want := ProcessUse{RunNs: 5e8, BusiestNs: 4e8, UserShare: 0.2, Switches: 1000, Syscalls: 2_000_000}
	if diff := cmp.Diff(want, after.Sub(before)); diff != "" {
		t.Errorf("use (-want +got):\n%s", diff)
	}
	before.SetWhole(time.Second)
	after.SetWhole(3 * time.Second) // there were processes that ended
	if used := after.Sub(before); used.RunNs != 2e9 || used.BusiestNs != 4e8 {
		t.Errorf("with what a group keeps: %+v", used)
	}
	if share := after.Sub(after).UserShare; share >= 0 {
		t.Errorf("user share %v where no tick fell into it", share)
	}
}

// TestReadProcessTimeSeesEveryThread burns time on a thread that is not the main one.
func TestReadProcessTimeSeesEveryThread(t *testing.T) {
	before, err := ReadProcessTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burnt, stop, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for begin := threadClock(t); threadClock(t)-begin < 100*time.Millisecond; {
		}
		close(burnt)
		<-stop // a thread that has ended would be forgotten
	}()
	<-burnt
	if _, err := os.ReadFile("/proc/self/stat"); err != nil {
		t.Fatal(err)
	}
	after, err := ReadProcessTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-finished
	used := after.Sub(before)
	if used.RunNs < 50e6 || used.BusiestNs < 50e6 || used.BusiestNs > used.RunNs {
		t.Errorf("a thread ran for 100 ms, the process used %+v", used)
	}
	if used.Syscalls == 0 || used.Switches == 0 {
		t.Errorf("a file was read and threads waited: %+v", used)
	}
	if bytes, err := ResidentBytes(os.Getpid()); err != nil || bytes < 1<<20 {
		t.Errorf("%d bytes resident, %v", bytes, err)
	}
}

// threadClock is how long the calling thread has run, however long it waited for a CPU.
func threadClock(t *testing.T) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Errorf("read the clock of a thread: %v", err)
		return time.Hour
	}
	return time.Duration(ts.Nano())
}

// TestProcessesThatAreGone are left out, but that all of them are is an error.
func TestProcessesThatAreGone(t *testing.T) {
	const gone = 1 << 30 // above every process ID (proc_sys_kernel(5), pid_max)
	for name, read := range map[string]func(...int) error{
		"time":     func(pids ...int) error { _, err := ReadProcessTime(pids...); return err },
		"memory":   func(pids ...int) error { _, err := ResidentBytes(pids...); return err },
		"activity": func(pids ...int) error { _, err := ReadActivity(pids...); return err },
	} {
		if err := read(os.Getpid(), gone); err != nil {
			t.Errorf("%s of one of two: %v", name, err)
		}
		if err := read(gone); err == nil {
			t.Errorf("%s of none: no error", name)
		}
	}
}

func TestNoProcessUsesNothing(t *testing.T) {
	none, err := ReadProcessTime()
	if err != nil || none.Sub(none).RunNs != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	if bytes, err := ResidentBytes(); err != nil || bytes != 0 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
}

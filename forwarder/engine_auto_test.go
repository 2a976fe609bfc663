package forwarder

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload/offloadtest"
)

// TestRingRefusedAtRunTime: where io_uring_enter is refused in the middle of traffic, engine auto
// goes on with system calls, says so once, and loses nothing.
func TestRingRefusedAtRunTime(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	for _, gro := range GROs() {
		t.Run(string(gro), func(t *testing.T) {
			p := newPair(t, tun.TUN, 1)
			ways := []*way{{
				p.ends[0], p.ends[1], offloadtest.NewTraffic(offloadtest.Mixes[0], 1, offloadtest.NoLink), offloadtest.NewArrivals(false),
				func(s Stats) DirectionStats { return s.Total().AToB },
			}}
			var notes atomic.Int32
			f, err := New(Config{A: p.devices[0].Queues(), B: p.devices[1].Queues(), GRO: gro, Note: func(text string) {
				notes.Add(1)
				if !strings.Contains(text, "engine sync instead of auto") {
					t.Error(text)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			running(t, f)
			asleep(t, f)
			for i := range 3 {
				inject(t, ways, 500)
				settle(t, f, ways)
				if i == 0 {
					refuseRings(t)
				}
			}
			if n := notes.Load(); n != 1 {
				t.Errorf("%d notes, want 1", n)
			}
		})
	}
}

// refuseRings puts another file in the place of each io_uring of this process: io_uring_enter
// then says EOPNOTSUPP.
func refuseRings(t *testing.T) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	replaced := 0
	for _, path := range fds {
		if target, err := os.Readlink(path); err != nil || !strings.Contains(target, "[io_uring]") {
			continue
		}
		fd, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Dup3(int(null.Fd()), fd, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		replaced++
	}
	if replaced == 0 {
		t.Fatal("there is no io_uring")
	}
}

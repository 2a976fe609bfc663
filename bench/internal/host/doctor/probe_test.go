package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/forwarder/tun"

	"golang.org/x/sys/unix"
)

// TestTriedChecks turns what the kernel answered to a try into a check.
func TestTriedChecks(t *testing.T) {
	disabled := fake(t, files{"proc/sys/kernel/io_uring_disabled": "2\n"})
	failing := func(err error) func() error { return func() error { return err } }
	runs := func(live, dead []string, err error) func() ([]string, []string, error) {
		return func() ([]string, []string, error) { return live, dead, err }
	}
	tests := map[string]struct {
		check Check
		state State
		found string
	}{
		"namespace":           {namespaces(nil), OK, "can be made"},
		"namespace forbidden": {namespaces(unix.EPERM), Missing, "not permitted"},
		"namespace limit":     {namespaces(unix.ENOSPC), Missing, "limit"},
		"namespace unbuilt":   {namespaces(unix.EINVAL), Missing, "invalid"},
		"namespace memory":    {namespaces(unix.ENOMEM), Unknown, "memory"},

		"io_uring":          {ioUring(disabled, nil), OK, "ring"},
		"io_uring unbuilt":  {ioUring(disabled, unix.ENOSYS), Missing, "not implemented"},
		"io_uring disabled": {ioUring(disabled, unix.EPERM), Missing, "kernel.io_uring_disabled=2"},
		"io_uring memory":   {ioUring(disabled, unix.ENOMEM), Missing, "memory"},
		"io_uring filtered": {ioUring(disabled, fmt.Errorf("io_uring_enter: %w", unix.EOPNOTSUPP)), Missing, "io_uring_enter"},

		"devices here":           {devicesHere(nil), OK, "can be made"},
		"devices here forbidden": {devicesHere(unix.EPERM), Missing, "CAP_NET_ADMIN"},
		"testbed":                {scene(failing(nil)), OK, "set up"},
		"testbed read-only":      {scene(failing(&host.Unfit{Missing: "a /run that can be written to", Remedy: "run as root"})), Missing, "/run"},
		"testbed no probe":       {scene(nil), Unknown, "not probed"},

		"bpf":           {BPFFeature{Try: failing(nil)}.check(), OK, "loads"},
		"bpf forbidden": {BPFFeature{Try: failing(fmt.Errorf("load: %w", unix.EPERM))}.check(), Missing, "not permitted"},
		"bpf unbuilt":   {BPFFeature{Try: failing(errors.New("not supported"))}.check(), Missing, "not supported"},
		"pauses":        {pausing(host.Pauses{Watched: time.Second, Paused: time.Millisecond}, nil), OK, "0.10 %"},
		"many pauses":   {pausing(host.Pauses{Watched: time.Second, Paused: 20 * time.Millisecond}, nil), Distorts, "2.00 %"},

		"other runs no probe": {otherRuns(nil), Unknown, "not probed"},
		"other runs none":     {otherRuns(runs(nil, nil, nil)), OK, "none"},
		"other runs live":     {otherRuns(runs([]string{"tb-7-a"}, []string{"tb-8-a"}, nil)), Distorts, "running: tb-7-a"},
		"other runs dead":     {otherRuns(runs(nil, []string{"tb-7-a", "tb-7-b"}, nil)), Distorts, "left behind: tb-7-a, tb-7-b"},
		"other runs unread":   {otherRuns(runs(nil, nil, unix.EACCES)), Unknown, "denied"},

		"steal":            {steal(host.CPUTime{User: 95, Steal: 5}, nil), Distorts, "5.0 %"},
		"no steal":         {steal(host.CPUTime{User: 50, Idle: 50}, nil), OK, "0.0 %"},
		"steal unread":     {steal(host.CPUTime{}, context.Canceled), Unknown, "canceled"},
		"steal no time":    {steal(host.CPUTime{}, nil), Unknown, "did not move"},
		"others busy":      {otherWork(host.CPUTime{User: 5, System: 3, Softirq: 2, Idle: 90}, nil), Distorts, "10.0 %"},
		"others idle":      {otherWork(host.CPUTime{User: 1, Idle: 99}, nil), OK, "1.0 %"},
		"others no sample": {otherWork(host.CPUTime{}, context.Canceled), Unknown, "canceled"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.check.State != tt.state || !strings.Contains(tt.check.Found, tt.found) {
				t.Errorf("got %s %q, want %s with %q", tt.check.State, tt.check.Found, tt.state, tt.found)
			}
		})
	}
}

func TestTUNFeatures(t *testing.T) {
	if got := tunFeatures(nil, errors.New("open device: gone")); len(got) != 1 || got[0].State != Unknown {
		t.Errorf("after an error: %+v, want one unknown", got)
	}
	got := tunFeatures([]tun.Feature{{Name: "TUN_F_TSO4", Supported: true}, {Name: "TUN_F_USO4"}}, nil)
	if len(got) != 2 || got[0].State != OK || got[1].State != Missing {
		t.Errorf("got %+v, want one that is there and one that is missing", got)
	}
}

// TestTUNNode needs the driver's own node.
func TestTUNNode(t *testing.T) {
	if err := tun.CheckClone("/dev/net/tun"); err != nil {
		t.Skipf("no TUN driver to open: %v", err)
	}
	m := fake(t, files{"dev/net/other": ""})
	if err := os.Symlink("/dev/net/tun", m.Path("dev/net/tun")); err != nil {
		t.Fatal(err)
	}
	if c := tunNode(m); c.State != OK {
		t.Errorf("got %+v, want ok", c)
	}
}

// TestTryNamespaceLeavesProcessAlone repeats the try, as the scheduler may pick
// the main thread, whose namespace is the one the process is seen in.
func TestTryNamespaceLeavesProcessAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	before := networkNamespace(t)
	for range 50 {
		if err := tryNamespace(); err != nil {
			t.Fatalf("make a network namespace: %v", err)
		}
	}
	if after := networkNamespace(t); after != before {
		t.Errorf("this process moved from %s to %s", before, after)
	}
}

func networkNamespace(t *testing.T) string {
	t.Helper()
	link, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return link
}

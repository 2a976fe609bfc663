package forward

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"tunbench/forwarder"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// serve runs the child's side and returns the harness's.
func serve(t *testing.T) (c *Client, ended chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	ended = make(chan error, 1)
	go func() { ended <- Serve(t.Context(), theirs, Forwarder) }()
	c = NewClient(ours)
	t.Cleanup(func() { _ = c.Close() })
	return c, ended
}

func TestServeRefusesBadOptions(t *testing.T) {
	c, ended := serve(t)
	if err := c.Start(Options{A: Endpoint{Device: "a"}, B: Endpoint{Device: "b"}, Kind: tun.TUN}); err == nil {
		t.Error("no queues, and it starts")
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "queues 0") {
		t.Errorf("Serve = %v, want an error that names the queues", err)
	}
}

// TestServeSaysWhatIsMissing: the harness can tell a host that cannot from a failure.
func TestServeSaysWhatIsMissing(t *testing.T) {
	ours, theirs := net.Pipe()
	missing := fmt.Errorf("engine uring: %w: io_uring_setup: operation not permitted", forwarder.ErrUnsupported)
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), theirs, func(Options) (Program, error) { return nil, missing })
	}()
	c := NewClient(ours)
	defer c.Close()
	if err := c.Start(Options{}); !errors.Is(err, forwarder.ErrUnsupported) || err.Error() != missing.Error() {
		t.Errorf("Start = %v, want %v", err, missing)
	}
	if err := <-ended; !errors.Is(err, forwarder.ErrUnsupported) {
		t.Errorf("Serve = %v", err)
	}
}

func TestServeEndsWithoutAHarness(t *testing.T) {
	c, ended := serve(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("Serve ends well without ever having been told anything")
	}
}

// TestServeSession is the whole conversation, with real devices.
func TestServeSession(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	var ns *os.File
	if err := tun.InNewNamespace(func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	here := "/proc/self/fd/" + strconv.Itoa(int(ns.Fd()))
	c, ended := serve(t)
	err := c.Start(Options{
		A: Endpoint{here, "a"}, B: Endpoint{here, "b"}, Kind: tun.TAP, Queues: 3, VnetHdr: true, Offload: tun.OffloadTSO,
		Steer: steer.PolicyHash,
	})
	if err != nil {
		t.Fatal(err)
	}
	n := c.Negotiated()
	if n.A.Queues != 3 || !n.B.Created || n.B.Offload != "tso" || n.A.Kind != "tap" || len(n.Notes) != 0 {
		t.Errorf("negotiated %+v", n)
	}
	for range 2 {
		stats, err := c.Stats()
		if err != nil || len(stats.Workers) != 3 {
			t.Errorf("Stats = %+v, %v; want three workers", stats, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v after the harness hung up", err)
	}
}

package forwarder

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// TestRingGoesFirst: what a ring holds is written before what was read from the device, also
// where a batch has no room beside what was read.
func TestRingGoesFirst(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	p := newPair(t, tun.TUN, 1)
	p.attachIntakes(t)
	f, err := New(Config{A: p.devices[0].Queues(), B: p.devices[1].Queues(), Batch: 1, IntakeA: p.rings[0], IntakeB: p.rings[1]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	side := f.workers[0].shared.sides[0]
	flow := offloadtest.RandomFlow(1, rand.New(rand.NewPCG(1, 2)), offloadtest.NoLink, unix.IPPROTO_UDP)
	payloads := [][]byte{[]byte("the first"), []byte("the second"), []byte("the third")}
	side.ring.Open()
	side.ring.Settle()
	side.young = false
	for _, payload := range payloads {
		if err := p.ends[0].Send(append(make([]byte, offload.VnetHdrLen), flow.Next(payload, 0)...)); err != nil {
			t.Fatal(err)
		}
	}
	read := []byte("was read")
	side.ways[0].held.list, side.ways[0].read = [][]byte{read}, 1

	done := make(chan error)
	go func() { done <- side.take() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(long):
		t.Fatal("it does not end")
	}
	for _, payload := range payloads {
		frame, ok, err := p.ends[1].Receive()
		if err != nil || !ok || !bytes.HasSuffix(frame, payload) {
			t.Errorf("received %q, %t, %v; want %q", frame, ok, err, payload)
		}
	}
	if held := side.ways[0].held.list; len(held) != 1 || !bytes.Equal(held[0], read) {
		t.Errorf("still to be written: %q", held)
	}
}

// TestRunEndsThoughRingsNeverSettle: a device that always has packets keeps rings from settling
// no longer than it can hold packets from before.
func TestRunEndsThoughRingsNeverSettle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	p := newPair(t, tun.TUN, 1)
	p.attachIntakes(t)
	f, err := New(Config{A: p.devices[0].Queues(), B: p.devices[1].Queues(), IntakeA: p.rings[0], IntakeB: p.rings[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.workers[0].engine.close(); err != nil {
		t.Fatal(err)
	}
	f.workers[0].engine = &endless{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it is to end before they have settled
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Minute):
		t.Fatal("Run goes on")
	}
	for _, ring := range [2]int{0, 1} {
		if r := p.rings[ring][0]; !r.IsClosed() || !r.Empty() {
			t.Error("a ring is not closed, or not empty")
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

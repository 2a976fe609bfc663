package forwarder

import (
	"fmt"
	"testing"
	"time"

	"tunbench/forwarder/tun"
)

// asleep waits until all workers have been asleep.
func asleep(t *testing.T, f *Forwarder) {
	t.Helper()
	for deadline := time.Now().Add(long); ; time.Sleep(time.Millisecond) {
		awake := 0
		for _, w := range f.workers {
			if w.sleeps.Load() == 0 {
				awake++
			}
		}
		if awake == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d workers never sleep", awake)
		}
	}
}

// TestSleepEnds with a packet from either side and with the end, short and long sleeps,
// with the Go scheduler's processor in hand and without.
func TestSleepEnds(t *testing.T) {
	for _, naps := range []bool{false, true} {
		for _, sleep := range []time.Duration{napTick / 5, 5 * napTick} {
			t.Run(fmt.Sprintf("naps=%v sleep=%v", naps, sleep), func(t *testing.T) {
				a, b := newWire(t, "a", 0, 0), newWire(t, "b", 0, 0)
				f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}})
				if err != nil {
					t.Fatal(err)
				}
				f.workers[0].naps = naps
				stop := running(t, f)
				asleep(t, f)
				for range 5 {
					for _, way := range [][2]wire{{a, b}, {b, a}, {b, a}} {
						time.Sleep(sleep) // so that the worker may be anywhere in its own
						way[0].send(t, []byte("are you there?"))
						way[1].receive(t)
					}
				}
				time.Sleep(sleep)
				endsSoon(t, stop)
			})
		}
	}
}

// endless is an engine whose devices always have packets.
type endless struct {
	syncEngine
	read, written int
}

func (e *endless) exchange(ds []*direction) error {
	for _, d := range ds {
		e.written += len(d.outs)
		d.outs = d.outs[:0]
		for k := range d.want {
			d.in.place(k)
			d.in.add(k, 60)
		}
		e.read += d.want
	}
	return nil
}

// TestRunEndsUnderLoad: a source that always has more does not keep the worker from ending,
// and what was read is written.
func TestRunEndsUnderLoad(t *testing.T) {
	a, b := newWire(t, "a", 0, 0), newWire(t, "b", 0, 0)
	f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}})
	if err != nil {
		t.Fatal(err)
	}
	e := &endless{}
	if err := f.workers[0].engine.close(); err != nil {
		t.Fatal(err)
	}
	f.workers[0].engine = e
	stop := running(t, f)
	for deadline := time.Now().Add(long); f.Stats().Workers[0].AToB.ReadPackets == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no packet was read")
		}
	}
	endsSoon(t, stop)
	if e.read == 0 || e.written != e.read {
		t.Errorf("%d packets read, %d written", e.read, e.written)
	}
}

// endsSoon calls stop, which must return.
func endsSoon(t *testing.T, stop func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		stop()
	}()
	select {
	case <-done:
	case <-time.After(long):
		t.Fatal("Run goes on")
	}
}

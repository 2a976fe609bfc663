package forwarder

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload/offloadtest"
)

// exactCase is one way to set a forwarder up.
type exactCase struct {
	kind     tun.Kind
	queues   int
	bothWays bool
	engine   Engine
	gso      GSO
	gro      GRO
	intake   bool
}

func (c exactCase) String() string {
	return fmt.Sprintf("%v,queues=%d,bothways=%v,engine=%s,gso=%s,gro=%s,intake=%v", c.kind, c.queues, c.bothWays, c.engine, c.gso, c.gro, c.intake)
}

// exactCases are all engines with all that can become of superpackets, on either kind of
// device; more than one queue and both directions at once where most happens.
func exactCases() []exactCase {
	var cases []exactCase
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		for _, engine := range Engines() {
			for _, gso := range GSOs() {
				for _, gro := range GROs() {
					cases = append(cases, exactCase{kind, 1, false, engine, gso, gro, false})
				}
			}
		}
		cases = append(cases,
			exactCase{kind, 2, false, EngineAuto, GSOPass, GROAuto, false},
			exactCase{kind, 1, true, EngineAuto, GSOPass, GROAuto, false},
			exactCase{kind, 2, true, EngineAuto, GSOSplit, GROAuto, false},
			exactCase{kind, 1, false, EngineAuto, GSOPass, GROAuto, true},
			exactCase{kind, 1, true, EngineSync, GSOPass, GROOff, true},
			exactCase{kind, 1, true, EngineURing, GSOSplit, GROAuto, true})
	}
	// Not on TAP devices, where the program that chooses the queue does not find the headers
	// of long packets of a packet socket: they are not in the linear part of the buffer.
	return append(cases, exactCase{tun.TUN, 2, true, EngineAuto, GSOPass, GROAuto, true})
}

// link is what the packets of the case begin with. With several queues no flow has a VLAN
// tag: the packet socket that sends it says that the network header is behind the tag and
// that the protocol is 802.1Q (packet_parse_headers in net/packet/af_packet.c), so that
// the kernel takes the IP length for a part of the flow and chooses any queue.
func (c exactCase) link() offloadtest.Link {
	switch {
	case c.kind == tun.TUN:
		return offloadtest.NoLink
	case c.queues > 1:
		return offloadtest.PlainLink
	}
	return offloadtest.VLANLink
}

// exactSeed makes other traffic: go test ./forwarder -run TestExact -exact.seed 1
var exactSeed = flag.Uint64("exact.seed", 0, "seed of the random traffic of TestExact")

// exactLacks is for older kernels. On others, what a case needs must be there.
var exactLacks = flag.Bool("exact.lacks", false, "TestExact skips what this kernel lacks something for, and says so")

// TestExact sends random traffic into one device and compares what comes out of the
// other with it, byte by byte: every packet arrives once, in the order of its flow, with
// the checksums it had or, where they were left to do, the right ones.
func TestExact(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	for i, c := range exactCases() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel() // each has a namespace of its own
			p := newPair(t, c.kind, c.queues)
			taken := uint64(0)
			for j, m := range offloadtest.Mixes {
				m.NoUSO = !p.takesUSO()
				t.Run(m.Name, func(t *testing.T) { taken += testExact(t, c, p, m, *exactSeed<<32+uint64(100*i+j)) })
			}
			if c.intake && taken == 0 {
				t.Error("no packet came through the intakes")
			}
		})
	}
}

// inRing is how many frames wait when a forwarder starts.
const inRing = 1200

// way is one direction of the comparison.
type way struct {
	from, to *offloadtest.Socket
	traffic  *offloadtest.Traffic
	arrivals *offloadtest.Arrivals
	stats    func(Stats) DirectionStats
}

// testExact returns how many packets came through an intake.
func testExact(t *testing.T, c exactCase, p *pair, m offloadtest.Mix, seed uint64) (taken uint64) {
	if c.intake {
		p.attachIntakes(t)
	}
	ethernet := c.kind == tun.TAP
	ways := []*way{{
		p.ends[0], p.ends[1], offloadtest.NewTraffic(m, seed, c.link()), offloadtest.NewArrivals(ethernet),
		func(s Stats) DirectionStats { return s.Total().AToB },
	}}
	if c.bothWays {
		ways = append(ways, &way{
			p.ends[1], p.ends[0], offloadtest.NewTraffic(m, seed+50, c.link()), offloadtest.NewArrivals(ethernet),
			func(s Stats) DirectionStats { return s.Total().BToA },
		})
	}
	f, err := New(Config{
		A: p.devices[0].Queues(), B: p.devices[1].Queues(), Engine: c.engine, GSO: c.gso, GRO: c.gro,
		IntakeA: p.rings[0], IntakeB: p.rings[1],
		Note: func(text string) {
			if !*exactLacks {
				t.Errorf("the forwarder does without: %s", text)
			}
		},
	})
	if *exactLacks && errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The first round waits in the devices' rings when the forwarder starts, so that
	// it has batches; the others come as they are sent.
	const live = 400
	inject(t, ways, inRing)
	var next [][]offloadtest.Injection
	if !c.intake || m.Equal != 0 {
		next = prepare(ways, live)
	}
	stop := running(t, f)
	// An intake opens while the devices' rings still hold packets of the same flows. What it
	// cannot take is lost meanwhile.
	send(t, ways, next)
	settle(t, f, ways)
	for range 2 {
		inject(t, ways, live)
		settle(t, f, ways)
	}
	stop()
	for _, w := range ways {
		w.check(t, c, f.Stats())
		taken += w.stats(f.Stats()).TakenPackets
	}
	return taken
}

// running runs a forwarder until stop is called, or until the test ends, then closes it.
func running(t *testing.T, f *Forwarder) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, f.Close(), f.Close()); err != nil {
			t.Errorf("run and close: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// inject sends n frames of every way, taking turns.
func inject(t *testing.T, ways []*way, n int) {
	t.Helper()
	send(t, ways, prepare(ways, n))
}

// prepare makes n frames of every way, which it expects from then on.
func prepare(ways []*way, n int) [][]offloadtest.Injection {
	var rounds [][]offloadtest.Injection
	for _, w := range ways {
		round := w.traffic.Round(n)
		rounds = append(rounds, round)
		for _, in := range round {
			w.arrivals.Expect(in)
		}
	}
	return rounds
}

// send sends what was prepared, the ways taking turns.
func send(t *testing.T, ways []*way, rounds [][]offloadtest.Injection) {
	t.Helper()
	longest := 0
	for _, round := range rounds {
		longest = max(longest, len(round))
	}
	for i := range longest {
		for j, w := range ways {
			if j >= len(rounds) || i >= len(rounds[j]) {
				continue
			}
			if err := w.from.Send(rounds[j][i].Frame); err != nil {
				t.Fatalf("send % x: %v", rounds[j][i].Frame[:min(len(rounds[j][i].Frame), 64)], err)
			}
		}
	}
}

// settle waits until the forwarder has accounted for everything that was sent, then
// takes what arrived: a write returns when the packet is in the socket.
func settle(t *testing.T, f *Forwarder, ways []*way) {
	t.Helper()
	deadline := time.Now().Add(long)
	for _, w := range ways {
		for !w.accounted(f.Stats()) && !t.Failed() {
			if time.Now().After(deadline) {
				t.Errorf("%d segments were sent, the forwarder knows of %+v", w.arrivals.Segments, w.stats(f.Stats()))
			}
			time.Sleep(100 * time.Microsecond)
		}
		if err := w.receive(); err != nil {
			t.Fatal(errors.Join(err, w.arrivals.Lost()))
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// accounted reports whether every segment sent was read, and either written or not.
func (w *way) accounted(s Stats) bool {
	d := w.stats(s)
	return d.ReadSegments == w.arrivals.Segments && d.ReadSegments == d.WrittenSegments+unwritten(d)
}

// unwritten counts the segments that were dropped or refused by the kernel.
func unwritten(d DirectionStats) (n uint64) {
	for _, m := range []map[string]uint64{d.Drops, d.WriteErrors} {
		for _, k := range m {
			n += k
		}
	}
	return n
}

// receive takes all that arrived, up to a few complaints.
func (w *way) receive() error {
	var errs []error
	for len(errs) < 3 {
		frame, ok, err := w.to.Receive()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := w.arrivals.Take(frame); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check holds the counters against what arrived, and whether the case did what it is
// named after.
func (w *way) check(t *testing.T, c exactCase, s Stats) {
	d := w.stats(s)
	t.Logf("%d segments came as %d packets and left as %d, %d of them superpackets; not forwarded: %v %v",
		d.ReadSegments, d.ReadPackets, d.WrittenPackets, w.arrivals.Superpackets, d.Drops, d.WriteErrors)
	if err := w.arrivals.Lost(); err != nil {
		t.Errorf("%v; counters %+v", err, d)
	}
	// The kernel takes some lies from us and drops them later.
	if got := unwritten(d); got > uint64(w.arrivals.Lies) {
		t.Errorf("%d packets with lies in them did not arrive, %d drops and errors were counted: %+v", w.arrivals.Lies, got, d)
	}
	switch {
	case c.gso == GSOSplit:
		if w.arrivals.Superpackets > 0 {
			t.Errorf("%d superpackets arrived, all should have been split", w.arrivals.Superpackets)
		}
	case c.gro == GROOff:
		if d.WrittenPackets+unwritten(d) != d.ReadPackets {
			t.Errorf("of %d packets read %d were written: none should be coalesced", d.ReadPackets, d.WrittenPackets)
		}
	case w.traffic.Mix.Equal != 0 && !(w.traffic.Mix.NoUSO && w.traffic.Mix.Equal == unix.IPPROTO_UDP):
		// Those that waited were there together; of the others each may have come alone.
		if w.arrivals.Superpackets == 0 || d.ReadPackets-d.WrittenPackets < inRing/2 {
			t.Errorf("of %d packets read %d were written, %d of those that arrived are superpackets: hardly any was coalesced",
				d.ReadPackets, d.WrittenPackets, w.arrivals.Superpackets)
		}
	}
}

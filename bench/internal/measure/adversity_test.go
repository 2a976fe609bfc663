package measure

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// adversity is something that keeps the forwarder from its work. It begins while a load
// runs, when the first packets have arrived.
type adversity struct {
	during phase         // phaseWarmup or phaseLoad
	behind bool          // it lasts beyond the end of that load, otherwise it ends before
	last   time.Duration // for so long: after its beginning, or after the end of the load
	begin  func(*testing.T, *Rig) (end func())

	work sync.WaitGroup // all that it started
}

// entering is the hook of the trial.
func (a *adversity) entering(t *testing.T) func(*Rig, phase) {
	begun, over := make(chan func(), 1), make(chan struct{})
	return func(r *Rig, p phase) {
		switch {
		case p == a.during:
			await := awaitArrivals(t, r, 100, over)
			a.work.Go(func() {
				await()
				end := a.begin(t, r)
				if !a.behind {
					time.Sleep(a.last)
					end()
					end = func() {}
				}
				begun <- end
			})
		case p == phaseWarm && a.during == phaseWarmup, p == phaseOver && a.during == phaseLoad:
			close(over)
			end := <-begun
			a.work.Go(func() {
				time.Sleep(a.last)
				end()
			})
		}
	}
}

// awaitArrivals returns what waits until that many packets more have arrived than now, or the load is over: a sender without a CPU sends
// fewer.
func awaitArrivals(t *testing.T, r *Rig, n uint64, over <-chan struct{}) (await func()) {
	sink := r.workload.(*udp).ways[0].sink
	first, err := sink.Received()
	return func() {
		for now := first; err == nil && now < first+n; now, err = sink.Received() {
			select {
			case <-over:
				return
			case <-time.After(time.Millisecond):
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// stopForwarder stops the process of the forwarder, and returns when all of it stands still: on a
// busy machine a thread may run for some time with the signal pending.
func stopForwarder(t *testing.T, r *Rig) (end func()) {
	pid := r.running.Processes()[0]
	send := func(s unix.Signal) {
		if err := unix.Kill(pid, s); err != nil {
			t.Error(err)
		}
	}
	send(unix.SIGSTOP)
	for {
		switch activity, err := host.ReadActivity(pid); {
		case err != nil:
			t.Error(err)
			return func() {}
		case activity == host.Stopped:
			return func() { send(unix.SIGCONT) }
		}
		time.Sleep(time.Millisecond)
	}
}

// takeCPU keeps the CPU of the forwarder's worker busy.
func takeCPU(t *testing.T, r *Rig) (end func()) {
	program, err := os.Executable()
	if err != nil {
		t.Error(err)
		return func() {}
	}
	c := exec.Command(program, hogArgument, strconv.Itoa(r.cpus[0]))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Error(err)
		return func() {}
	}
	_, _ = io.ReadFull(out, make([]byte, 1)) // it is busy now
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

// suffer makes a trial under adversity.
func suffer(t *testing.T, words string, a *adversity) results.Trial {
	t.Helper()
	s := parse(t, words)
	trial, err := Trial(t.Context(), s, Options{entering: a.entering(t)})
	a.work.Wait()
	if err != nil || trial.Failed() || trial.Interrupted {
		t.Fatalf("%s: %v, %q (interrupted: %t)", words, err, trial.Error, trial.Interrupted)
	}
	return trial
}

// balances checks that a ledger is exact.
func balances(t *testing.T, trial results.Trial) {
	t.Helper()
	l := trial.Ledger
	for _, p := range []results.Place{results.PlaceUnaccounted, results.PlaceInFlight, results.PlaceDuplicated, results.PlaceEarlier, results.PlaceForeign} {
		if n := l.Packets(p); n != 0 {
			t.Errorf("%s: %d packets: %v", p, n, l)
		}
	}
	lost := int64(0)
	for _, e := range l {
		if e.Place == results.PlaceNotOffered || e.Place == results.PlaceSenderSocket || e.Place == results.PlaceDeviceRing ||
			e.Place == results.PlaceIntakeRing || e.Place == results.PlaceQdisc {
			lost += e.Packets
		}
	}
	intended, read, sink := l.Packets(results.PlaceIntended), l.Packets(results.PlaceReadByForwarder), l.Packets(results.PlaceSink)
	if intended-lost != read || read != sink {
		t.Errorf("%d intended, %d lost before the forwarder, %d read, %d at the sink: %v", intended, lost, read, sink, l)
	}
	for _, warning := range trial.Warnings {
		if !strings.Contains(warning, "share CPU") && !strings.HasPrefix(warning, "a quota of") { // where this process has only one, or a part of them
			t.Errorf("warning %q", warning)
		}
	}
}

// TestLedgerOfAStoppedForwarder: however long the forwarder stands still, and whenever,
// each packet is counted in the load that it was sent by, once.
func TestLedgerOfAStoppedForwarder(t *testing.T) {
	requireRoot(t)
	for _, stop := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second} {
		for _, tc := range []struct {
			name   string
			intake string
			during phase
			behind bool
		}{
			{"end of the warm-up", "off", phaseWarmup, true},
			{"end of the warm-up with an intake", "auto", phaseWarmup, true},
			{"middle of the trial", "off", phaseLoad, false},
			{"end of the trial", "off", phaseLoad, true},
			{"end of the trial with an intake", "auto", phaseLoad, true},
		} {
			t.Run(fmt.Sprintf("%s/%v", tc.name, stop), func(t *testing.T) {
				load := 300 * time.Millisecond
				if !tc.behind {
					load += stop
				}
				words := fmt.Sprintf("intake=%s load=20k warmup=300ms duration=%v", tc.intake, load)
				balances(t, suffer(t, words, &adversity{during: tc.during, behind: tc.behind, last: stop, begin: stopForwarder}))
			})
		}
	}
}

// TestCostOfALateForwarder: the CPU time of packets that are forwarded when the load is over is theirs too.
func TestCostOfALateForwarder(t *testing.T) {
	requireRoot(t)
	var resume func()
	trial, err := Trial(t.Context(), parse(t, "intake=off load=1000 warmup=0s duration=300ms"), Options{entering: func(r *Rig, p phase) {
		switch p {
		case phaseLoad:
			resume = stopForwarder(t, r)
		case phaseOver:
			resume()
		}
	}})
	if err != nil || trial.Failed() {
		t.Fatal(err, trial.Error)
	}
	balances(t, trial)
	packets := trial.Ledger.Packets(results.PlaceSink)
	inLoad := *trial.CPU.DUTBusyRatio * trial.DurationS * float64(time.Second)
	if cost := *trial.CPU.DUTNsPerPacket * float64(packets); packets == 0 || cost < 2*inLoad || cost < float64(packets)*100 {
		t.Errorf("%d packets took %v ns, of which %v were in the load", packets, cost, inLoad)
	}
}

// TestLedgerOfAStarvedForwarder: others take the CPU of the worker.
func TestLedgerOfAStarvedForwarder(t *testing.T) {
	requireRoot(t)
	if p, err := place(parse(t, "load=20k")); err != nil || p.workers[0] == p.generators[0] {
		t.Skip("needs a CPU for the generator: two CPUs")
	}
	for name, during := range map[string]phase{"end of the warm-up": phaseWarmup, "end of the trial": phaseLoad} {
		for _, intake := range []string{"off", "auto"} {
			t.Run(name+"/intake="+intake, func(t *testing.T) {
				a := &adversity{during: during, behind: true, last: 500 * time.Millisecond, begin: takeCPU}
				balances(t, suffer(t, "load=20k warmup=300ms duration=300ms intake="+intake, a))
			})
		}
	}
}

// TestPacketsInFlight: what a forwarder still has that is stopped for longer than anybody
// waits is in flight, and none of the next trial's, in which it arrives.
func TestPacketsInFlight(t *testing.T) {
	requireRoot(t)
	a := &adversity{during: phaseLoad, behind: true, begin: stopForwarder}
	forever := make(chan struct{})
	a.begin = func(t *testing.T, r *Rig) (end func()) {
		goOn := stopForwarder(t, r)
		return func() { <-forever; goOn() }
	}
	hook := a.entering(t)
	options := Options{entering: func(r *Rig, p phase) { hook(r, p) }}
	err := withRig(t.Context(), parse(t, "intake=off load=20k warmup=0s duration=5s"), options, func(r *Rig) error {
		first, err := r.Measure(t.Context(), r.ask())
		flying := first.Ledger.Packets(results.PlaceInFlight)
		if err != nil || flying == 0 || first.Ledger.Packets(results.PlaceUnaccounted) != 0 {
			t.Errorf("%v; %d in flight: %v", err, flying, first.Ledger)
		}
		hook = func(_ *Rig, p phase) {
			if p == phaseLoad {
				close(forever)
				a.work.Wait()
			}
		}
		second, err := r.Measure(t.Context(), r.ask())
		if err != nil {
			return err
		}
		l := second.Ledger
		if l.Packets(results.PlaceEarlier) != flying || l.Packets(results.PlaceUnaccounted) != 0 || l.Packets(results.PlaceInFlight) != 0 ||
			l.Packets(results.PlaceSink)+l.Packets(results.PlaceDeviceRing)+l.Packets(results.PlaceNotOffered) != l.Packets(results.PlaceIntended) {
			t.Errorf("%d packets of the first trial were in flight; the second has %v", flying, l)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

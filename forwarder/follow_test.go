package forwarder

import (
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// following is a follower with a clock and a machine: what an answer takes at each place, at home first.
type following struct {
	*testing.T
	follower
	now   time.Time
	takes []time.Duration
	away  int // turns that were not at home
	moves int
}

func newFollowing(t *testing.T, takes ...time.Duration) *following {
	cpus := make([]int, len(takes)-1)
	for i := range cpus {
		cpus[i] = i
	}
	return &following{T: t, follower: newFollower(cpus), now: time.Now(), takes: takes}
}

func (f *following) turn(gap time.Duration, way, packets int, answered bool) {
	f.now = f.now.Add(gap)
	if f.at != home {
		f.away++
	}
	if f.follower.turn(f.now, way, packets, answered) {
		f.moves++
	}
}

// answers has packets answer each other for a time. The client thinks before it asks.
func (f *following) answers(d, thinks time.Duration) {
	for end, way := f.now.Add(d), 0; f.now.Before(end); way = 1 - way {
		gap := f.takes[f.at+1]
		if way == 0 {
			gap += thinks
		}
		f.turn(gap, way, 1, true)
	}
}

func (f *following) isAt(when string, place int) {
	f.Helper()
	if f.at != place {
		f.Errorf("%s it is at place %d, want %d", when, f.at, place)
	}
}

const us = time.Microsecond

// TestFollows: it finds where answers come soonest, whatever the client thinks in between, and goes where that becomes another place.
func TestFollows(t *testing.T) {
	for _, thinks := range []time.Duration{0, 10 * us, 10 * time.Millisecond} {
		f := newFollowing(t, 40*us, 70*us, 20*us, 60*us)
		f.answers(3*time.Second, thinks)
		f.isAt("after a while", 1)
		f.takes[2], f.takes[3] = 60*us, 20*us // the sender moves
		f.answers(3*time.Second, thinks)
		f.isAt("after the sender has moved", 2)
		f.takes[0] = 5 * us
		f.answers(longestWait+3*time.Second, thinks)
		f.isAt("where home has become the best", home)
	}
}

// TestStaysAtHome where nothing is gained, and tries more and more seldom.
func TestStaysAtHome(t *testing.T) {
	for name, elsewhere := range map[string]time.Duration{"worse": 80 * us, "as good": 40 * us, "hardly better": 38 * us, "ever so much worse": 5 * time.Millisecond} {
		f := newFollowing(t, 40*us, elsewhere, elsewhere)
		f.answers(time.Minute, 0)
		if f.away == 0 {
			t.Errorf("%s: it never tried", name)
		}
		trials := 5 + int(time.Minute/longestWait) // the first after 0.25, 0.5, 1 … s
		if most := trials * 2 * (trialTurns + settleTurns); f.away > most {
			t.Errorf("%s: %d turns away in a minute, want %d at the most", name, f.away, most)
		}
		if elsewhere > time.Millisecond && f.away > trials*2*(settleTurns+6) {
			t.Errorf("%s: %d turns away: a hopeless trial is not broken off", name, f.away)
		}
	}
}

// TestGoesHome as soon as packets come in numbers, or do not answer each other any more.
func TestGoesHome(t *testing.T) {
	for name, other := range map[string]func(f *following){
		"many at once":     func(f *following) { f.turn(20*us, 0, manyPackets, true) },
		"several":          func(f *following) { f.stream(3, true) },
		"all from one end": func(f *following) { f.stream(1, false) },
	} {
		f := newFollowing(t, 40*us, 20*us)
		f.answers(time.Second, 0)
		f.isAt("while packets answer each other", 0)
		other(f)
		f.isAt(name+":", home)
		f.answers(time.Second, 0)
		f.isAt(name+", and answers again:", 0)
	}
	f := newFollowing(t, 40*us, 20*us)
	for range 10000 {
		f.turn(10*us, 0, 1, false)
	}
	if f.moves > 0 {
		t.Error("it moves though nothing is answered")
	}
}

func (f *following) stream(packets int, answered bool) {
	for range otherTurns {
		f.turn(20*us, 0, packets, answered)
	}
}

// TestWithout a CPU it never goes there again, and without any it stays.
func TestWithout(t *testing.T) {
	f := newFollowing(t, 40*us, 20*us)
	f.answers(time.Second, 0)
	f.without(0)
	f.isAt("without its CPU", home)
	f.moves = 0
	f.answers(time.Minute, 0)
	if f.moves > 0 {
		t.Errorf("%d moves without a CPU to go to", f.moves)
	}
}

// TestFollowsInOrder: packets that answer each other, with bursts between, all arrive in order, while the worker moves.
func TestFollowsInOrder(t *testing.T) {
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{"pinned": {CPUs: cpusOf(&before)}, "anywhere": {Spin: DefaultSpin}} {
		t.Run(name, func(t *testing.T) {
			cfg.Follow = FollowAuto
			a, b, f, stop := start(t, 1, 0, cfg)
			ends := [2]wire{a[0], b[0]}
			number := uint32(0)
			pass := func(way, n int) {
				t.Helper()
				for i := range n {
					ends[way].send(t, binary.BigEndian.AppendUint32(make([]byte, 60), number+uint32(i)))
				}
				for range n {
					if got := binary.BigEndian.Uint32(ends[1-way].receive(t)[60:]); got != number {
						t.Fatalf("packet %d came instead of %d", got, number)
					}
					number++
				}
			}
			for range 40 {
				for i := range 3 * trialTurns {
					pass(i%2, 1)
				}
				pass(0, 2*manyPackets)
			}
			stop()
			total := f.Stats().Total()
			if total.Moves == 0 {
				t.Error("the worker never moved")
			}
			if got := total.AToB.WrittenSegments + total.BToA.WrittenSegments; got != uint64(number) {
				t.Errorf("%d packets counted, want %d", got, number)
			}
		})
	}
}

package forwarder

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// following is a follower with a clock and a machine: what an answer takes at each place, at home first.
type following struct {
	*testing.T
	follower
	now   time.Time
	takes []time.Duration
	aways int // turns that were not at home
	moves int
}

func newFollowing(t *testing.T, takes ...time.Duration) *following {
	cpus := make([]int, len(takes)-1)
	for i := range cpus {
		cpus[i] = i
	}
	return &following{T: t, follower: newFollower(cpus), now: time.Now(), takes: takes}
}

func (f *following) turn(gap time.Duration, way, packets int) {
	f.now = f.now.Add(gap)
	if f.at != home {
		f.aways++
	}
	if f.follower.turn(f.now, way, packets) {
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
		f.turn(gap, way, 1)
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

// TestFollowsAfterASilence: the silence before a conversation is none of it.
func TestFollowsAfterASilence(t *testing.T) {
	f := newFollowing(t, 40*us, 70*us, 20*us)
	f.turn(0, 0, 1)
	f.now = f.now.Add(10 * time.Second)
	f.answers(time.Second, 0)
	f.isAt("a second after it began", 1)
}

// TestFollowsThoughSomeRepeat: one packet in ten that answers nothing spoils no trial, and no proof.
func TestFollowsThoughSomeRepeat(t *testing.T) {
	f := newFollowing(t, 40*us, 70*us, 20*us)
	for i, end := 0, f.now.Add(3*time.Second); f.now.Before(end); i++ {
		way := 1 - f.way
		if i%10 == 9 {
			way = f.way
		}
		f.turn(f.takes[f.at+1], way, 1)
	}
	f.isAt("after a while", 1)
}

// TestStaysAtHome where nothing is gained, and tries more and more seldom.
func TestStaysAtHome(t *testing.T) {
	for name, elsewhere := range map[string]time.Duration{"worse": 80 * us, "as good": 40 * us, "hardly better": 38 * us, "ever so much worse": 5 * time.Millisecond} {
		f := newFollowing(t, 40*us, elsewhere, elsewhere)
		f.answers(time.Minute, 0)
		if f.aways == 0 {
			t.Errorf("%s: it never tried", name)
		}
		trials := 5 + int(time.Minute/longestWait) // the first after 0.25, 0.5, 1 … s
		if most := trials * 2 * (1 + settleTurns + trialTurns); f.aways > most {
			t.Errorf("%s: %d turns away in a minute, want %d at the most", name, f.aways, most)
		}
		if elsewhere > time.Millisecond && f.aways > trials*2*(settleTurns+6) {
			t.Errorf("%s: %d turns away: a hopeless trial is not broken off", name, f.aways)
		}
	}
}

// TestNoise: where the gaps are chance, it seldom moves, whatever the best of many places once looked like.
func TestNoise(t *testing.T) {
	const places, minutes = 16, 5
	for name, next := range map[string]func(f *following, r *rand.Rand){
		"answers after times of all lengths": func(f *following, r *rand.Rand) {
			f.turn(5*us+time.Duration(r.ExpFloat64()*float64(40*us)), 1-f.way, 1)
		},
		"both ends send when they like": func(f *following, r *rand.Rand) {
			f.turn(time.Duration(r.ExpFloat64()*float64(50*us)), r.IntN(2), 1)
		},
	} {
		f := newFollowing(t, make([]time.Duration, places+1)...)
		r := rand.New(rand.NewPCG(1, 2))
		for end := f.now.Add(minutes * time.Minute); f.now.Before(end); {
			next(f, r)
		}
		if most := minutes * 20 * (places + 3); f.moves > most { // a trial is as many moves
			t.Errorf("%s: %d moves in %d minutes, want %d at the most", name, f.moves, minutes, most)
		}
	}
}

// TestSlowConversation: it is not worth a trial of many places, and trials take a small share of the time.
func TestSlowConversation(t *testing.T) {
	for thinks, most := range map[time.Duration]float64{time.Second: 0, 10 * time.Millisecond: 0, time.Millisecond: 0.06} {
		takes := make([]time.Duration, 65)
		for i := range takes {
			takes[i] = 40 * us
		}
		f := newFollowing(t, takes...)
		var away, all time.Duration
		for end, way := f.now.Add(10*time.Minute), 0; f.now.Before(end); way = 1 - way {
			gap := 40*us + thinks*time.Duration(1-way)
			all += gap
			if f.away() {
				away += gap
			}
			f.turn(gap, way, 1)
		}
		if share := away.Seconds() / all.Seconds(); share > most {
			t.Errorf("a client that thinks for %v: away for %.3f of the time, want %.3f at the most", thinks, share, most)
		}
	}
}

// TestGoesHome as soon as packets come in numbers, or do not answer each other any more.
func TestGoesHome(t *testing.T) {
	for name, other := range map[string]func(f *following){
		"many at once":     func(f *following) { f.turn(20*us, 0, manyPackets) },
		"several":          func(f *following) { f.stream(lonePackets+1, otherTurns) },
		"all from one end": func(f *following) { f.stream(1, 2*trialTurns) },
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
		f.turn(10*us, 0, 1)
	}
	if f.moves > 0 {
		t.Error("it moves though nothing is answered")
	}
}

// stream has packets come one way.
func (f *following) stream(packets, turns int) {
	for range turns {
		f.turn(20*us, 0, packets)
	}
}

// TestWithout a CPU it never goes there again, and without any it stays.
func TestWithout(t *testing.T) {
	f := newFollowing(t, 40*us, 20*us)
	f.answers(time.Second, 0)
	f.without(0, f.now)
	f.isAt("without its CPU", home)
	f.moves = 0
	f.answers(time.Minute, 0)
	if f.moves > 0 {
		t.Errorf("%d moves without a CPU to go to", f.moves)
	}
}

// TestGoesHomeUnderLoad: a turn that does not end is one too many.
func TestGoesHomeUnderLoad(t *testing.T) {
	a, b := newWire(t, "a", 0, 0), newWire(t, "b", 0, 0)
	f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}, Follow: FollowAuto})
	if err != nil {
		t.Fatal(err)
	}
	w := f.workers[0]
	if err := w.engine.close(); err != nil {
		t.Fatal(err)
	}
	w.engine = &endless{}
	w.place.at = 0 // as if it had found the first CPU to be the best
	stop := running(t, f)
	for deadline := time.Now().Add(long); w.place.moves.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it stays away though packets come without an end")
		}
	}
	endsSoon(t, stop)
	if w.place.away() {
		t.Error("it has moved, but not home")
	}
}

// TestStarved: a thread that wants to run and does not get to, from one look to the next.
func TestStarved(t *testing.T) {
	for _, tc := range []struct {
		before, now pulse
		want        bool
	}{
		{pulse{true, 5}, pulse{true, 5}, true},
		{pulse{true, 5}, pulse{true, 6}, false},
		{pulse{false, 5}, pulse{true, 5}, false}, // it was woken just now
		{pulse{true, 5}, pulse{false, 5}, false},
		{pulse{}, pulse{true, 5}, false},
	} {
		if got := tc.now.starvedSince(tc.before); got != tc.want {
			t.Errorf("%+v after %+v: starved %v, want %v", tc.now, tc.before, got, tc.want)
		}
	}
}

// TestPulse of a thread that sleeps, and of one that runs.
func TestPulse(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := pulseOf(unix.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	later, err := pulseOf(unix.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	// Without a tick between them.
	if !own.wants || own.ran == 0 || later.ran <= own.ran || later.starvedSince(own) {
		t.Errorf("a thread that runs has the pulse %+v, and then %+v", own, later)
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	tid, ended := make(chan int), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		tid <- unix.Gettid()
		_, _ = unix.Read(fds[0], make([]byte, 1))
	}()
	id := <-tid
	for deadline := time.Now().Add(long); ; time.Sleep(time.Millisecond) {
		asleep, err := pulseOf(id)
		if err != nil {
			t.Fatal(err)
		}
		if !asleep.wants {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a thread that sleeps seems to want to run")
		}
	}
	unix.Close(fds[1])
	<-ended
}

// TestFetchedHome: what the guard has fetched does not go there again.
func TestFetchedHome(t *testing.T) {
	for name, next := range map[string]func(p *place){
		"at a turn":              func(p *place) { p.turn(time.Now(), 0, 1) },
		"when it goes by itself": func(p *place) { p.goHome(time.Now()) },
		"there, and then a turn": func(p *place) { p.goHome(time.Now()); p.turn(time.Now(), 0, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread() // it ends with the goroutine: its CPUs are not those of others any more
			p := newPlace(0, 1, Config{Follow: FollowAuto}, make(chan struct{}, 1))
			if err := p.start(); err != nil {
				t.Fatal(err)
			}
			cpus := len(p.cpus)
			p.at = 0
			p.fetched.Store(true)
			next(p)
			if p.away() || len(p.cpus) != cpus-1 {
				t.Errorf("it is at %d with %d of %d CPUs to go to", p.at, len(p.cpus), cpus)
			}
		})
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
			for deadline, round := time.Now().Add(long), 0; round < 40 || f.Stats().Total().Moves == 0 && time.Now().Before(deadline); round++ {
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

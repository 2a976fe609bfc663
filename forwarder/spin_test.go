package forwarder

import (
	"testing"
	"time"
)

// spinner is a policy with a clock.
type spinner struct {
	spinPolicy
	now time.Time
}

func newSpinner(limit time.Duration) *spinner {
	return &spinner{newSpinPolicy(limit), time.Now()}
}

// stream has packets come one way, gap apart, and returns how long to spin after them.
func (s *spinner) stream(way int, gap time.Duration) (spin time.Duration) {
	for range 100 {
		s.now = s.now.Add(gap)
		s.moved(way, 1)
		spin = s.next(s.now)
	}
	return spin
}

const spinTestLimit = 50 * time.Microsecond

// TestSpin is long where packets answer each other or come soon, short after a stream that is
// slower, and none after a slow one.
func TestSpin(t *testing.T) {
	s := newSpinner(spinTestLimit)
	want := func(after string, got, want time.Duration) {
		t.Helper()
		if got != want {
			t.Errorf("after %s: %v, want %v", after, got, want)
		}
	}
	want("nothing yet", s.next(s.now), 0)
	want("a slow stream", s.stream(0, slowGap+time.Microsecond), 0)
	for i := range 6 {
		s.now = s.now.Add(10 * time.Microsecond)
		s.moved(i%2, 1)
	}
	want("an answer", s.next(s.now), spinTestLimit)
	want("another slow stream", s.stream(1, slowGap+time.Microsecond), 0)
	want("a stream", s.stream(1, slowGap-time.Microsecond), streamSpin)
	want("a fast stream", s.stream(1, busyGap-time.Microsecond), spinTestLimit)
	want("one that became slower", s.stream(1, busyGap+time.Microsecond), streamSpin)
}

// TestSpinCountsPackets, not bursts: those that come together stand for their time.
func TestSpinCountsPackets(t *testing.T) {
	s := newSpinner(spinTestLimit)
	s.stream(0, time.Millisecond)
	for range 100 {
		s.now = s.now.Add(10 * time.Microsecond)
		s.moved(0, 5)
		s.next(s.now)
	}
	if got := s.next(s.now); got != spinTestLimit {
		t.Errorf("after five packets every 10 µs: %v, want %v", got, spinTestLimit)
	}
}

// TestSpinGivesUp while it finds nothing, and tries again now and then.
func TestSpinGivesUp(t *testing.T) {
	s := newSpinner(spinTestLimit)
	s.stream(0, busyGap+time.Microsecond)
	spins := 0
	for range 1000 {
		if s.next(s.now) > 0 {
			spins++
		}
		s.ended(true)
	}
	if want := missLimit + 1000/retryEvery; spins < want-1 || spins > want+1 {
		t.Errorf("%d spins in a thousand idle times, want about %d", spins, want)
	}
	s.ended(false)
	if got := s.next(s.now); got != streamSpin {
		t.Errorf("after a spin that found something: %v, want %v", got, streamSpin)
	}
}

func TestSpinLimit(t *testing.T) {
	for _, limit := range []time.Duration{0, time.Microsecond} {
		if got := newSpinner(limit).stream(0, busyGap+time.Microsecond); got != limit {
			t.Errorf("limit %v: %v", limit, got)
		}
	}
}

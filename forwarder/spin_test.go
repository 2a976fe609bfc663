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

// TestSpin is long where packets answer each other or come soon, and short after a slow
// stream.
func TestSpin(t *testing.T) {
	s := newSpinner(spinTestLimit)
	if got := s.next(s.now); got != streamSpin {
		t.Errorf("before any packet: %v, want %v", got, streamSpin)
	}
	if got := s.stream(0, 10*time.Microsecond); got != streamSpin {
		t.Errorf("after a stream: %v, want %v", got, streamSpin)
	}
	for i := range 6 {
		s.now = s.now.Add(10 * time.Microsecond)
		s.moved(i%2, 1)
	}
	if got := s.next(s.now); got != spinTestLimit {
		t.Errorf("after an answer: %v, want %v", got, spinTestLimit)
	}
	if got := s.stream(1, 10*time.Microsecond); got != streamSpin {
		t.Errorf("after another stream: %v, want %v", got, streamSpin)
	}
	if got := s.stream(1, busyGap-time.Microsecond); got != spinTestLimit {
		t.Errorf("after a fast stream: %v, want %v", got, spinTestLimit)
	}
	if got := s.stream(1, busyGap+time.Microsecond); got != streamSpin {
		t.Errorf("after one that became slower: %v, want %v", got, streamSpin)
	}
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
	s.stream(0, 10*time.Microsecond)
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
		if got := newSpinner(limit).stream(0, 10*time.Microsecond); got != limit {
			t.Errorf("limit %v: %v", limit, got)
		}
	}
}

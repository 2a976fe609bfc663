package forwarder

import (
	"testing"
	"time"
)

// TestSpinPolicy: long where packets answer each other, short after a stream, none while
// it finds nothing, and tried again now and then.
func TestSpinPolicy(t *testing.T) {
	const limit = 50 * time.Microsecond
	p := spinPolicy{limit: limit}
	for range 100 {
		p.moved(0)
	}
	if got := p.next(); got != streamSpin {
		t.Errorf("after a stream: %v, want %v", got, streamSpin)
	}
	for i := range 6 {
		p.moved(i % 2)
	}
	if got := p.next(); got != limit {
		t.Errorf("after an answer: %v, want %v", got, limit)
	}
	for range 100 {
		p.moved(1)
	}
	if got := p.next(); got != streamSpin {
		t.Errorf("after another stream: %v, want %v", got, streamSpin)
	}
	spins := 0
	for range 1000 {
		if p.next() > 0 {
			spins++
		}
		p.ended(true)
	}
	if want := missLimit + 1000/retryEvery; spins < want-1 || spins > want+1 {
		t.Errorf("%d spins in a thousand idle times, want about %d", spins, want)
	}
	p.ended(false)
	if got := p.next(); got != streamSpin {
		t.Errorf("after a spin that found something: %v, want %v", got, streamSpin)
	}
	if p = (spinPolicy{limit: time.Microsecond}); p.next() != time.Microsecond {
		t.Errorf("a limit below that of streams: %v", p.next())
	}
	if p = (spinPolicy{}); p.next() != 0 {
		t.Errorf("no limit: %v", p.next())
	}
}

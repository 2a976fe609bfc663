package host

import (
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	readings := []time.Duration{0, 100, 200, 3200, 3300, 13300, 13400, 20000}
	i := -1
	clock := func() time.Time {
		i++
		return time.Unix(0, int64(readings[i]))
	}
	got := watch(clock, 20*time.Microsecond)
	want := Pauses{Watched: 20 * time.Microsecond, Paused: 3000 + 10000 + 6600, Longest: 10 * time.Microsecond}
	if got != want || got.Ratio() != 0.98 {
		t.Errorf("%+v with ratio %v, want %+v", got, got.Ratio(), want)
	}
}

func TestWatchPausesOfThisMachine(t *testing.T) {
	cpus, err := AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	p, err := WatchPauses(cpus[0], 10*time.Millisecond)
	if err != nil || p.Watched < 10*time.Millisecond || p.Ratio() > 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := WatchPauses(1023, time.Millisecond); err == nil {
		t.Error("a CPU that is not there was watched")
	}
}

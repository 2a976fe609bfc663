package search

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// system says which share of the packets a simulated system loses in one trial.
type system func(load float64, d time.Duration) float64

// simulated makes trials of a system and keeps them.
type simulated struct {
	loses  system
	trials []Trial // warm-up included
}

func (s *simulated) Measure(_ context.Context, load float64, d time.Duration) (Trial, error) {
	// Packets are whole, so that small losses vanish in short trials as they do in life.
	packets := max(1, math.Round(load*d.Seconds()))
	lost := math.Round(packets * min(1, max(0, s.loses(load, d))))
	t := Trial{Load: load, Duration: d, Effective: d, LossRatio: lost / packets}
	s.trials = append(s.trials, t)
	return t, nil
}

// hardLimit forwards up to a rate in packets per second and drops the rest.
func hardLimit(rate float64) system {
	return func(load float64, _ time.Duration) float64 { return 1 - rate/load }
}

// leaking loses a share of all packets besides.
func leaking(rate, share float64) system {
	limit := hardLimit(rate)
	return func(load float64, d time.Duration) float64 { return share + max(0, limit(load, d)) }
}

// collapsing loses everything above its limit but a tenth.
func collapsing(rate float64) system {
	return func(load float64, _ time.Duration) float64 {
		if load <= rate {
			return 0
		}
		return 1 - 0.1*rate/load
	}
}

// noisy is a forwarder on a shared machine: its rate varies from trial to trial by sigma
// (for one second, less over longer ones) and it stalls at random, as often a second as
// told, for 1.2 ms on average; a ring of 1000 packets bridges the short ones.
func noisy(rng *rand.Rand, rate, sigma, stalls float64) system {
	return func(load float64, d time.Duration) float64 {
		limit := rate * (1 + sigma/math.Sqrt(d.Seconds())*rng.NormFloat64())
		loss := max(0, 1-limit/load)
		var lost float64
		if stalls > 0 {
			for at := rng.ExpFloat64() / stalls; at < d.Seconds(); at += rng.ExpFloat64() / stalls {
				lost += max(0, load*0.0012*rng.ExpFloat64()-1000)
			}
		}
		return max(loss, lost/(load*d.Seconds()))
	}
}

func newRand(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 9971)) }

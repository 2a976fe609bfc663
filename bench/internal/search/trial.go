package search

import (
	"context"
	"fmt"
	"time"
)

// Measurer makes trials (RFC 9971, section 4.9.1). It is used by one Run at a time.
type Measurer interface {
	// Measure makes one trial at a constant load in packets per second for the
	// duration and returns what came of it. Of the result it fills in Effective
	// and LossRatio. An error ends the search.
	Measure(ctx context.Context, load float64, duration time.Duration) (Trial, error)
}

// Trial is one Trial Result (RFC 9971, section 4.5.10): what was asked for and what
// came of it.
type Trial struct {
	Load     float64       // intended load, packets per second; set by Run
	Duration time.Duration // intended duration; set by Run

	// Effective is the time the trial counts for in sums and limits; 0 means Duration.
	Effective time.Duration
	// LossRatio is the share of the packets intended by Load and Duration that did
	// not arrive, from 0 to 1: what the generator failed to offer is lost too.
	LossRatio float64

	// Warmup marks the trial before the search, which counts for no goal; set by Run.
	Warmup bool
}

// ForwardingRate is what arrived, in packets per second of the intended load
// (section 4.5.7).
func (t Trial) ForwardingRate() float64 { return t.Load * (1 - t.LossRatio) }

// validate returns an error when a measurer's result makes no sense.
func (t Trial) validate() error {
	if !(t.LossRatio >= 0 && t.LossRatio <= 1) {
		return fmt.Errorf("loss ratio %v is not from 0 to 1", t.LossRatio)
	}
	if t.Effective <= 0 {
		return fmt.Errorf("effective duration %v is not positive", t.Effective)
	}
	return nil
}

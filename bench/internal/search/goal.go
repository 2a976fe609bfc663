package search

import (
	"fmt"
	"time"
)

// Goal is one Search Goal (RFC 9971, section 4.6).
type Goal struct {
	Name string // distinct within a search

	// LossRatio is the largest loss ratio of a low-loss trial, from 0 to below 1.
	LossRatio float64
	// ExceedRatio is the share of the trial time at one load that may be high-loss
	// while the load still is a lower bound, from 0 to below 1.
	ExceedRatio float64

	// InitialDuration is that of the first, coarse trials.
	InitialDuration time.Duration
	// FinalDuration is that of a full-length trial: what a lower bound rests on.
	FinalDuration time.Duration
	// DurationSum is the trial time after which a load is classified for certain.
	DurationSum time.Duration

	// Width is how far apart the bounds may be at the end, relative to the upper
	// bound: (upper - lower) / upper, above 0 and below 1. It should not be smaller
	// than LossRatio (section 5.6.2).
	Width float64
}

// validate returns a *ConfigError that names the first field out of range.
func (g *Goal) validate() error {
	invalid := func(field, format string, args ...any) error {
		return &ConfigError{Field: fmt.Sprintf("goal %q: %s", g.Name, field), Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case g.Name == "":
		return invalid("name", "is empty")
	case !(g.LossRatio >= 0 && g.LossRatio < 1):
		return invalid("loss ratio", "%v is not from 0 to below 1", g.LossRatio)
	case !(g.ExceedRatio >= 0 && g.ExceedRatio < 1):
		return invalid("exceed ratio", "%v is not from 0 to below 1", g.ExceedRatio)
	case g.InitialDuration <= 0:
		return invalid("initial trial duration", "%v is not positive", g.InitialDuration)
	case g.FinalDuration < g.InitialDuration:
		return invalid("final trial duration", "%v is shorter than the initial %v", g.FinalDuration, g.InitialDuration)
	case g.DurationSum < g.FinalDuration:
		return invalid("duration sum", "%v is shorter than the final trial duration %v", g.DurationSum, g.FinalDuration)
	case !(g.Width > 0 && g.Width < 1):
		return invalid("width", "%v is not above 0 and below 1", g.Width)
	}
	return nil
}

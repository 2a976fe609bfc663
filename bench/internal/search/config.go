package search

import (
	"fmt"
	"math"
	"time"
)

// Config is the Controller Input (RFC 9971, section 4.6.8) and the limits of a search.
type Config struct {
	Goals []Goal

	// MinLoad and MaxLoad bound every trial, in packets per second. At MinLoad even
	// the shortest trial should send a packet; MaxLoad should be what the generator
	// is known to offer.
	MinLoad, MaxLoad float64

	// Warmup is the duration of a trial at MaxLoad before the search that counts for
	// nothing, neither for a goal nor for a limit; 0 makes none.
	Warmup time.Duration

	// MaxTrials ends a search that does not get there; it must be positive.
	MaxTrials int
	// MaxTime ends it before a trial whose duration would take the sum of effective ones
	// above it; 0 means no such limit.
	MaxTime time.Duration

	// Progress is told after each trial, on the goroutine of Run; it may be nil.
	Progress func(Progress)
}

// ShortestTrial is the duration of the first, coarse trials. There must be a goal.
func (c *Config) ShortestTrial() time.Duration {
	shortest := c.Goals[0].InitialDuration
	for _, g := range c.Goals[1:] {
		shortest = min(shortest, g.InitialDuration)
	}
	return shortest
}

// ConfigError is a setting that makes no search.
type ConfigError struct {
	Field  string // in words, with the goal it belongs to
	Reason string
}

// Error implements error: `goal "NDR": width: 0 is not above 0 and below 1`.
func (e *ConfigError) Error() string { return e.Field + ": " + e.Reason }

// Validate returns a [*ConfigError] that names the first setting out of range, or nil.
func (c *Config) Validate() error {
	if len(c.Goals) == 0 {
		return &ConfigError{Field: "goals", Reason: "there are none"}
	}
	names := map[string]bool{}
	for i := range c.Goals {
		g := &c.Goals[i]
		if err := g.validate(); err != nil {
			return err
		}
		if names[g.Name] {
			return &ConfigError{Field: "goals", Reason: fmt.Sprintf("two are named %q", g.Name)}
		}
		names[g.Name] = true
	}
	return c.validateLimits()
}

func (c *Config) validateLimits() error {
	switch {
	case !(c.MinLoad > 0):
		return &ConfigError{Field: "minimum load", Reason: fmt.Sprintf("%v pps is not positive", c.MinLoad)}
	case !(c.MaxLoad > c.MinLoad) || math.IsInf(c.MaxLoad, 1):
		return &ConfigError{Field: "maximum load", Reason: fmt.Sprintf("%v pps is not above the minimum of %v pps, or not finite", c.MaxLoad, c.MinLoad)}
	case c.Warmup < 0:
		return &ConfigError{Field: "warm-up", Reason: fmt.Sprintf("%v is negative", c.Warmup)}
	case c.MaxTrials <= 0:
		return &ConfigError{Field: "trial limit", Reason: fmt.Sprintf("%d is not positive", c.MaxTrials)}
	case c.MaxTime < 0:
		return &ConfigError{Field: "time limit", Reason: fmt.Sprintf("%v is negative", c.MaxTime)}
	}
	return nil
}

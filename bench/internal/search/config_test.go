package search

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func validConfig() Config {
	c := NDRPDR()
	c.MinLoad, c.MaxLoad = 1000, 1e6
	return c
}

// TestValidate: each mistake is refused before any trial, and the error names the field.
func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		names string
		spoil func(*Config)
	}{
		{"goals: there are none", func(c *Config) { c.Goals = nil }},
		{`goals: two are named "NDR"`, func(c *Config) { c.Goals[1].Name = "NDR" }},
		{`goal "": name`, func(c *Config) { c.Goals[0].Name = "" }},
		{`goal "NDR": loss ratio`, func(c *Config) { c.Goals[0].LossRatio = -0.1 }},
		{`goal "PDR": loss ratio`, func(c *Config) { c.Goals[1].LossRatio = 1 }},
		{`goal "PDR": loss ratio`, func(c *Config) { c.Goals[1].LossRatio = math.NaN() }},
		{`goal "NDR": exceed ratio`, func(c *Config) { c.Goals[0].ExceedRatio = 1 }},
		{`goal "NDR": exceed ratio`, func(c *Config) { c.Goals[0].ExceedRatio = -0.5 }},
		{`goal "NDR": initial trial duration`, func(c *Config) { c.Goals[0].InitialDuration = 0 }},
		{`goal "NDR": final trial duration`, func(c *Config) { c.Goals[0].FinalDuration = time.Millisecond }},
		{`goal "NDR": duration sum`, func(c *Config) { c.Goals[0].DurationSum = time.Millisecond }},
		{`goal "NDR": width`, func(c *Config) { c.Goals[0].Width = 0 }},
		{`goal "NDR": width`, func(c *Config) { c.Goals[0].Width = 1 }},
		{"minimum load", func(c *Config) { c.MinLoad = 0 }},
		{"maximum load", func(c *Config) { c.MaxLoad = c.MinLoad }},
		{"maximum load", func(c *Config) { c.MaxLoad = math.Inf(1) }},
		{"maximum load", func(c *Config) { c.MaxLoad = math.NaN() }},
		{"warm-up", func(c *Config) { c.Warmup = -1 }},
		{"trial limit", func(c *Config) { c.MaxTrials = 0 }},
		{"time limit", func(c *Config) { c.MaxTime = -1 }},
	} {
		t.Run(tc.names, func(t *testing.T) {
			c := validConfig()
			tc.spoil(&c)
			m := &simulated{loses: hardLimit(1e5)}
			_, err := Run(context.Background(), c, m)
			var invalid *ConfigError
			if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), tc.names) {
				t.Errorf("error %v, want a *ConfigError beginning with %q", err, tc.names)
			}
			if len(m.trials) != 0 {
				t.Errorf("%d trials were made", len(m.trials))
			}
		})
	}
}

package measure

import (
	"errors"
	"strings"
	"testing"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
)

// TestFit: what the host cannot do is replaced by sockets, by name, and said.
func TestFit(t *testing.T) {
	refused := errors.New("operation not permitted")
	for name, tc := range map[string]struct {
		features Features
		words    string
		want     string // pairs of the name
		says     []string
	}{
		"all there":         {Features{}, "", "gen=xdp sink=tcx", nil},
		"no live frames":    {Features{LiveFrames: refused}, "", "gen=socket sink=tcx", []string{"half the highest load", "not permitted"}},
		"no TCX":            {Features{TCX: refused}, "", "gen=xdp sink=tcx", []string{"clsact", "not permitted"}},
		"no TCX for IPIP":   {Features{TCX: refused}, "dut=ipip", "gen=xdp sink=socket", []string{"outer headers", "not permitted"}},
		"TCX for GRE":       {Features{}, "dut=gre", "gen=xdp sink=tcx", nil},
		"no sink":           {Features{Sink: refused, TCX: refused}, "", "gen=xdp sink=socket", []string{"wake-up", "not permitted"}},
		"neither":           {Features{LiveFrames: refused, Sink: refused, TCX: refused}, "", "gen=socket sink=socket", []string{"half", "wake-up"}},
		"not needed anyway": {Features{}, "gen=socket sink=socket", "gen=socket sink=socket", nil},
		"TCP needs neither": {Features{LiveFrames: refused, Sink: refused, TCX: refused}, "proto=tcp", "proto=tcp", []string{"half", "wake-up"}},
	} {
		t.Run(name, func(t *testing.T) {
			// Twice the same is measured once.
			asked := []scenario.Scenario{parse(t, tc.words), parse(t, tc.words)}
			fitted, lost, err := Fit(asked, tc.features)
			if err != nil || len(fitted) != 1 {
				t.Fatalf("%d scenarios, %v", len(fitted), err)
			}
			for _, pair := range strings.Fields(tc.want) {
				if !strings.Contains(fitted[0].Name(), pair) {
					t.Errorf("%s has no %s", fitted[0].Name(), pair)
				}
			}
			if len(tc.says) == 0 && lost != (Lost{}) {
				t.Errorf("says %q where nothing is lost", lost)
			}
			for _, words := range tc.says {
				if !strings.Contains(lost.Generator+lost.Sink, words) {
					t.Errorf("%q does not speak of %q", lost, words)
				}
			}
		})
	}
}

// TestFitWhatSocketsCannotDo: the host's fault, not the user's.
func TestFitWhatSocketsCannotDo(t *testing.T) {
	refused := &host.UnsupportedError{Feature: "live frames"}
	_, _, err := Fit([]scenario.Scenario{parse(t, "flows=5000")}, Features{LiveFrames: refused})
	if !errors.As(err, new(*host.UnsupportedError)) || errors.As(err, new(*scenario.UsageError)) || !strings.Contains(err.Error(), "4096") {
		t.Errorf("error %v", err)
	}
}

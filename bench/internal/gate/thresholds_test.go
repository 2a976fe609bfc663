package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/analysis"
)

// with are the default thresholds, changed.
func with(change func(*Thresholds)) Thresholds {
	t := DefaultThresholds()
	change(&t)
	return t
}

func TestParseThresholds(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Thresholds
	}{
		"nothing":       {"", DefaultThresholds()},
		"only comments": {"# all as it is\n", DefaultThresholds()},
		"everything": {
			"confidence: 99%\nrounds: 30\nmetrics:\n  forwarded_pps: {margin: 3%}\n  latency_ns.p99:\n    margin: 0.3\n    required: true\n  delivered_ratio: {required: false}\n",
			with(func(t *Thresholds) {
				t.Confidence, t.Rounds = 0.99, 30
				t.Metrics[results.MetricForwarded] = Threshold{Margin: 0.03, Required: true, Named: true}
				t.Metrics[results.Latency("p99")] = Threshold{Margin: 0.3, Required: true, Named: true}
				t.Metrics[results.MetricDelivered] = Threshold{Margin: DefaultThresholds().Metrics[results.MetricDelivered].Margin}
			}),
		},
		"more than all": {"metrics: {round_trip_ns.p99: {margin: 200%}}", with(func(t *Thresholds) {
			t.Metrics[results.RoundTrip("p99")] = Threshold{Margin: 2}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseThresholds("gate.yaml", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(Threshold{}), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseThresholdsErrors: each names the line, what stands there, and what could.
func TestParseThresholdsErrors(t *testing.T) {
	for text, says := range map[string][]string{
		"confidence: 1":               {":1:", "confidence: 1", "below 100%"},
		"confidence: NaN":             {":1:", "confidence"},
		"confidence: [0.9]":           {":1:", "confidence"},
		"confidence: 20%":             {":1:", "above 50%"},
		"rounds: 0":                   {":1:", "rounds: 0", "from 1"},
		"rounds: many":                {":1:", "rounds: many"},
		"\nround: 3":                  {":2:", "round", "rounds", "metrics"},
		"rounds: 3\nrounds: 4":        {":2:", "rounds", "twice"},
		"metrics:":                    {":1:", "mapping", "forwarded_pps"},
		"metrics: {}\n---\nrounds: 3": {"more than one document"},
		"- rounds":                    {":1:", "mapping", "confidence"},
		"metrics:\n  latency_ns.p98: {margin: 3%}":               {":2:", "latency_ns.p98", "latency_ns.p99", "forwarded_pps"},
		"metrics:\n  forwarded_pps: 3%":                          {":2:", "margin", "required"},
		"metrics:\n  forwarded_pps:\n    margin: 3":              {":3:", "margin: 3", "3%"},
		"metrics:\n  forwarded_pps:\n    margin: 0%":             {":3:", "margin: 0%", "above 0"},
		"metrics:\n  forwarded_pps:\n    margin: -3%":            {":3:", "margin: -3%"},
		"metrics:\n  forwarded_pps:\n    margin: 2000%":          {":3:", "margin: 2000%"},
		"metrics:\n  forwarded_pps:\n    margin: NaN%":           {":3:", "margin"},
		"metrics:\n  forwarded_pps:\n    margin: .inf":           {":3:", "margin"},
		"metrics:\n  forwarded_pps:\n    margin:":                {":3:", "margin"},
		"metrics:\n  forwarded_pps:\n    margins: 3%":            {":3:", "margins", "margin, required"},
		"metrics:\n  forwarded_pps:\n    required: perhaps":      {":3:", "required", "true or false"},
		"metrics: &m\n  forwarded_pps: {margin: 3%}\nrounds: *m": {":3:", "rounds"},
		"\trounds: 3": {"gate.yaml", "cannot start"},
		"rounds: {":   {"gate.yaml"},
	} {
		_, err := ParseThresholds("gate.yaml", []byte(text))
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		for _, word := range append(says, "gate.yaml") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q: %q does not mention %q", text, err, word)
			}
		}
	}
}

func FuzzParseThresholds(f *testing.F) {
	f.Add([]byte("confidence: 0.9\nrounds: 3\nmetrics:\n  forwarded_pps: {margin: 3%, required: true}\n"))
	f.Add([]byte("metrics: &m\n  *m : {<<: *m}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := ParseThresholds("f", text)
		if err != nil {
			return
		}
		for m, threshold := range got.Metrics {
			if !(threshold.Margin > 0 && threshold.Margin <= maxMargin) {
				t.Errorf("%s: margin %v", m, threshold.Margin)
			}
		}
		if !(got.Confidence > 0.5 && got.Confidence < 1) || got.Rounds < 0 || len(got.Metrics) != len(analysis.ArmMetrics()) {
			t.Errorf("%+v", got)
		}
	})
}

func TestReadThresholds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gate.yaml")
	if _, err := ReadThresholds(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("of a file that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("rounds: 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadThresholds(path); err != nil || got.Rounds != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestDefaultThresholds: every metric has a margin, and some are for information only.
func TestDefaultThresholds(t *testing.T) {
	d := DefaultThresholds()
	for _, m := range analysis.ArmMetrics() {
		if d.Metrics[m].Margin <= 0 || d.CompareOptions().Margins[m] != d.Metrics[m].Margin {
			t.Errorf("%s: %+v", m, d.Metrics[m])
		}
		if tail := strings.HasSuffix(string(m), "p99") || m == results.MetricMachineCost; d.Requires(m) == tail {
			t.Errorf("%s: required %v", m, d.Requires(m))
		}
	}
}

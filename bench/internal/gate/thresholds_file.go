package gate

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"tunbench/bench/internal/yamlfile"
	"tunbench/results"
	"tunbench/results/analysis"
)

// The keys of a file of thresholds.
var (
	fileKeys   = []string{"confidence", "rounds", "metrics"}
	metricKeys = []string{"margin", "required"}
)

// maxMargin is far beyond what anybody would let pass.
const maxMargin = 10

// ReadThresholds reads a file of thresholds; see [ParseThresholds].
func ReadThresholds(path string) (Thresholds, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Thresholds{}, fmt.Errorf("read thresholds: %w", err)
	}
	return ParseThresholds(path, text)
}

// ParseThresholds reads thresholds as YAML; what it does not say is as in [DefaultThresholds]:
//
//	confidence: 0.95
//	rounds: 30
//	metrics:
//	  forwarded_pps: {margin: 3%}
//	  latency_ns.p99: {margin: 30%, required: true}
//
// Whatever it does not know is an error that names the line and what there is.
func ParseThresholds(name string, text []byte) (Thresholds, error) {
	t, r := DefaultThresholds(), thresholdsReader{yamlfile.Reader{Name: name}}
	document, err := r.Document(text)
	if err != nil || document == nil {
		return t, err
	}
	return t, r.file(document, &t)
}

// thresholdsReader reads nodes; its errors name file and line.
type thresholdsReader struct{ yamlfile.Reader }

func (r thresholdsReader) file(n *yamlfile.Node, t *Thresholds) error {
	return r.EachKey(n, "key", fileKeys, func(key string, value *yamlfile.Node) error {
		switch key {
		case "confidence":
			return r.share(value, key, &t.Confidence, func(c float64) bool { return c > 0.5 && c < 1 }, "a share above 50% and below 100%, such as 0.95")
		case "rounds":
			return r.rounds(value, &t.Rounds)
		}
		return r.metrics(value, t)
	})
}

func (r thresholdsReader) metrics(n *yamlfile.Node, t *Thresholds) error {
	var names []string
	for _, m := range analysis.ArmMetrics() {
		names = append(names, string(m))
	}
	return r.EachKey(n, "metric", names, func(name string, value *yamlfile.Node) error {
		threshold := t.Metrics[results.Metric(name)]
		err := r.threshold(value, &threshold)
		t.Metrics[results.Metric(name)] = threshold
		return err
	})
}

func (r thresholdsReader) threshold(n *yamlfile.Node, t *Threshold) (err error) {
	err = r.EachKey(n, "key", metricKeys, func(key string, value *yamlfile.Node) error {
		if key == "margin" {
			return r.share(value, key, &t.Margin, func(m float64) bool { return m > 0 && m <= maxMargin }, "a share above 0, such as 3% or 0.03")
		}
		t.Required, err = r.Bool(value, key)
		return err
	})
	t.Named = t.Required
	return err
}

// share reads 3% or 0.03. A number from 1 on must have the sign: nobody means 300 % by 3.
func (r thresholdsReader) share(n *yamlfile.Node, key string, share *float64, fits func(float64) bool, want string) error {
	number, isPercent := strings.CutSuffix(n.Value, "%")
	value, err := strconv.ParseFloat(number, 64)
	if isPercent {
		value /= 100
	} else if value >= 1 {
		err = strconv.ErrRange
	}
	if err != nil || !fits(value) {
		return r.ErrorAt(n, "%s: %s: want %s", key, n.Value, want)
	}
	*share = value
	return nil
}

func (r thresholdsReader) rounds(n *yamlfile.Node, rounds *int) (err error) {
	if *rounds, err = strconv.Atoi(n.Value); err != nil || *rounds < 1 {
		return r.ErrorAt(n, "rounds: %s: want a number from 1", n.Value)
	}
	return nil
}

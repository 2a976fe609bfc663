package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

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
	t, r := DefaultThresholds(), thresholdsReader{name}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return t, nil // nothing but comments
	} else if err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return t, fmt.Errorf("%s: more than one document", name)
	}
	return t, r.file(document.Content[0], &t)
}

// thresholdsReader reads nodes; its errors name file and line.
type thresholdsReader struct{ name string }

func (r thresholdsReader) errorAt(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, n.Line, fmt.Sprintf(format, args...))
}

func (r thresholdsReader) file(n *yaml.Node, t *Thresholds) error {
	return r.eachKey(n, "key", fileKeys, func(key string, value *yaml.Node) error {
		switch key {
		case "confidence":
			return r.share(value, key, &t.Confidence, func(c float64) bool { return c > 0.5 && c < 1 }, "a share above 50% and below 100%, such as 0.95")
		case "rounds":
			return r.rounds(value, &t.Rounds)
		}
		return r.metrics(value, t)
	})
}

func (r thresholdsReader) metrics(n *yaml.Node, t *Thresholds) error {
	var names []string
	for _, m := range analysis.ArmMetrics() {
		names = append(names, string(m))
	}
	return r.eachKey(n, "metric", names, func(name string, value *yaml.Node) error {
		threshold := t.Metrics[results.Metric(name)]
		err := r.threshold(value, &threshold)
		t.Metrics[results.Metric(name)] = threshold
		return err
	})
}

func (r thresholdsReader) threshold(n *yaml.Node, t *Threshold) error {
	err := r.eachKey(n, "key", metricKeys, func(key string, value *yaml.Node) error {
		if key == "margin" {
			return r.share(value, key, &t.Margin, func(m float64) bool { return m > 0 && m <= maxMargin }, "a share above 0, such as 3% or 0.03")
		}
		if value.Kind != yaml.ScalarNode || value.Decode(&t.Required) != nil {
			return r.errorAt(value, "%s: want true or false", key)
		}
		return nil
	})
	t.Named = t.Required
	return err
}

// eachKey hands out the keys of a mapping, which must be known and there once.
func (r thresholdsReader) eachKey(n *yaml.Node, what string, known []string, take func(key string, value *yaml.Node) error) error {
	all := strings.Join(known, ", ")
	if n.Kind != yaml.MappingNode {
		return r.errorAt(n, "want a mapping; each %s is one of: %s", what, all)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, key.Value):
			return r.errorAt(key, "%s: no such %s; there are: %s", key.Value, what, all)
		case seen[key.Value]:
			return r.errorAt(key, "%s is given twice", key.Value)
		}
		seen[key.Value] = true
		if err := take(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// share reads 3% or 0.03. A number from 1 on must have the sign: nobody means 300 % by 3.
func (r thresholdsReader) share(n *yaml.Node, key string, share *float64, fits func(float64) bool, want string) error {
	number, isPercent := strings.CutSuffix(n.Value, "%")
	value, err := strconv.ParseFloat(number, 64)
	if isPercent {
		value /= 100
	} else if value >= 1 {
		err = strconv.ErrRange
	}
	if n.Kind != yaml.ScalarNode || err != nil || !fits(value) {
		return r.errorAt(n, "%s: %s: want %s", key, n.Value, want)
	}
	*share = value
	return nil
}

func (r thresholdsReader) rounds(n *yaml.Node, rounds *int) (err error) {
	if *rounds, err = strconv.Atoi(n.Value); err != nil || *rounds < 1 || n.Kind != yaml.ScalarNode {
		return r.errorAt(n, "rounds: %s: want a number from 1", n.Value)
	}
	return nil
}

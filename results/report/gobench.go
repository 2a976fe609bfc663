package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"tunbench/results"
	"tunbench/results/analysis"
)

// WriteGoBench writes trials in the Go benchmark format (https://go.dev/design/14313-benchmark-format), for benchstat and its kin: a line
// per trial that neither failed nor was interrupted, with the figures that comparisons are made of. A trial that failed is a line as go test
// has it, "--- FAIL:" and its benchmark's name, which readers of the format pass over, so that none vanishes from the file. The name of a trial is the scenario's, whose
// settings are then keys to filter and group by, followed by arm and phase where the trial has them; its iterations are the packets that
// arrived, 1 where that is unknown. Host, kernel, cpu and tunbench are configuration keys, by which benchstat tells the machines of a merged file apart; each unit says which direction is better.
func WriteGoBench(w io.Writer, f *results.File) error {
	out := benchfmt.NewWriter(w)
	for _, m := range analysis.FileMetrics() {
		if err := out.Write(better(m)); err != nil {
			return fmt.Errorf("write Go benchmark format: %w", err)
		}
	}
	for _, m := range analysis.MachinesOf(f) {
		if err := writeBenchTrials(w, out, m); err != nil {
			return err
		}
	}
	return nil
}

// writeBenchTrials writes the trials of one machine. Its configuration sets them apart from those of another.
func writeBenchTrials(w io.Writer, out *benchfmt.Writer, m analysis.Machine) error {
	config := benchConfig(m.Name, m.Host)
	for _, t := range m.Trials {
		if t.Failed() && !t.Interrupted {
			if _, err := fmt.Fprintf(w, "--- FAIL: BenchmarkTunbench/%s: %s\n", tag(t), Brief(t.Error)); err != nil {
				return fmt.Errorf("write Go benchmark format: %w", err)
			}
		}
		values := benchValues(t)
		if !t.Usable() || len(values) == 0 {
			continue
		}
		result := &benchfmt.Result{
			// A name that begins with a lower case letter would be no benchmark's.
			Name: benchfmt.Name("Tunbench/" + tag(t)), Config: config, Iters: int(max(t.Ledger.Packets(results.PlaceSink), 1)), Values: values,
		}
		if err := out.Write(result); err != nil {
			return fmt.Errorf("write Go benchmark format: %w", err)
		}
	}
	return nil
}

// benchUnit is the unit of a compared figure. Within a benchmark the unit tells figures apart, so it says of what as well.
func benchUnit(m results.Metric) string {
	switch m {
	case results.MetricForwarded:
		return "pps"
	case results.MetricThroughput:
		return "bit/s"
	case results.MetricLoss:
		return "loss-ratio"
	case results.MetricDUTCost:
		return "dut-ns/packet"
	case results.MetricMachineCost:
		return "machine-ns/packet"
	}
	// latency_ns.p50 is p50-ns, round_trip_ns.p50 is round-trip-p50-ns.
	of, percentile, _ := strings.Cut(string(m), "_ns.")
	of = strings.ReplaceAll(strings.TrimPrefix(of, "latency"), "_", "-")
	return strings.TrimPrefix(of+"-"+percentile+"-ns", "-")
}

// better tells readers of the format which direction of a unit is the good one.
func better(m results.Metric) *benchfmt.UnitMetadata {
	unit, direction := benchUnit(m), "lower"
	if m.MoreIsBetter() {
		direction = "higher"
	}
	return &benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}, OrigUnit: unit, Value: direction}
}

func benchValues(t results.Trial) []benchfmt.Value {
	var values []benchfmt.Value
	figures := results.Metrics(t)
	for _, m := range analysis.FileMetrics() {
		if v, ok := figures[m]; ok {
			values = append(values, benchfmt.Value{Value: v, Unit: benchUnit(m)})
		}
	}
	return values
}

// benchConfig is what all results of a machine have in common; what is unknown is left out.
func benchConfig(host string, h results.Host) []benchfmt.Config {
	cpus := ""
	if h.Cores > 0 {
		cpus = strconv.Itoa(h.Cores)
	}
	var config []benchfmt.Config
	for _, c := range []struct{ key, value string }{
		{"host", host},
		{"kernel", h.Kernel},
		{"cpu", h.CPUModel},
		{"cpus", cpus},
		{"virtualization", h.Virtualization},
		{"tunbench", h.Version + " " + h.Commit},
	} {
		if value := plain(c.value); value != "" {
			config = append(config, benchfmt.Config{Key: c.key, Value: []byte(value), File: true})
		}
	}
	return config
}

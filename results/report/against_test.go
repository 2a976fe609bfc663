package report

import (
	"slices"
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestAgainstTable: medians of the program that was asked for, and what it has of each other one, load by load.
func TestAgainstTable(t *testing.T) {
	file := fixture.FileOfTrials(
		fixture.Forwarding("dut=forwarder/load=max/size=64", 2e6, 2.2e6, 1.8e6), fixture.Forwarding("dut=wireguard-go/load=max/size=64", 1e6, 1.1e6, 0.9e6),
		fixture.Forwarding("dut=forwarder/load=max/size=1400", 3e5, 3e5, 3e5), fixture.Forwarding("dut=wireguard-go/load=max/size=1400", 6e5, 6e5, 6e5),
	)
	for i := range file.Trials {
		file.Trials[i].LimitedBy = "dut core"
		file.Trials[i].CPU = &results.CPU{DistanceNs: new(90 + float64(i))}
	}
	dut := []results.Setting{{Key: "dut", Value: "forwarder"}}
	text, err := Against(file, dut, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Cells of a line, whatever is between them.
	has := func(cells ...string) {
		t.Helper()
		if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
			return strings.HasPrefix(strings.Join(strings.Fields(line), " "), strings.Join(cells, " "))
		}) {
			t.Errorf("no line begins with %q in\n%s", cells, text)
		}
	}
	has("CPUs 90 to 101 ns from each other")
	has("size=64")
	has("forwarder 2.00 M")
	has("to wireguard-go", "2.00 (seen 2.00 to 2.00)")
	has("size=1400")
	has("to wireguard-go", "0.500 (seen 0.500 to 0.500)")
	if !strings.Contains(text, "dut") {
		t.Error("it does not say what limited a line")
	}
	if _, err := Against(file, []results.Setting{{Key: "dut", Value: "nobody"}}, Options{}); err == nil || !strings.Contains(err.Error(), "no scenario with dut=nobody") {
		t.Errorf("without such a scenario: %v", err)
	}
}

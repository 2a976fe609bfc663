package forward

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tunbench/forwarder"
)

// lossy are counters of a queue whose intake dropped packets, in one direction.
var lossy = forwarder.Stats{Workers: []forwarder.WorkerStats{{
	Queue: 3,
	AToB:  forwarder.DirectionStats{ReadPackets: 7, IntakeDrops: 4321},
	BToA:  forwarder.DirectionStats{ReadPackets: 9, Drops: map[string]uint64{"too_short": 2}},
}}}

// TestTableCountsWhatAnIntakeDropped: in a column of its own, in the line of its direction.
func TestTableCountsWhatAnIntakeDropped(t *testing.T) {
	var table strings.Builder
	if err := PrintStats(&table, lossy); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != 3 || !strings.HasSuffix(strings.TrimSpace(lines[0]), "intake drops") {
		t.Fatalf("the table is\n%s", table.String())
	}
	for i, want := range []string{"4321", "0"} {
		if fields := strings.Fields(lines[1+i]); fields[0] != "3" || fields[len(fields)-1] != want {
			t.Errorf("line %d ends with %s, want %s:\n%s", i+1, fields[len(fields)-1], want, table.String())
		}
	}
}

// TestMetricsCountWhatAnIntakeDropped: who scrapes the metrics sees it by queue and direction.
func TestMetricsCountWhatAnIntakeDropped(t *testing.T) {
	m, err := ListenMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Serve(func() forwarder.Stats { return lossy })
	answer, err := http.Get("http://" + m.Address() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(body), "\n")
	for _, want := range []string{
		`tunbench_forwarder_intake_dropped_segments_total{direction="a_to_b",queue="3"} 4321`,
		`tunbench_forwarder_intake_dropped_segments_total{direction="b_to_a",queue="3"} 0`,
		`tunbench_forwarder_dropped_segments_total{direction="b_to_a",queue="3",reason="too_short"} 2`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing from\n%s", want, body)
		}
	}
}

// TestStartLineSaysWhatIsSkipped: with an intake all that packets skip is named, filters among it, and without one
// nothing is.
func TestStartLineSaysWhatIsSkipped(t *testing.T) {
	for intake, want := range map[bool]string{
		true: "intake: packets skip the filters, qdisc, captures and counters of the device they leave by\n", false: "",
	} {
		var printed strings.Builder
		PrintNegotiated(&printed, Negotiated{Intake: intake})
		_, after, found := strings.Cut(printed.String(), "intake:")
		if found != (want != "") || found && "intake:"+after != want {
			t.Errorf("intake %v: printed %q", intake, printed.String())
		}
	}
}

package results_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestEncodeGolden pins schema 4: a change of the golden file is a change of the schema.
func TestEncodeGolden(t *testing.T) {
	records := fixture.Records(t)
	bare := results.Trial{Scenario: "dut=veth/size=64", Start: fixture.Start}
	fixture.Golden(t, "schema4.jsonl", encodeAll(t, slices.Insert(records, len(records)-1, results.Record(bare))...))
}

// TestSampleIsFull: the samples have a value wherever a field may be absent, so that round trips and the golden file miss none.
func TestSampleIsFull(t *testing.T) {
	for _, r := range fixture.Records(t) {
		v := reflect.ValueOf(r)
		for i := range v.NumField() {
			full(t, v.Field(i), v.Type().Field(i), v.Type().Name())
		}
	}
}

// full looks for a zero in a field and, unless it is one element of several, in what it holds.
func full(t *testing.T, v reflect.Value, f reflect.StructField, path string) {
	path += "." + f.Name
	if strings.Contains(f.Tag.Get("json"), ",omit") && v.IsZero() {
		t.Errorf("%s is absent from the sample", path)
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
		for i := range v.NumField() {
			full(t, v.Field(i), v.Type().Field(i), path)
		}
	}
}

// TestAbsentIsNotZero: what does not apply is absent, a measured zero is there.
func TestAbsentIsNotZero(t *testing.T) {
	keys := func(tr results.Trial) map[string]any {
		line, err := results.Encode(tr)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	bare := keys(results.Trial{Scenario: "s", Start: fixture.Start})
	want := map[string]any{"schema": 4.0, "record": "trial", "scenario": "s", "round": 0.0, "start": "2026-05-04T12:30:00.123456789Z"}
	if diff := cmp.Diff(want, bare); diff != "" {
		t.Errorf("bare trial (-want +got):\n%s", diff)
	}
	zeros := keys(results.Trial{Traffic: results.Traffic{LossRatio: new(0.0), Duplicated: new(int64(0))}, CPU: &results.CPU{StealRatio: new(0.0)}})
	if zeros["loss_ratio"] != 0.0 || zeros["duplicated"] != 0.0 || zeros["cpu"].(map[string]any)["steal_ratio"] != 0.0 {
		t.Errorf("measured zeros are missing: %v", zeros)
	}
}

func TestEncodeNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		field  string
		record results.Record
	}{
		{"duration_s", results.Trial{DurationS: nan}},
		{"loss_ratio", results.Trial{Traffic: results.Traffic{LossRatio: &nan}}},
		{"cpu.dut_ns_per_packet", results.Trial{CPU: &results.CPU{DUTNsPerPacket: &inf}}},
		{"latency_ns.mean", results.Trial{Traffic: results.Traffic{LatencyNs: &results.Distribution{Mean: inf}}}},
		{"directions[1].offered_pps", results.Trial{Directions: []results.Direction{{}, {Traffic: results.Traffic{OfferedPps: &nan}}}}},
		{"sender.lateness_ns.mean", results.Trial{Sender: &results.Sender{LatenessNs: &results.Distribution{Mean: nan}}}},
		{"max_offered_pps", results.Calibration{MaxOfferedPps: &inf}},
		{"goals[0].conditional_throughput_pps", results.Search{Goals: []results.Goal{{ConditionalThroughputPps: &nan}}}},
		{"host.drift_ratio", results.Search{Host: &results.Stability{DriftRatio: &nan}}},
		{"longest_packets.median", results.Burst{LongestPackets: &results.PacketRange{Median: nan}}},
		{"drifts[1].change_ratio", results.Soak{Drifts: []results.Drift{{}, {ChangeRatio: inf}}}},
		{"ratio", results.Comparison{Ratio: nan}},
		{"memory[0].growth_bytes_per_hour", results.Soak{Memory: []results.Memory{{GrowthBytesPerHour: nan}}}},
	}
	for _, test := range tests {
		_, err := results.Encode(test.record)
		var notFinite *results.NotFiniteError
		if !errors.As(err, &notFinite) || notFinite.Field != test.field {
			t.Errorf("Encode = %v, want an error naming %s", err, test.field)
		}
	}
}

func TestDistribution(t *testing.T) {
	d := fixture.Distribution(t, 1000, 2000, 3000)
	if d.Count != 3 || d.Min > 1000 || d.Max < 3000 || d.P50 < 1990 || d.P50 > 2020 {
		t.Errorf("distribution %+v", d)
	}
	h, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := results.NewDistribution(h)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Errorf("decoded histogram (-want +got):\n%s", diff)
	}
	if empty := fixture.Distribution(t); empty != nil {
		t.Errorf("empty histogram has the distribution %+v", empty)
	}
	if _, err := (&results.Distribution{Histogram: "no histogram"}).Decode(); err == nil {
		t.Error("Decode of nonsense succeeds")
	}
}

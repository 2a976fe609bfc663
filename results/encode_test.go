package results

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEncodeGolden pins schema 1: a change of the golden file is a change of the schema.
func TestEncodeGolden(t *testing.T) {
	var file strings.Builder
	trials := []Trial{fullTrial(t), {Scenario: "dut=veth/size=64", Start: sampleStart}}
	for _, r := range []Record{sampleHost(), trials[0], trials[1], sampleEnd(2)} {
		line, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		file.Write(line)
	}
	golden(t, "schema1.jsonl", file.String())
}

// TestSampleIsFull: the sample has a value everywhere, so that round trips and the golden file miss no field.
func TestSampleIsFull(t *testing.T) {
	for _, r := range []Record{fullTrial(t), sampleHost(), sampleEnd(1)} {
		v := reflect.ValueOf(r)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is zero in the sample", v.Type().Name(), v.Type().Field(i).Name)
			}
		}
	}
}

// TestAbsentIsNotZero: what does not apply is absent, a measured zero is there.
func TestAbsentIsNotZero(t *testing.T) {
	keys := func(tr Trial) map[string]any {
		line, err := Encode(tr)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	bare := keys(Trial{Scenario: "s", Start: sampleStart})
	want := map[string]any{"schema": 1.0, "record": "trial", "scenario": "s", "round": 0.0, "start": "2026-05-04T12:30:00.123456789Z"}
	if diff := cmp.Diff(want, bare); diff != "" {
		t.Errorf("bare trial (-want +got):\n%s", diff)
	}
	zeros := keys(Trial{Traffic: Traffic{LossRatio: new(0.0), Duplicated: new(int64(0))}, CPU: &CPU{StealRatio: new(0.0)}})
	if zeros["loss_ratio"] != 0.0 || zeros["duplicated"] != 0.0 || zeros["cpu"].(map[string]any)["steal_ratio"] != 0.0 {
		t.Errorf("measured zeros are missing: %v", zeros)
	}
}

func TestEncodeNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		field string
		trial Trial
	}{
		{"duration_s", Trial{DurationS: nan}},
		{"loss_ratio", Trial{Traffic: Traffic{LossRatio: &nan}}},
		{"cpu.dut_ns_per_packet", Trial{CPU: &CPU{DUTNsPerPacket: &inf}}},
		{"latency_ns.mean", Trial{Traffic: Traffic{LatencyNs: &Distribution{Mean: inf}}}},
		{"directions[1].offered_pps", Trial{Directions: []Direction{{}, {Traffic: Traffic{OfferedPps: &nan}}}}},
		{"sender.lateness_ns.mean", Trial{Sender: &Sender{&Distribution{Mean: nan}}}},
	}
	for _, test := range tests {
		_, err := Encode(test.trial)
		var notFinite *NotFiniteError
		if !errors.As(err, &notFinite) || notFinite.Field != test.field {
			t.Errorf("Encode = %v, want an error naming %s", err, test.field)
		}
	}
}

func TestDistribution(t *testing.T) {
	d := distribution(t, 1000, 2000, 3000)
	if d.Count != 3 || d.Min > 1000 || d.Max < 3000 || d.P50 < 1990 || d.P50 > 2020 {
		t.Errorf("distribution %+v", d)
	}
	h, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewDistribution(h)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Errorf("decoded histogram (-want +got):\n%s", diff)
	}
	if empty := distribution(t); empty != nil {
		t.Errorf("empty histogram has the distribution %+v", empty)
	}
	if _, err := (&Distribution{Histogram: "no histogram"}).Decode(); err == nil {
		t.Error("Decode of nonsense succeeds")
	}
}

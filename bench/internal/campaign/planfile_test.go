package campaign

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/program"
	"tunbench/results"
)

// TestPlanFile: it is read as it was written, and its hash depends on what is measured, nothing else.
func TestPlanFile(t *testing.T) {
	two := parsed(t, "dut=veth size=64,1400")
	f := PlanFile{Plan: Plan{Work: &Run{Scenarios: two, Rounds: 5}}, Shards: 12, Written: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	text, err := f.Text()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, read); diff != "" {
		t.Error(diff)
	}
	hash := func(p Plan) string {
		h, err := Hash(p)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if one, other := hash(f.Plan), hash(read.Plan); one != other || len(one) != 12 {
		t.Errorf("hashes %s and %s", one, other)
	}
	read.Plan.Work.(*Run).Rounds = 6
	if hash(f.Plan) == hash(read.Plan) {
		t.Error("more rounds have the same hash")
	}
	if _, err := Hash(Plan{}); err == nil {
		t.Error("a plan without work has a hash")
	}
}

// TestPlanShowsWhatRuns: a program of a plan whose fields are not those of its text, which is what runs, is refused by their names.
func TestPlanShowsWhatRuns(t *testing.T) {
	t.Cleanup(func() {
		if err := Declare(nil); err != nil {
			t.Error(err)
		}
	})
	file, err := program.Parse("/x.yaml", []byte("name: mine\ncommand: [./mine, '{a.device}']\nenvironment: {A: b}\ntopology: direct\n"))
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	plan := func(programs string) string {
		return `{"plan_schema":1,"kind":"run","tester":{},"programs":[` + programs + `],"work":{"scenarios":["dut=mine"],"rounds":1}}`
	}
	short, err := json.Marshal(map[string]string{"path": file.Path, "text": file.Text})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ParsePlan([]byte(plan(string(written))))
	if err != nil {
		t.Fatal(err)
	}
	brief, err := ParsePlan([]byte(plan(string(short))))
	if diff := cmp.Diff(whole, brief); err != nil || diff != "" {
		t.Errorf("of path and text only: %v, (-want +got):\n%s", err, diff)
	}
	for want, change := range map[string]func(f *program.File){
		"programs[0] (mine): what the fields command say": func(f *program.File) { f.Command = []string{"true"} },
		"environment, build say":                          func(f *program.File) { f.Environment, f.Build = nil, []string{"make"} },
		"ready say":                                       func(f *program.File) { f.Ready.Within = 1 },
		"name say":                                        func(f *program.File) { f.Name = "yours" },
	} {
		other := *file
		change(&other)
		text, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan([]byte(plan(string(text)))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestWrongPlanFiles: what somebody may have edited is refused with a word on what is wrong, and nothing panics.
func TestWrongPlanFiles(t *testing.T) {
	run := func(work string) string { return `{"plan_schema":1,"kind":"run","tester":{},"work":` + work + `}` }
	work := func(kind, work string) string {
		return `{"plan_schema":1,"kind":"` + kind + `","tester":{},"work":` + work + `}`
	}
	search := `"preset":"ci-fast","latency":true`
	for text, want := range map[string]string{
		``:                               "not a plan",
		`[]`:                             "not a plan",
		`null`:                           "no plan_schema",
		`{}`:                             "no plan_schema",
		`hello`:                          "not a plan",
		`{"plan_schema":2,"kind":"run"}`: "version 2, newer than 1",
		`{"plan_schema":0,"kind":"run"}`: "no plan_schema",
		`{"schema":4,"record":"host"}`:   "result file",
		`{"plan_schema":1,"kind":"run","work":{"scenarios":["dut=veth"],"rounds":1},"shards":-1}`: "shards: -1",
		`{"plan_schema":1,"kind":"run","work":{"scenarios":["dut=veth"],"rounds":1},"shard":1}`:   `unknown field "shard"`,
		`{"plan_schema":1,"kind":"run"}`: "work is missing",
		`{"plan_schema":1,"kind":"run","programs":[null],"work":{"scenarios":["dut=veth"],"rounds":1}}`: "programs[0] is null",
		`{"plan_schema":1,"kind":"run","programs":[{"path":"/x.yaml","text":"name: x"}],"work":{}}`:     "command is missing",
		run(`null`):                                               "no scenario",
		run(`{"scenarios":[],"rounds":1}`):                        "no scenario",
		run(`{"scenarios":[null],"rounds":1}`):                    "a scenario is missing",
		run(`{"scenarios":["size=-1"]}`):                          "size=-1",
		run(`{"scenarios":["dut=veth"]}`):                         "rounds: 0",
		run(`{"scenarios":["dut=veth"],"n":3}`):                   `unknown field "n"`,
		run(`{"scenarios":["dut=mine"]}`):                         "dut=mine",
		run(`{"scenarios":["dut=veth"]}`) + `{}`:                  "not a plan",
		work("ab", `{}`):                                          `no such kind of work: "ab"`,
		work("comparison", `{"arms":[]}`):                         "a scenario is missing",
		work("calibration", `{"testers":[]}`):                     "only run, ab, gate",
		work("bisect", `{"scenarios":["size=9"]}`):                "size=9",
		work("search", `{}`):                                      "a scenario is missing",
		work("search", `{"scenario":"dut=veth","preset":"fast"}`): "fast",
		work("search", `{"scenario":"dut=veth",`+search+`}`):      "min_load_pps: 0",
		work("search", `{"scenario":"dut=veth",`+search+`,"min_load_pps":9,"max_load_pps":8}`):          "max_load_pps: 8",
		work("search", `{"scenario":"dut=veth/load=1000",`+search+`,"min_load_pps":9}`):                 "a search needs a load",
		work("burst", `{"scenario":"dut=veth","repetitions":0}`):                                        "repetitions: 0",
		work("burst", `{"scenario":"dut=veth/proto=tcp","repetitions":5}`):                              "a burst needs",
		work("soak", `{"scenario":"dut=veth","duration_ns":1,"interval_ns":1}`):                         "at least 1s",
		work("soak", `{"scenario":"dut=veth","duration_ns":9000000000,"interval_ns":1}`):                "interval: 1ns",
		work("soak", `{"scenario":"dut=veth/load=1","duration_ns":9000000000,"interval_ns":100000000}`): "less than one packet",
	} {
		if f, err := ParsePlan([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", text, f, err, want)
		}
	}
	length := Length{MinRounds: 1, MaxRounds: 2}
	arms := func(change func(*Comparison)) *Comparison {
		s := parsed(t, "size=64")[0]
		c := &Comparison{Arms: [2]measure.Arm{{Scenario: s}, {Scenario: s}}, Length: length}
		change(c)
		return c
	}
	one := parsed(t, "size=64")
	for want, w := range map[string]Work{
		"max_rounds: 0":          arms(func(c *Comparison) { c.Length.MaxRounds = 0 }),
		"min_rounds: 0":          arms(func(c *Comparison) { c.Length.MinRounds = 0 }),
		"handicap: 2":            arms(func(c *Comparison) { c.Arms[1].Variant.Handicap = 2 }),
		"cannot be compared":     arms(func(c *Comparison) { c.Arms[1].Scenario = parsed(t, "size=128")[0] }),
		"baseline: want":         &Gate{Scenarios: one, Thresholds: gate.DefaultThresholds(), Length: length},
		"confidence: 0":          &Gate{Scenarios: one, Length: length, Baseline: "x"},
		"margin of pps":          &Gate{Scenarios: one, Length: length, Baseline: "x", Thresholds: gate.Thresholds{Confidence: 0.95, Metrics: map[results.Metric]gate.Threshold{"pps": {}}}},
		"dut=veth: a gate":       &Gate{Scenarios: parsed(t, "dut=veth"), Thresholds: gate.DefaultThresholds(), Length: length, Baseline: "x"},
		"no such metric":         &Sweep{Cells: one, Design: results.Sweep{Metric: "speed", Rounds: 3}},
		"rounds: 0":              &Sweep{Cells: one, Design: results.Sweep{}},
		"knob size: want values": &Sweep{Cells: one, Design: results.Sweep{Rounds: 1, Knobs: []results.Knob{{Key: "size"}}}},
	} {
		text, err := json.Marshal(PlanFile{Plan: Plan{Work: w}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

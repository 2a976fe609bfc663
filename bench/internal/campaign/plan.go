package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
)

// Plan says what is to be measured, and nothing about the host: it can be written to JSON and read back, so that
// another process, or another machine, measures the same. The files that its records go to are not part of it.
type Plan struct {
	Tester   Tester
	Programs []*program.File // of others, which scenarios may name once they are declared, see [Declare]
	Work     Work
}

// Scenarios is the number of scenarios that are measured.
func (p Plan) Scenarios() int { return len(p.Work.scenarios()) }

// Declare makes the programs of a plan known to package scenario, so that dut=NAME can name them. It replaces
// those that were declared before.
func Declare(programs []*program.File) error {
	var declared []scenario.Program
	for _, f := range programs {
		p := scenario.Program{Name: scenario.DUT(f.Name), Settings: f.Settings, Tunnel: f.Tunnel, Overhead: f.Overhead}
		for _, dev := range f.Devs {
			p.Devs = append(p.Devs, scenario.Dev(dev))
		}
		declared = append(declared, p)
	}
	return scenario.Declare(declared)
}

// Tester holds the settings of generator and sink that apply to a whole plan.
type Tester struct {
	DropReasons  bool `json:"drop_reasons,omitempty"` // ask the kernel why it dropped packets, which costs it time
	Uncalibrated bool `json:"uncalibrated,omitempty"` // do not measure first what the tester can do
}

// Work is one kind of measurement: [Run], [Comparison], [Gate], [SelfTest], [Bisect], [Sweep], [Search], [Burst], [Soak] or [Calibration].
type Work interface {
	// kind names the type in JSON.
	kind() string
	// scenarios are all that are to be measured.
	scenarios() []scenario.Scenario
	// prepare does what can fail before there is a record, and returns the measurement itself. The session has the scenarios as this host
	// can do them.
	prepare(s *session) (task, error)
}

// kinds makes an empty work of each kind.
var kinds = []func() Work{
	func() Work { return &Run{} }, func() Work { return &Comparison{} }, func() Work { return &Gate{} }, func() Work { return &SelfTest{} }, func() Work { return &Bisect{} },
	func() Work { return &Sweep{} }, func() Work { return &Search{} }, func() Work { return &Burst{} }, func() Work { return &Soak{} },
	func() Work { return &Calibration{} },
}

// Kind is the kind of work as a plan file names it: run, ab, gate, ….
func (p Plan) Kind() string { return p.Work.kind() }

// planJSON is how a plan is written.
type planJSON struct {
	Kind     string          `json:"kind"`
	Tester   Tester          `json:"tester"`
	Programs []*program.File `json:"programs,omitempty"`
	Work     json.RawMessage `json:"work"`
}

// MarshalJSON implements [json.Marshaler].
func (p Plan) MarshalJSON() ([]byte, error) {
	plan, err := p.json()
	if err != nil {
		return nil, err
	}
	return json.Marshal(plan)
}

func (p Plan) json() (planJSON, error) {
	if p.Work == nil {
		return planJSON{}, errors.New("write plan: it has no work")
	}
	work, err := json.Marshal(p.Work)
	if err != nil {
		return planJSON{}, fmt.Errorf("write plan: %w", err)
	}
	return planJSON{Kind: p.Work.kind(), Tester: p.Tester, Programs: p.Programs, Work: work}, nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It declares the plan's programs, which its scenarios may name. A plan of an unknown kind is an
// error.
func (p *Plan) UnmarshalJSON(text []byte) error {
	var read planJSON
	if err := strictly(text, &read); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	return p.take(read)
}

// unlikeText names the fields of a program in a plan that say something else than its text: a reader would be shown another command than the one that
// runs. Fields may be left out all together.
func unlikeText(written, parsed *program.File) (names []string) {
	if reflect.DeepEqual(*written, program.File{Path: written.Path, Text: written.Text}) {
		return nil
	}
	a, b := reflect.ValueOf(*written), reflect.ValueOf(*parsed)
	for i := range a.NumField() {
		was, now := a.Field(i), b.Field(i)
		isEmpty := (was.Kind() == reflect.Slice || was.Kind() == reflect.Map) && was.Len() == 0 && now.Len() == 0
		if !isEmpty && !reflect.DeepEqual(was.Interface(), now.Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// take decodes what was read of a plan, and declares its programs.
func (p *Plan) take(read planJSON) error {
	i := slices.IndexFunc(kinds, func(make func() Work) bool { return make().kind() == read.Kind })
	if i < 0 {
		return fmt.Errorf("read plan: no such kind of work: %q", read.Kind)
	}
	for i, f := range read.Programs {
		if f == nil {
			return fmt.Errorf("read plan: programs[%d] is null", i)
		}
		parsed, err := program.Parse(f.Path, []byte(f.Text))
		if err != nil {
			return fmt.Errorf("read plan: programs[%d]: %w", i, err)
		}
		if differ := unlikeText(f, parsed); len(differ) > 0 {
			return fmt.Errorf("read plan: programs[%d] (%s): what the fields %s say is not what text says, which is what runs: change text, and leave all fields but path and text out",
				i, parsed.Name, strings.Join(differ, ", "))
		}
		read.Programs[i] = parsed
	}
	if err := Declare(read.Programs); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	work := kinds[i]()
	if len(read.Work) == 0 {
		return fmt.Errorf("read plan: %s: work is missing", read.Kind)
	}
	if err := strictly(read.Work, work); err != nil {
		return fmt.Errorf("read plan: %s: %w", read.Kind, err)
	}
	p.Tester, p.Programs, p.Work = read.Tester, read.Programs, work
	return nil
}

package results

// Across is what the machines of a merged file say together of one metric of a comparison, or of a scenario that is set against no other. No trials of different machines are taken
// together: each machine has its own ratio and verdict, and the means are over machines. It is printed and never part of a result file.
type Across struct {
	Scenario  string  `json:"scenario,omitempty"`   // of figures as they are: then there are no arms and no verdicts
	ScenarioA string  `json:"scenario_a,omitempty"` // as the first machine has it
	ScenarioB string  `json:"scenario_b,omitempty"`
	ProgramA  string  `json:"program_a,omitempty"`
	ProgramB  string  `json:"program_b,omitempty"`
	Metric    Metric  `json:"metric"`
	Margin    float64 `json:"margin"`

	Better       *int `json:"better,omitempty"` // machines with this verdict of their own
	Worse        *int `json:"worse,omitempty"`
	Same         *int `json:"same,omitempty"`
	Inconclusive *int `json:"inconclusive,omitempty"`

	// The mean over machines of B to A, or of the figure in the unit of its metric: absent for fewer than two machines with one. So are all ratios, lows and
	// highs here.
	Mean       *float64 `json:"mean,omitempty"`
	Low        *float64 `json:"low,omitempty"`
	High       *float64 `json:"high,omitempty"`
	Confidence float64  `json:"confidence,omitzero"`
	// Where the ratio of one more machine of the kind is expected: absent for fewer than three machines.
	FurtherLow  *float64 `json:"further_low,omitempty"`
	FurtherHigh *float64 `json:"further_high,omitempty"`
	// The spread between machines: 0.04 is a standard deviation of 4 %, with its interval; noise of the rounds is no part of it.
	SpreadRatio      *float64 `json:"spread_ratio,omitempty"`
	SpreadLow        *float64 `json:"spread_low,omitempty"`
	SpreadHigh       *float64 `json:"spread_high,omitempty"`
	UnexplainedRatio *float64 `json:"unexplained_ratio,omitempty"` // I²: the share of the machines' differences that noise does not explain
	PValue           *float64 `json:"p_value,omitempty"`           // of differences like these between machines that are alike

	Machines   string       `json:"machines"`             // differ, little, alike, not shown or unknown
	GoesWith   []GoesWith   `json:"goes_with,omitempty"`  // what goes with the difference
	NotWith    []string     `json:"not_with,omitempty"`   // properties that are not shown to
	CannotTell []string     `json:"cannot_tell,omitzero"` // properties of which the machines are too few or too unevenly spread to tell
	On         []AcrossPart `json:"on"`
}

// GoesWith is a property of hosts that goes with a difference between them, or several that these machines cannot tell apart.
type GoesWith struct {
	Properties []string        `json:"properties"`
	PValue     float64         `json:"p_value"` // for all properties and metrics of the comparison together
	Levels     []PropertyLevel `json:"levels"`  // of the first property
}

// PropertyLevel is the machines with one value of a property.
type PropertyLevel struct {
	Value    string  `json:"value"`
	Machines int     `json:"machines"`
	Mean     float64 `json:"mean"`
}

// AcrossPart is what one machine says of a comparison, or its figure. Value, low and high are absent where no round has a ratio.
type AcrossPart struct {
	Machine string   `json:"machine"`
	HostID  string   `json:"host_id,omitempty"`
	Value   *float64 `json:"value,omitempty"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	Rounds  int      `json:"rounds"`
	Counted bool     `json:"counted"` // it is part of the mean
	Verdict Verdict  `json:"verdict,omitempty"`
}

// KindAcross is the kind of an [Across] record. It is printed and never part of a result file.
const KindAcross Kind = "across"

// Kind implements [Record].
func (Across) Kind() Kind { return KindAcross }

func (a Across) line() any {
	return struct {
		header
		Across
	}{header{Schema, KindAcross}, a}
}

package results

import "time"

// Series is one figure of a scenario over many result files. It is printed and never part of a result file.
type Series struct {
	Scenario    string         `json:"scenario"` // canonical name
	Metric      Metric         `json:"metric"`
	Reference   string         `json:"reference,omitempty"` // canonical name of the scenario of the same run that the values are ratios to; absent: values have the metric's unit
	Arms        bool           `json:"arms,omitzero"`       // the values are ratios of arm B to arm A, which measured the reference
	Runs        []SeriesRun    `json:"runs"`                // oldest first; those that have the figure
	Changes     []SeriesChange `json:"changes,omitempty"`
	FarRatio    *float64       `json:"far_ratio,omitempty"`    // of a figure with CPUs far from each other to the same with near ones, which aligned values make up for
	NewestLacks string         `json:"newest_lacks,omitempty"` // why the newest run, or some of its trials, has no figure
	MoreIsGood  bool           `json:"more_is_good,omitzero"`
}

// SeriesRun is the figure of one run.
type SeriesRun struct {
	Time    time.Time `json:"time"` // when the run began
	File    string    `json:"file,omitempty"`
	Version string    `json:"version,omitempty"` // of what was measured
	Value   float64   `json:"value"`             // median over the run's repeats
	Aligned *float64  `json:"aligned,omitempty"` // as it would be with CPUs near each other; absent where it is the same
}

// SeriesChange is where a series went to another level.
type SeriesChange struct {
	Run     int      `json:"run"`   // index of the first run of the new level
	Ratio   float64  `json:"ratio"` // of the new level to the old one
	PValue  float64  `json:"p_value"`
	Verdict Verdict  `json:"verdict"`
	Recent  bool     `json:"recent,omitzero"`  // among the newest runs, which count
	Machine []string `json:"machine,omitzero"` // what changed of the machine at the same run
}

// KindSeries is the kind of a [Series] record.
const KindSeries Kind = "series"

// Kind implements [Record].
func (Series) Kind() Kind { return KindSeries }

func (s Series) line() any {
	return struct {
		header
		Series
	}{header{Schema, KindSeries}, s}
}

package results

import "time"

// Search is what came of a search for the highest loads that keep a loss ratio (RFC 9971). Loads are intended loads per direction. The trials
// behind it are records of their own with [PhaseSearch], runs for its latency those with [PhaseLatency].
type Search struct {
	Scenario       string     `json:"scenario"` // canonical name; its load means nothing here
	Preset         string     `json:"preset,omitempty"`
	Start          time.Time  `json:"start"`               // UTC
	DurationS      float64    `json:"duration_s,omitzero"` // from start to the end of its last trial
	Trials         int        `json:"trials"`
	TrialDurationS float64    `json:"trial_duration_s"`      // sum of the effective durations
	MinLoadPps     float64    `json:"min_load_pps,omitzero"` // no smaller load was tried
	MaxLoadPps     float64    `json:"max_load_pps,omitzero"` // no larger load was tried
	Goals          []Goal     `json:"goals,omitempty"`
	LimitedBy      string     `json:"limited_by,omitempty"` // what held the load down, in words, as in a [Trial]
	Host           *Stability `json:"host,omitempty"`
	Warnings       []string   `json:"warnings,omitempty"`
	Error          string     `json:"error,omitempty"` // why it failed
}

// Goal is a Search Goal of RFC 9971 and its Goal Result.
type Goal struct {
	Name                     string   `json:"name"`       // "NDR" or "PDR"
	LossRatio                float64  `json:"loss_ratio"` // a trial that loses a larger share has a high loss
	ExceedRatio              float64  `json:"exceed_ratio"`
	InitialTrialDurationS    float64  `json:"initial_trial_duration_s"`
	FinalTrialDurationS      float64  `json:"final_trial_duration_s"`
	DurationSumS             float64  `json:"duration_sum_s"`
	WidthRatio               float64  `json:"width_ratio"`                          // of the bounds' distance to the upper one
	RelevantLowerBoundPps    *float64 `json:"relevant_lower_bound_pps,omitempty"`   //
	RelevantUpperBoundPps    *float64 `json:"relevant_upper_bound_pps,omitempty"`   //
	ConditionalThroughputPps *float64 `json:"conditional_throughput_pps,omitempty"` // forwarding rate at the lower bound
	Regular                  bool     `json:"regular"`                              // both bounds are known and lie close enough
	Reason                   string   `json:"reason,omitempty"`                     // why it is irregular
}

// Stability says how steady the host was during a search. Ratios are shares, 0 to 1.
type Stability struct {
	StealRatio *float64 `json:"steal_ratio,omitempty"` // of the CPU time, taken by the hypervisor
	DriftRatio *float64 `json:"drift_ratio,omitempty"` // by which the same load fared differently at the end than at the beginning

	// LongestPauseNs is the longest that the generator's CPU stood still in trials at up to nine tenths of the highest load: how late a packet left.
	LongestPauseNs *int64 `json:"longest_pause_ns,omitempty"`
}

// Kind implements [Record].
func (Search) Kind() Kind { return KindSearch }

func (s Search) line() any {
	return struct {
		header
		Search
	}{header{Schema, KindSearch}, s}
}

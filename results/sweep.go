package results

import "time"

// Sweep is the design of a sweep: what was to be measured, so that an interrupted one can be taken up again and its trials be read as an
// experiment. Each round measures every cell once, in a random order (a randomized complete block design). A file has one for each sitting, all
// of the same design.
type Sweep struct {
	Start         time.Time `json:"start"` // of the sitting; UTC
	Words         []string  `json:"words"` // as typed
	Design        string    `json:"design"`
	Seed          uint64    `json:"seed"` // of the order of the rounds
	Rounds        int       `json:"rounds"`
	Metric        Metric    `json:"metric"`                   // what the effects are effects on
	Knobs         []Knob    `json:"knobs"`                    // keys with several values
	Scenarios     []string  `json:"scenarios"`                // canonical names of the cells
	Dropped       int       `json:"dropped,omitzero"`         // combinations that break a rule between keys
	DroppedReason string    `json:"dropped_reason,omitempty"` // the first such rule
}

// Knob is a key that has several values in a sweep.
type Knob struct {
	Key    string   `json:"key"`
	Values []string `json:"values"` // as scenario names have them
}

// Kind implements [Record].
func (Sweep) Kind() Kind { return KindSweep }

func (s Sweep) line() any {
	return struct {
		header
		Sweep
	}{header{Schema, KindSweep}, s}
}

package search

import (
	"fmt"
	"strings"
	"time"
)

// Preset is a set of goals and limits with a name. Its loads are for the caller to set.
type Preset struct {
	Name   string
	Doc    string // one line
	Config Config
}

// Presets are the searches that come with tunbench.
func Presets() []Preset {
	return []Preset{
		{Name: "ndr-pdr", Doc: "NDR and PDR as FD.io CSIT measures them: 1 s trials, 21 s at a bound, width 0.5 %", Config: NDRPDR()},
		{Name: "rfc2544", Doc: "RFC 2544 throughput: no loss in one trial of 60 s, width 0.5 %", Config: RFC2544()},
		{Name: "ci-fast", Doc: "NDR and PDR in under 40 s, for CI: 0.2 s trials, 2.2 s at a bound, width 2 %", Config: CIFast()},
	}
}

// PresetNames returns the names of all presets, in their order.
func PresetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}

// UnknownPresetError is a name that is no preset's.
type UnknownPresetError struct {
	Name  string
	Known []string
}

// Error implements error and lists the known names.
func (e *UnknownPresetError) Error() string {
	return fmt.Sprintf("no such search preset %q; there are %s", e.Name, strings.Join(e.Known, ", "))
}

// FindPreset returns a preset by its name, or an [*UnknownPresetError].
func FindPreset(name string) (Preset, error) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
	}
	return Preset{}, &UnknownPresetError{Name: name, Known: PresetNames()}
}

// The loss ratios of the no-drop rate and of the partial drop rate in FD.io CSIT.
const (
	ndrLoss = 0
	pdrLoss = 0.005
)

// NDRPDR searches the way FD.io CSIT does. It takes some minutes.
func NDRPDR() Config {
	goal := Goal{
		ExceedRatio:     0.5,
		InitialDuration: time.Second,
		FinalDuration:   time.Second,
		DurationSum:     21 * time.Second,
		Width:           0.005,
	}
	return Config{
		Goals: ndrAndPDR(goal), Warmup: time.Second,
		MaxTrials: 2000, MaxTime: 30 * time.Minute,
	}
}

// RFC2544 searches the throughput of RFC 2544, section 26.1, with the goal that RFC
// 9971, section 4.10.2 gives for it. Shorter trials only find where to look: they can
// show that a load is too high, never that it is not.
func RFC2544() Config {
	goal := Goal{
		Name:            "throughput",
		InitialDuration: time.Second,
		FinalDuration:   time.Minute,
		DurationSum:     time.Minute,
		Width:           0.005,
	}
	return Config{
		Goals: []Goal{goal}, Warmup: time.Second,
		MaxTrials: 500, MaxTime: 90 * time.Minute,
	}
}

// CIFast searches NDR and PDR in a time a CI job has: typically a quarter of a minute,
// some 40 s at most where a trial costs 0.1 s beyond its duration.
//
// The settings come from simulated systems with random capacity and random stalls that
// overflow a ring of 1000 packets. With ten stalls a second, as on a shared machine, a
// trial of 0.5 s hardly ever escapes them all: the middle nine tenths of NDR results
// spread over 30 % of the capacity with a sum of 2 s. Trials of 0.2 s with an exceed
// ratio of a half bring that under 10 % for the same time, and longer sums cost time but
// gain little. Eleven trials make a majority without a tie, and equal initial and final
// durations are what RFC 9971, section 5.5 recommends.
func CIFast() Config {
	goal := Goal{
		ExceedRatio:     0.5,
		InitialDuration: 200 * time.Millisecond,
		FinalDuration:   200 * time.Millisecond,
		DurationSum:     2200 * time.Millisecond,
		Width:           0.02,
	}
	return Config{
		Goals: ndrAndPDR(goal), Warmup: 500 * time.Millisecond,
		MaxTrials: 130, MaxTime: 26 * time.Second,
	}
}

// ndrAndPDR returns two goals that differ in name and loss ratio alone.
func ndrAndPDR(g Goal) []Goal {
	ndr, pdr := g, g
	ndr.Name, ndr.LossRatio = "NDR", ndrLoss
	pdr.Name, pdr.LossRatio = "PDR", pdrLoss
	return []Goal{ndr, pdr}
}

package analysis

import (
	"slices"

	"tunbench/results"
)

// RunStopped says that a run was ended before its time.
type RunStopped struct {
	Status results.Status
	Reason string // may be empty
}

// LineOdd is what the reader of a result file found odd about a line.
type LineOdd struct{ results.Warning }

// PartUnfinished counts trials of a search, a burst or a soak that came to no result.
type PartUnfinished struct {
	Phase  results.Phase
	Trials int
}

// CPUsMoved says that the CPUs were nearer to each other in some trials than in others, by the time that a cache line takes there and back: a
// hypervisor moves them.
type CPUsMoved struct{ NearNs, FarNs float64 }

// FileWarnings is what a reader must know about a run as a whole.
func FileWarnings(f *results.File) []Warning {
	var out []Warning
	if f.End != nil && f.End.Status != results.Completed {
		out = append(out, RunStopped{f.End.Status, f.End.Reason})
	}
	for _, w := range f.Warnings {
		out = append(out, LineOdd{w})
	}
	return append(append(out, unfinished(f)...), wandered(f.Trials)...)
}

// farther is how much farther from each other the CPUs are in one trial than in another when that is more than noise.
const farther = 2

// CPUDistance is how far the CPUs of the first worker and the first generator were from each other, in the trials where they were nearest and
// farthest: ns for a cache line there and back. ok is false where no trial measured it.
func CPUDistance(trials []results.Trial) (near, far float64, ok bool) {
	var distances []float64
	for _, t := range trials {
		if t.Usable() && t.CPU != nil && t.CPU.DistanceNs != nil {
			distances = append(distances, *t.CPU.DistanceNs)
		}
	}
	if len(distances) == 0 {
		return 0, 0, false
	}
	return slices.Min(distances), slices.Max(distances), true
}

// wandered says whether the CPUs moved away from each other between trials.
func wandered(trials []results.Trial) []Warning {
	near, far, ok := CPUDistance(trials)
	if !ok || far < farther*near {
		return nil
	}
	return []Warning{CPUsMoved{near, far}}
}

// unfinished says which trials were a part of something that came to no result.
func unfinished(f *results.File) []Warning {
	var out []Warning
	for _, part := range []struct {
		phase   results.Phase
		results int
	}{{results.PhaseSearch, len(f.Searches)}, {results.PhaseBurst, len(f.Bursts)}, {results.PhaseInterval, len(f.Soaks)}} {
		if n := len(f.OfPhase(part.phase)); n > 0 && part.results == 0 {
			out = append(out, PartUnfinished{part.phase, n})
		}
	}
	return out
}

package results

import "slices"

// RunStopped is a run that did not come to its own end.
type RunStopped struct {
	Status Status
	Reason string // may be empty
}

// LineOdd is something odd about a line of a result file.
type LineOdd struct{ Warning }

// PartUnfinished is trials that were a part of something that came to no result.
type PartUnfinished struct {
	Phase  Phase
	Trials int
}

// CPUsMoved is CPUs that were not always as far from each other, in the time that a cache line takes there and back: a hypervisor moves them.
type CPUsMoved struct{ NearNs, FarNs float64 }

// FileWarnings is what a reader must know about a run as a whole.
func FileWarnings(f *File) []Odd {
	var out []Odd
	if f.End != nil && f.End.Status != Completed {
		out = append(out, RunStopped{f.End.Status, f.End.Reason})
	}
	for _, w := range f.Warnings {
		out = append(out, LineOdd{w})
	}
	return append(append(out, unfinished(f)...), wandered(f.Trials)...)
}

// farther is how much farther from each other the CPUs are in one trial than in another when that is more than noise.
const farther = 2

// wandered says whether the CPUs moved away from each other between trials.
func wandered(trials []Trial) []Odd {
	var distances []float64
	for _, t := range trials {
		if t.Usable() && t.CPU != nil && t.CPU.DistanceNs != nil {
			distances = append(distances, *t.CPU.DistanceNs)
		}
	}
	if len(distances) == 0 {
		return nil
	}
	near, far := slices.Min(distances), slices.Max(distances)
	if far < farther*near {
		return nil
	}
	return []Odd{CPUsMoved{near, far}}
}

// unfinished says which trials were a part of something that came to no result.
func unfinished(f *File) []Odd {
	var out []Odd
	for _, part := range []struct {
		phase   Phase
		results int
	}{{PhaseSearch, len(f.Searches)}, {PhaseBurst, len(f.Bursts)}, {PhaseInterval, len(f.Soaks)}} {
		if n := len(f.OfPhase(part.phase)); n > 0 && part.results == 0 {
			out = append(out, PartUnfinished{part.phase, n})
		}
	}
	return out
}

package results

// File is a result file in memory: its records by kind, each in the order in which they were written.
type File struct {
	Merge        *Merge  // of a merged file, which has nothing else but Shards and Warnings; else nil
	Shards       []*File // of a merged file; see [File.Parts]
	Host         Host
	Shard        *Shard // nil if it is no shard
	Calibrations []Calibration
	Trials       []Trial
	Searches     []Search
	Bursts       []Burst
	Soaks        []Soak
	Comparisons  []Comparison
	Sweeps       []Sweep // one for each sitting
	Gates        []Gate
	Bisects      []Bisect
	End          *End      // nil if the run did not come to its end
	ShardEnd     *ShardEnd // nil if it is no shard, or an incomplete one
	Warnings     []Warning
}

// Add takes a record in. A second record of a kind that a file has once replaces the first.
func (f *File) Add(r Record) {
	switch r := r.(type) {
	case Host:
		f.Host = r
	case Calibration:
		f.Calibrations = append(f.Calibrations, r)
	case Trial:
		f.Trials = append(f.Trials, r)
	case Search:
		f.Searches = append(f.Searches, r)
	case Burst:
		f.Bursts = append(f.Bursts, r)
	case Soak:
		f.Soaks = append(f.Soaks, r)
	case Comparison:
		f.Comparisons = append(f.Comparisons, r)
	case Sweep:
		f.Sweeps = append(f.Sweeps, r)
	case Gate:
		f.Gates = append(f.Gates, r)
	case Bisect:
		f.Bisects = append(f.Bisects, r)
	case End:
		f.End = &r
	case Shard:
		f.Shard = &r
	case ShardEnd:
		f.ShardEnd = &r
	case Merge:
		f.Merge = &r
	}
}

// OfPhase returns the trials of one phase, in the order of the file.
func (f *File) OfPhase(p Phase) []Trial {
	var trials []Trial
	for _, t := range f.Trials {
		if t.Phase == p {
			trials = append(trials, t)
		}
	}
	return trials
}

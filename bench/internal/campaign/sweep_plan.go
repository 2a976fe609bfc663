package campaign

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// SweepOptions say how the cells of a sweep are measured, and which words they were made from.
type SweepOptions struct {
	Words  []string // that the cells were made of
	Design string   // a [scenario.Design]
	Rounds int
	Seed   uint32 // of the random orders; 0 is one made of the words
	Metric results.Metric
}

// NewSweep makes the work of measuring every cell of a design.
func NewSweep(design scenario.Sweep, o SweepOptions) *Sweep {
	r := results.Sweep{
		Words: o.Words, Design: o.Design, Seed: uint64(o.Seed), Rounds: o.Rounds, Metric: o.Metric, Dropped: design.Dropped,
	}
	if o.Seed == 0 {
		r.Seed = seedOf(o.Words)
	}
	if design.Why != nil {
		r.DroppedReason = design.Why.Error()
	}
	for _, k := range design.Knobs {
		r.Knobs = append(r.Knobs, results.Knob{Key: k.Key, Values: k.Values})
	}
	return &Sweep{Cells: design.Scenarios, Design: r}
}

// seedOf makes the same seed of the same words.
func seedOf(words []string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(words, "\n"))) // it never fails
	return uint64(h.Sum32())
}

// Overview returns a line for each cell with the values of its knobs, and below them the number of trials and the
// time that they take.
func (w *Sweep) Overview(t Tester) string {
	var b strings.Builder
	for _, s := range w.Cells {
		var pairs []string
		for _, k := range w.Design.Knobs {
			if value, ok := s.Value(k.Key); ok {
				pairs = append(pairs, k.Key+"="+value)
			}
		}
		b.WriteString(strings.Join(pairs, " ") + "\n")
	}
	cells, rounds := len(w.Cells), w.Design.Rounds
	fmt.Fprintf(&b, "%s (%s design), %s: %s, about %v\n", results.Count(cells, "cell"), w.Design.Design, results.Count(rounds, "round"),
		results.Count(cells*rounds, "trial"), expected(w.Cells, rounds, t).Round(time.Second))
	return b.String()
}

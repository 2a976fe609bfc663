package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// Merged is a plan's shards, each once, ready to be written as one file.
type Merged struct {
	Record results.Merge
	shards []*Shard // by index; complete
}

// UnlikeError says that a shard was given twice, with unlike content: nobody can say which one counts.
type UnlikeError struct {
	Shard campaign.Shard
	Names [2]string
}

// Error implements error.
func (e *UnlikeError) Error() string {
	return fmt.Sprintf("shard %v was measured twice, with unlike results: %s and %s: leave one out", e.Shard, e.Names[0], e.Names[1])
}

// NewMerged puts shards together that belong to one plan. Shards of two plans, or of one plan for different numbers of machines, are a
// [*campaign.UsageError]; a shard that is there twice with unlike content is an [*UnlikeError]. What is missing, incomplete or odd is said in the
// record. now is the time of this machine.
func NewMerged(all []*Shard, now time.Time) (*Merged, error) {
	if len(all) == 0 {
		return nil, usage("there is no shard in any of the files")
	}
	if err := onePlan(all); err != nil {
		return nil, err
	}
	of := all[0].Record.Of
	m := &Merged{Record: results.Merge{Time: now.UTC(), PlanHash: all[0].Record.PlanHash, Of: of}}
	byIndex := map[int][]*Shard{}
	for _, s := range all {
		byIndex[s.Record.Index] = append(byIndex[s.Record.Index], s)
	}
	for index := range of {
		if err := m.take(index, byIndex[index]); err != nil {
			return nil, err
		}
	}
	if len(m.shards) == 0 {
		return nil, usage("no shard is complete: %s", m.Record.Missing[slices.IndexFunc(m.Record.Missing, given)].Why)
	}
	m.Record.Plan = m.shards[0].Record.Plan
	m.Record.Warnings = oddities(m.shards, m.Record.Plan, now)
	return m, nil
}

// given reports whether something of a missing shard was given.
func given(m results.MissingShard) bool { return m.Why != notGiven }

// notGiven is why a shard is missing of which there is nothing.
const notGiven = "no file of it was given"

// onePlan returns an error that names files if there are two plans.
func onePlan(all []*Shard) error {
	plans, counts := map[string][]string{}, map[string][]string{}
	for _, s := range all {
		hash, of := "plan "+s.Record.PlanHash, results.Count(s.Record.Of, "machine")
		plans[hash] = append(plans[hash], s.Name)
		counts[of] = append(counts[of], s.Name)
	}
	if len(plans) > 1 {
		return usage("the files are of different plans: %s", whose(plans))
	}
	if len(counts) > 1 {
		return usage("the files are of a plan for different numbers of machines: %s", whose(counts))
	}
	return nil
}

// namesShown is how many files an error names of each side.
const namesShown = 3

func whose(names map[string][]string) string {
	var parts []string
	for what, files := range names {
		text := strings.Join(files[:min(namesShown, len(files))], ", ")
		if more := len(files) - namesShown; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, what+" ("+text+")")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// take chooses the file of one shard, if there is one.
func (m *Merged) take(index int, files []*Shard) error {
	var taken *Shard
	doubled := results.DoubledShard{Index: index}
	for _, s := range files {
		switch {
		case !s.Complete():
		case taken == nil:
			taken = s
			continue
		case taken.SHA256 != s.SHA256:
			return &UnlikeError{Shard: s.Shard(), Names: [2]string{taken.Name, s.Name}}
		}
		doubled.Left = append(doubled.Left, s.Name)
	}
	if taken == nil {
		m.Record.Missing = append(m.Record.Missing, results.MissingShard{Index: index, Why: whyMissing(files)})
		return nil
	}
	m.shards = append(m.shards, taken)
	m.Record.Shards = append(m.Record.Shards, results.MergedShard{
		Index: index, HostID: taken.Record.HostID, File: taken.Name, SHA256: taken.SHA256, Trials: taken.Trials, Exit: taken.End.Exit,
	})
	if len(doubled.Left) > 0 {
		doubled.Taken = taken.Name
		m.Record.Doubled = append(m.Record.Doubled, doubled)
	}
	return nil
}

func whyMissing(files []*Shard) string {
	if len(files) == 0 {
		return notGiven
	}
	reasons := make([]string, len(files))
	for i, s := range files {
		reasons[i] = s.Name + ": " + s.Why
	}
	return strings.Join(reasons, "; ")
}

// Trials is the number of trials in all shards.
func (m *Merged) Trials() (n int) {
	for _, s := range m.shards {
		n += s.Trials
	}
	return n
}

// Write writes the merged file: the record, then each shard as its file has it. It reads the files again; one that was changed since is an
// error.
func (m *Merged) Write(ctx context.Context, w io.Writer) error {
	if err := results.Print(w, m.Record); err != nil {
		return err
	}
	for _, s := range m.shards {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text := s.text
		if text == nil {
			var err error
			if text, err = os.ReadFile(s.Name); err != nil {
				return err
			}
			if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != s.SHA256 {
				return fmt.Errorf("%s changed while it was merged: merge again", s.Name)
			}
		}
		text = withoutMark(text)
		if _, err := w.Write(text); err != nil {
			return err
		}
		if text[len(text)-1] != '\n' {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

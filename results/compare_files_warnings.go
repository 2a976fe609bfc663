package results

import "fmt"

// HostDifferences says in what the hosts are unlike, a line each; see [Host.Unlike].
func (c *FileComparison) HostDifferences() []string {
	return prefixed("the hosts differ: ", c.Old.Host.Unlike(c.New.Host))
}

// Warnings says what a reader must know about the comparison, and about each file as far as it matters to it.
func (c *FileComparison) Warnings() []string {
	warnings := []string{sequenceWarning}
	warnings = append(warnings, c.tooFew()...)
	s := c.subjects()
	for _, u := range c.Rows {
		switch what := u.figure().label; {
		case u.NothingTrials > 0:
			warnings = append(warnings, s.warn(u.Scenario, "the scenario", []string{fmt.Sprintf(
				"%s: %d of %s of the new file brought nothing through, and every one of the old file did", what, u.NothingTrials, trialsOf(u.New.N))})...)
		case u.outcome == outcomeUnmeasured:
			warnings = append(warnings, s.warn(u.Scenario, "the scenario", []string{what + ": both files have a trial that brought nothing through"})...)
		}
	}
	for _, scenario := range c.Failed {
		warnings = append(warnings, s.warn(scenario, "the scenario", []string{"a trial of the new file failed, and none of the old file did: nothing is the same or better"})...)
	}
	for _, scenario := range c.inBoth() {
		if !c.hasRow(scenario) {
			warnings = append(warnings, s.warn(scenario, "the scenario", []string{"no metric of which both files have a trial that can be used"})...)
		}
	}
	warnings = append(warnings, prefixed("old: ", c.ofFile(c.Old, s))...)
	return append(warnings, prefixed("new: ", c.ofFile(c.New, s))...)
}

// tooFew says how many trials it takes, where there are not enough for an interval, or for p to stay small through the correction.
func (c *FileComparison) tooFew() []string {
	unknown, tested, hopeless := 0, 0, 0
	for _, u := range c.Rows {
		if u.enough() {
			tested++
		}
	}
	for _, u := range c.Rows {
		switch {
		case !u.enough():
			unknown++
		case leastP(u.Old.N, u.New.N)*float64(tested) >= significance:
			hopeless++
		}
	}
	var warnings []string
	if unknown > 0 {
		warnings = append(warnings, fmt.Sprintf("too few trials in %d of %d rows: it takes at least %d in each file for a verdict on so many",
			unknown, len(c.Rows), trialsFor(len(c.Rows))))
	}
	if hopeless > 0 {
		warnings = append(warnings, fmt.Sprintf("too few trials to show a difference in %d of %d rows: it takes at least %d in each file, or fewer rows",
			hopeless, len(c.Rows), trialsFor(tested)))
	}
	return warnings
}

func (c *FileComparison) hasRow(scenario string) bool {
	for _, u := range c.Rows {
		if u.Scenario == scenario {
			return true
		}
	}
	return false
}

// ofFile is the warnings of one file: about it as a whole, the trials left out, and what is odd about those compared.
func (c *FileComparison) ofFile(f *File, s subjects) []string {
	warnings := fileWarnings(f)
	plainTrials := 0
	for _, trials := range plainGroups(f) {
		plainTrials += len(trials)
		if _, inBoth := s.titles[trials[0].Scenario]; inBoth {
			warnings = append(warnings, s.warn(trials[0].Scenario, "the scenario", trialWarnings(trials))...)
		}
	}
	if n := len(f.Trials) - plainTrials; n > 0 {
		warnings = append(warnings, trialsOf(n)+" of arms, searches, bursts or soaks left out: they have no counterpart")
	}
	return warnings
}

package gate

// Lines are the verdict for a terminal: the headline, and below it what each required metric that may be worse rests on.
func (r Report) Lines() []string {
	lines := []string{"gate: " + r.Headline()}
	titles := r.titles()
	for i, s := range r.Scenarios {
		for _, f := range s.Findings {
			if !f.Required || f.Outcome.fine() {
				continue
			}
			lines = append(lines, "  "+titles[i]+": "+string(f.Outcome))
			for _, sentence := range f.sentences() {
				lines = append(lines, "    "+sentence)
			}
		}
		for _, failure := range s.Failures() {
			lines = append(lines, "  "+titles[i]+": "+failure)
		}
	}
	for _, m := range r.Unmeasured {
		lines = append(lines, "  required by the thresholds and measured nowhere: "+string(m))
	}
	return lines
}

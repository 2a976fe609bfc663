package results

// Measured says which trials of a sweep are there: by cell and round, those that neither failed nor were interrupted.
func Measured(trials []Trial) func(scenario string, round int) bool {
	type place struct {
		scenario string
		round    int
	}
	done := map[place]bool{}
	for _, t := range trials {
		if t.Usable() {
			done[place{t.Scenario, t.Round}] = true
		}
	}
	return func(scenario string, round int) bool { return done[place{scenario, round}] }
}

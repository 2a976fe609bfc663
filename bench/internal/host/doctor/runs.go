package doctor

import "strings"

// otherRuns says whether another run is in the way, or left something behind.
func otherRuns(probe func() (live, dead []string, err error)) Check {
	const name = "other runs"
	if probe == nil {
		return unknown(name, "not probed")
	}
	live, dead, err := probe()
	switch {
	case err != nil:
		return unknown(name, "%v", err)
	case len(live) > 0:
		return distorts(name, "running: "+strings.Join(live, ", "), "two runs share the CPUs", "wait until the other has ended")
	case len(dead) > 0:
		return distorts(name, "left behind: "+strings.Join(dead, ", "), "a killed run's namespaces and devices still exist", "tunbench clean")
	default:
		return ok(name, "none")
	}
}

package doctor

import (
	"strings"

	"tunbench/bench/internal/host"
)

func privileges(m host.Machine) Check {
	const name = "privileges"
	none, err := m.LackingCapabilities()
	if err != nil {
		return unknown(name, "%v", err)
	}
	if len(none) == 0 {
		return ok(name, host.CapabilityNames(host.RequiredCapabilities()))
	}
	uses := make([]string, len(none))
	for i, c := range none {
		uses[i] = c.Use
	}
	return missing(name, "no "+host.CapabilityNames(none), "cannot "+strings.Join(uses, " or "), "run as root")
}

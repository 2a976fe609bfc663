package host

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// mitigations is every entry of Documentation/ABI/testing/sysfs-devices-system-cpu's
// vulnerabilities folder, keyed by vulnerability.
func (m machine) mitigations() map[string]string {
	found := map[string]string{}
	for name, text := range m.readAll("sys/devices/system/cpu/vulnerabilities/*") {
		found[path.Base(name)] = text
	}
	return found
}

// mitigationLine is what applies to this CPU, "name=state" joined by " | " in alphabetical
// order; vulnerabilities it does not have are left out.
func (m machine) mitigationLine() string {
	all := m.mitigations()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "Not affected" {
			parts = append(parts, name+"="+all[name])
		}
	}
	return strings.Join(parts, " | ")
}

// mitigationCheck never distorts: mitigations are what production runs with.
// Two hosts that differ in them are not comparable, though.
func (m machine) mitigationCheck() Check {
	const name = "CPU mitigations"
	all := m.mitigations()
	if len(all) == 0 {
		return unknown(name, "not reported by the kernel")
	}
	active := 0
	for _, text := range all {
		if strings.HasPrefix(text, "Mitigation") {
			active++
		}
	}
	check := ok(name, fmt.Sprintf("%d active of %d", active, len(all)))
	check.Meaning = "each system call costs more with them: compare only hosts that agree"
	return check
}

package host

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// Mitigations is what the kernel says of each vulnerability of CPUs, keyed by its
// name (vulnerabilities in Documentation/ABI/testing/sysfs-devices-system-cpu).
func (m Machine) Mitigations() map[string]string {
	found := map[string]string{}
	for name, text := range m.ReadAll("sys/devices/system/cpu/vulnerabilities/*") {
		found[path.Base(name)] = text
	}
	return found
}

// mitigationLine is what applies to this CPU, "name=state" joined by " | " in alphabetical
// order; vulnerabilities it does not have are left out.
func (m Machine) mitigationLine() string {
	all := m.Mitigations()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "Not affected" {
			parts = append(parts, name+"="+all[name])
		}
	}
	return strings.Join(parts, " | ")
}

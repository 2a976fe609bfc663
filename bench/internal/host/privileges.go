package host

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Capability is one bit of the effective set of a process (capabilities(7)).
type Capability struct {
	bit  uint
	Name string // as in "CAP_NET_ADMIN"
	Use  string // what tunbench needs it for, as in "make network namespaces"
}

// RequiredCapabilities are the capabilities without which no measurement can run.
func RequiredCapabilities() []Capability {
	return []Capability{
		{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN", "make devices, links and routes"},
		{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "make network namespaces"},
	}
}

// LackingCapabilities returns the required capabilities that are not in the
// effective set of this process.
func (m Machine) LackingCapabilities() ([]Capability, error) {
	effective, err := m.effective()
	if err != nil {
		return nil, err
	}
	var none []Capability
	for _, c := range RequiredCapabilities() {
		if effective&(1<<c.bit) == 0 {
			none = append(none, c)
		}
	}
	return none, nil
}

// effective is the CapEff line of proc_pid_status(5).
func (m Machine) effective() (uint64, error) {
	text, err := m.statusLine("CapEff")
	if err != nil {
		return 0, err
	}
	set, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("parse CapEff: %w", err)
	}
	return set, nil
}

// statusLine returns the value of one line of /proc/self/status.
func (m Machine) statusLine(key string) (string, error) {
	status, err := m.Read("proc/self/status")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(status) {
		if name, value, found := strings.Cut(line, ":"); found && name == key {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("find %s in proc/self/status", key)
}

// CapabilityNames joins their names by commas.
func CapabilityNames(caps []Capability) string {
	all := make([]string, len(caps))
	for i, c := range caps {
		all[i] = c.Name
	}
	return strings.Join(all, ", ")
}

package host

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// capability is one bit of the effective set.
type capability struct {
	bit  uint
	name string
	use  string // what tunbench needs it for
}

// requiredCapabilities are those without which no measurement can run.
func requiredCapabilities() []capability {
	return []capability{
		{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN", "make devices, links and routes"},
		{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "make network namespaces"},
	}
}

// lacking returns the required capabilities that are not in the effective set
// of this process.
func (m machine) lacking() ([]capability, error) {
	effective, err := m.effective()
	if err != nil {
		return nil, err
	}
	var none []capability
	for _, c := range requiredCapabilities() {
		if effective&(1<<c.bit) == 0 {
			none = append(none, c)
		}
	}
	return none, nil
}

// effective is the CapEff line of proc_pid_status(5).
func (m machine) effective() (uint64, error) {
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
func (m machine) statusLine(key string) (string, error) {
	status, err := m.read("proc/self/status")
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

func (m machine) privileges() Check {
	const name = "privileges"
	none, err := m.lacking()
	if err != nil {
		return unknown(name, "%v", err)
	}
	if len(none) == 0 {
		return ok(name, names(requiredCapabilities()))
	}
	uses := make([]string, len(none))
	for i, c := range none {
		uses[i] = c.use
	}
	return missing(name, "no "+names(none), "cannot "+strings.Join(uses, " or "), "run as root")
}

func names(caps []capability) string {
	all := make([]string, len(caps))
	for i, c := range caps {
		all[i] = c.name
	}
	return strings.Join(all, ", ")
}

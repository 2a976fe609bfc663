package host

import "fmt"

// Unfit says that this host or user cannot run a measurement. It is the error
// behind exit code 5.
type Unfit struct {
	Missing string // what is not there, as in "CAP_NET_ADMIN"
	Remedy  string // what to do about it, an imperative
}

// Error is one sentence with the remedy.
func (u *Unfit) Error() string {
	return fmt.Sprintf("this needs %s: %s", u.Missing, u.Remedy)
}

// Require returns nil when measurements can run here, or an *Unfit that names
// the first thing missing: the effective capabilities CAP_NET_ADMIN and
// CAP_SYS_ADMIN, or /dev/net/tun.
func Require() error { return local().require() }

func (m machine) require() error {
	none, err := m.lacking()
	if err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	if len(none) > 0 {
		return &Unfit{Missing: names(none), Remedy: "run as root"}
	}
	if err := m.openTUN(); err != nil {
		return &Unfit{Missing: fmt.Sprintf("/dev/net/tun (%s)", cause(err)), Remedy: tunRemedy(err)}
	}
	return nil
}

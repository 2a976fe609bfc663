package testbed

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Probe tries whether scenes can be set up here: it makes a namespace and removes it again.
// It returns nil or what Up would. While the process has a Testbed it does nothing.
func Probe() (err error) {
	pid := strconv.Itoa(os.Getpid())
	lock, err := holdLock(pid)
	if err != nil {
		return fmt.Errorf("make a testbed: %w", err)
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	ns, err := newNamespace(namespaceName(pid, roleA))
	switch {
	case errors.Is(err, ErrNameTaken):
		return nil
	case err != nil:
		return fmt.Errorf("make a testbed: %w", err)
	}
	defer func() { err = errors.Join(err, ns.remove()) }()
	if err := ns.setSysctls(sceneSysctls(roleA, Config{})); err != nil {
		return fmt.Errorf("make a testbed: %w", err)
	}
	return nil
}

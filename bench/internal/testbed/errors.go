package testbed

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// ErrUnsettled means that packets were still moving when Settle or AtRest ran out
// of time.
var ErrUnsettled = errors.New("counters still move")

// ErrNameTaken means that a namespace which Up would create is there already and
// belongs to a live process: usually another Testbed of this process.
var ErrNameTaken = errors.New("network namespace exists and is in use")

// ConfigError names the field of a Config that cannot be used as it is.
type ConfigError struct {
	Field string // name of the field in Config
	Value string // what it holds
	Want  string // what is allowed
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("testbed %s %q: want %s", e.Field, e.Value, e.Want)
}

// UnsupportedError means that this kernel lacks something a Config asks for.
type UnsupportedError struct {
	Feature string // for example "qdisc fq_codel"
	Err     error  // what the kernel answered
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("this kernel has no %s: %v", e.Feature, e.Err)
}

// Unwrap returns the kernel's answer.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// Is says that it is host.ErrCannot.
func (e *UnsupportedError) Is(target error) bool { return target == host.ErrCannot }

// refused reports whether err is a permission that is missing or a file system that is
// read-only.
func refused(err error) bool {
	return errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}

// refusedRun says what helps where nothing can be written below /run.
func refusedRun(err error) error {
	if !refused(err) {
		return err
	}
	return &host.Unfit{
		Missing: fmt.Sprintf("a /run that can be written to (%v)", err),
		Remedy:  "run as root, or give it a /run of its own (unshare -m; mount -t tmpfs tmpfs /run)",
	}
}

// refusedMount says what helps where a namespace cannot be bound to a name.
func refusedMount(err error) error {
	if !refused(err) {
		return err
	}
	return &host.Unfit{
		Missing: fmt.Sprintf("to be allowed to mount below /run (%v)", err),
		Remedy:  "run as root, or in a mount namespace of its own with its own /run (unshare -Urm; mount -t tmpfs tmpfs /run)",
	}
}

// refusedSysctl says what helps where the settings of a namespace cannot be written.
func refusedSysctl(err error) error {
	if !refused(err) {
		return err
	}
	return &host.Unfit{
		Missing: fmt.Sprintf("a /proc/sys that can be written to (%v)", err),
		Remedy:  "run as root; in a container with CAP_SYS_ADMIN and without a profile of AppArmor that refuses mounts, or --privileged",
	}
}

// ChangedError says that something of the scene was changed while it was in use, by none
// of those who made it: what was measured meanwhile is of two scenes.
type ChangedError struct{ Changes []string }

func (e *ChangedError) Error() string {
	return "somebody changed devices of the scene during the trial (measure again): " + strings.Join(e.Changes, "; ")
}

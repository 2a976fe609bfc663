package testbed

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ownProc gives the current thread a /proc that it can write to, where that of the process is read-only, as in a container that is not privileged.
// The thread gets a mount namespace of its own, and must die.
func ownProc() error {
	var at unix.Statfs_t
	if err := unix.Statfs("/proc/sys", &at); err != nil || at.Flags&unix.ST_RDONLY == 0 {
		return nil // whoever opens a file there says what is wrong
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("leave mount namespace: %w", err)
	}
	// Slave: what is unmounted outside is unmounted here, and nothing of this is seen outside.
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("make mounts slaves: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	return nil
}

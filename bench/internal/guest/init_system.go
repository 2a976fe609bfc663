package guest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mounts are what a Linux system has when a user logs in, as far as tunbench looks at it.
var mounts = []struct{ kind, at, options string }{
	{"proc", "/proc", ""},
	{"sysfs", "/sys", ""},
	{"devtmpfs", "/dev", ""},
	{"tmpfs", "/run", "mode=755"},
	{"tmpfs", "/tmp", ""},
	{"cgroup2", "/sys/fs/cgroup", ""},
	{"bpf", "/sys/fs/bpf", ""},
	{"tracefs", "/sys/kernel/tracing", ""},
}

// mountAll mounts what it can and returns what it could not: an old or small kernel lacks some.
func mountAll() (missing []error) {
	for _, m := range mounts {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			missing = append(missing, fmt.Errorf("make folder for %s: %w", m.kind, err))
			continue
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.options); err != nil {
			missing = append(missing, fmt.Errorf("mount %s on %s: %w", m.kind, m.at, err))
		}
	}
	return missing
}

// settle gives the machine a name, and this program the one that scripts call it by.
func settle() (missing []error) {
	if err := os.Symlink(initPath, programDir+"/tunbench"); err != nil {
		missing = append(missing, err)
	}
	if err := unix.Sethostname([]byte("guest")); err != nil {
		missing = append(missing, fmt.Errorf("set host name: %w", err))
	}
	return missing
}

// loadModules loads modules in their order and returns what failed. One whose own need failed says so itself.
func loadModules(names []string) (missing []error) {
	for _, name := range names {
		if err := loadModule(name); err != nil {
			missing = append(missing, fmt.Errorf("load module %s: %w", name, err))
		}
	}
	return missing
}

func loadModule(name string) error {
	path := moduleFile(name)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && err != unix.EEXIST {
		return err
	}
	return os.Remove(path) // it is in memory twice until then
}

package host

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// Machine is a view of the files under /proc, /sys, /dev and /run below Root,
// so that tests can lay out a machine of their own.
type Machine struct{ Root string }

// Local is the machine that this process runs on.
func Local() Machine { return Machine{Root: "/"} }

// Path is where a file given relative to the root, such as "proc/stat", lies.
func (m Machine) Path(name string) string { return filepath.Join(m.Root, name) }

// Read returns the content of a file without surrounding white space.
func (m Machine) Read(name string) (string, error) {
	data, err := os.ReadFile(m.Path(name))
	if err != nil {
		return "", err
	}
	return strings.Trim(string(data), " \t\n\x00"), nil
}

// ReadAll returns the content of every readable file that a pattern of
// filepath.Match matches, keyed by path relative to the root.
func (m Machine) ReadAll(pattern string) map[string]string {
	found := map[string]string{}
	// The only error of Glob is a malformed pattern, and ours are constants.
	paths, _ := filepath.Glob(m.Path(pattern))
	for _, path := range paths {
		name, err := filepath.Rel(m.Root, path)
		if err != nil {
			continue
		}
		if text, err := m.Read(name); err == nil {
			found[name] = text
		}
	}
	return found
}

// exists reports whether there is a file or folder of that name.
func (m Machine) exists(name string) bool {
	_, err := os.Stat(m.Path(name))
	return err == nil
}

// Procfs is the proc file system of the machine.
func (m Machine) Procfs() (procfs.FS, error) { return procfs.NewFS(m.Path("proc")) }

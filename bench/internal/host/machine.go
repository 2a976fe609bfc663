package host

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// machine is a view of the files under /proc, /sys, /dev and /run below root,
// so that tests can lay out a machine of their own.
type machine struct{ root string }

// local is the machine this process runs on.
func local() machine { return machine{root: "/"} }

// path is where a file given relative to the root, such as "proc/stat", lies.
func (m machine) path(name string) string { return filepath.Join(m.root, name) }

// read returns the content of a file without surrounding white space.
func (m machine) read(name string) (string, error) {
	data, err := os.ReadFile(m.path(name))
	if err != nil {
		return "", err
	}
	return strings.Trim(string(data), " \t\n\x00"), nil
}

// readAll returns the content of every readable file a pattern matches, keyed
// by path relative to the root.
func (m machine) readAll(pattern string) map[string]string {
	found := map[string]string{}
	// The only error of Glob is a malformed pattern, and ours are constants.
	paths, _ := filepath.Glob(m.path(pattern))
	for _, path := range paths {
		name, err := filepath.Rel(m.root, path)
		if err != nil {
			continue
		}
		if text, err := m.read(name); err == nil {
			found[name] = text
		}
	}
	return found
}

// exists reports whether there is a file or folder of that name.
func (m machine) exists(name string) bool {
	_, err := os.Stat(m.path(name))
	return err == nil
}

func (m machine) procfs() (procfs.FS, error) { return procfs.NewFS(m.path("proc")) }

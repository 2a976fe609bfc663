package independent

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"tunbench/bench/internal/host"
)

// Program is a generator of others.
type Program struct {
	Name    string // of the command, and in gen=
	Package string // of Debian
}

// Iperf3Program is iperf3: https://software.es.net/iperf/.
func Iperf3Program() Program { return Program{Name: "iperf3", Package: "iperf3"} }

// SockperfProgram is sockperf: https://github.com/Mellanox/sockperf.
func SockperfProgram() Program { return Program{Name: "sockperf", Package: "sockperf"} }

// Programs lists all of them.
func Programs() []Program { return []Program{Iperf3Program(), SockperfProgram()} }

// versionPatience is how long a program may take to say its version.
const versionPatience = 10 * time.Second

// Installed is a program that was found on this host.
type Installed struct {
	Program
	Path    string
	Version string // such as 3.12
}

// Find looks for the program. The error is a [host.UnsupportedError] that names the package if it is not installed.
func (p Program) Find(ctx context.Context) (Installed, error) {
	path, err := exec.LookPath(p.Name)
	if err != nil {
		return Installed{}, &host.UnsupportedError{Feature: "gen=" + p.Name, Remedy: "install the Debian package " + p.Package, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return Installed{}, fmt.Errorf("ask %s for its version: %w: %s", path, err, lastLines(string(text)))
	}
	version, err := versionIn(string(text))
	if err != nil {
		return Installed{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	return Installed{p, path, version}, nil
}

// versionIn is the first word of a text that begins with a digit.
func versionIn(text string) (string, error) {
	for word := range strings.FieldsSeq(text) {
		if word[0] >= '0' && word[0] <= '9' {
			return word, nil
		}
	}
	return "", fmt.Errorf("it says %q, without a number", lastLines(text))
}

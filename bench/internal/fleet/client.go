package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tunbench/bench/internal/campaign"
)

// ToolError says that the client of an engine is not on this machine.
type ToolError struct {
	Name   string // of the program
	Remedy string
}

func (e *ToolError) Error() string {
	return fmt.Sprintf("%s is not in the PATH: %s", e.Name, e.Remedy)
}

// usage is the error of a request or a folder that cannot be understood or obeyed.
func usage(format string, args ...any) error {
	return &campaign.UsageError{Err: fmt.Errorf(format, args...)}
}

// clientRemedies say where the client of an engine is found.
var clientRemedies = map[string]string{
	"sbatch":  "submit from a machine that belongs to the cluster (Debian: slurm-client)",
	"squeue":  "ask from a machine that belongs to the cluster (Debian: slurm-client)",
	"kubectl": "install it, and give it a cluster (KUBECONFIG)",
	"ssh":     "install it (Debian: openssh-client)",
}

// clientError is a client that ended with an error.
type clientError struct {
	name string
	code int
	said string // its standard error
}

func (e *clientError) Error() string {
	said := strings.TrimSpace(e.said)
	if lines := strings.Split(said, "\n"); len(lines) > 3 {
		said = strings.Join(lines[len(lines)-3:], "; ")
	}
	if said == "" {
		said = fmt.Sprintf("exit code %d", e.code)
	}
	return e.name + ": " + strings.ReplaceAll(said, "\n", "; ")
}

// kubeconfig is an environment in which kubectl, started in another folder, finds the same files.
func kubeconfig(env []string) []string {
	const key = "KUBECONFIG="
	for i, variable := range env {
		if !strings.HasPrefix(variable, key) {
			continue
		}
		paths := filepath.SplitList(variable[len(key):])
		for k, path := range paths {
			if absolute, err := filepath.Abs(path); err == nil && path != "" {
				paths[k] = absolute
			}
		}
		env[i] = key + strings.Join(paths, string(filepath.ListSeparator))
	}
	return env
}

// waitDelay is how long a client that was stopped may keep us.
const waitDelay = 2 * time.Second

// client runs the client of an engine in dir and returns its standard output; "" is the current folder. stdin may be nil. An end with an exit
// code is a [*clientError].
func client(ctx context.Context, dir string, stdin io.Reader, name string, args ...string) ([]byte, error) {
	if _, err := exec.LookPath(name); err != nil {
		return nil, &ToolError{Name: name, Remedy: clientRemedies[name]}
	}
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	if dir != "" {
		cmd.Env = kubeconfig(os.Environ())
	}
	cmd.WaitDelay = waitDelay // what it started may hold its pipes
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, stdin, &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return stdout.Bytes(), &clientError{name: name, code: exit.ExitCode(), said: stderr.String()}
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return stdout.Bytes(), nil
}

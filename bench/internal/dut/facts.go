package dut

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"tunbench/bench/internal/program"
)

// facts are what is known of a program before it runs.
type facts struct {
	sha256  string // of the executable
	version string // as it says; "" if it cannot be asked
}

// known are the facts of executables that were looked at, by path, size and time of change.
var known sync.Map

// lookAt finds the executable and asks it for its version. A command that cannot be found is an error here, with its path, rather than when it
// is started.
func lookAt(ctx context.Context, file *program.File) (facts, error) {
	path, err := exec.LookPath(file.Args(program.Place{})[0])
	if err != nil {
		err = fmt.Errorf("find the command of %s (%s): %w", file.Name, file.Path, err)
		if len(file.Build) > 0 {
			err = fmt.Errorf("%w: build it first: %s, in %s", err, strings.Join(file.Build, " "), file.Folder())
		}
		return facts{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return facts{}, fmt.Errorf("look at %s: %w", path, err)
	}
	key := fmt.Sprint(path, info.Size(), info.ModTime(), file.Version)
	if f, ok := known.Load(key); ok {
		return f.(facts), nil
	}
	f := facts{version: file.AskVersion(ctx)}
	if f.sha256, err = sumOf(path); err != nil {
		return facts{}, err
	}
	known.Store(key, f)
	return f, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read executable: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read executable: %w", err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

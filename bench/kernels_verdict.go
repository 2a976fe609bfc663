package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tunbench/bench/internal/guest"
	"tunbench/results"
)

// kernelRow is what the table says about one kernel.
type kernelRow struct {
	Name    string
	Package string
	Outcome *guest.Outcome
	Err     error // it did not come to its end
}

// kernelsFailed is a table in which not every command succeeded on every kernel.
type kernelsFailed struct {
	what string
	code int
}

func (e *kernelsFailed) Error() string { return e.what }

// kernelsVerdict is nil if all went well. Of several exit codes the one counts that weighs most: a failure more than what a kernel
// cannot do.
func kernelsVerdict(rows []kernelRow) error {
	var codes []int
	failed := 0
	for _, r := range rows {
		before := len(codes)
		if r.Err != nil {
			codes = append(codes, exitCode(r.Err))
		}
		for _, c := range r.Outcome.Commands {
			switch {
			case panicked(c):
				codes = append(codes, exitFailure)
			case c.Ended && c.Code != exitSuccess:
				codes = append(codes, c.Code)
			}
		}
		if len(codes) > before {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	code := exitFailure
	for _, known := range []int{exitUsage, exitRegression, exitInconclusive, exitUnsupported} {
		if !slices.ContainsFunc(codes, func(c int) bool { return c != known }) {
			code = known
		}
	}
	return &kernelsFailed{fmt.Sprintf("not all succeeded on %d of %s", failed, results.Count(len(rows), "kernel")), code}
}

// keep writes what came of a kernel into a new folder: a folder per command with its output and its files.
func (r *kernelRow) keep(dir string) error {
	for i, c := range r.Outcome.Commands {
		folder := filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(c.Words[0])))
		if !c.Ended && len(c.Stdout)+len(c.Stderr)+len(c.Files) == 0 {
			continue
		}
		files := map[string][]byte{"stdout": c.Stdout, "stderr": c.Stderr}
		maps.Copy(files, c.Files)
		for name, content := range files {
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return fmt.Errorf("keep results: %w", err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return fmt.Errorf("keep results: %w", err)
			}
		}
	}
	if r.Err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep results: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "error"), []byte(r.Err.Error()+"\n"), 0o644)
}

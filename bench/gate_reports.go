package main

import (
	"errors"
	"fmt"

	"tunbench/bench/internal/gate"
)

// reports are the files that a gate or a check writes.
type reports struct{ markdown, junit *gate.File }

func createReports(markdown, junit string) (r reports, err error) {
	if markdown != "" && markdown == junit {
		return r, &usageError{fmt.Errorf("--markdown %s --junit %s: want two files", markdown, junit)}
	}
	if r.markdown, err = gate.CreateFile(markdown); err != nil {
		return r, err
	}
	if r.junit, err = gate.CreateFile(junit); err != nil {
		return r, errors.Join(err, r.discard())
	}
	return r, nil
}

func (r reports) commit(report gate.Report) error {
	markdown, err := report.Markdown()
	if err != nil {
		return err
	}
	junit, err := report.JUnit()
	if err != nil {
		return err
	}
	return errors.Join(r.markdown.Commit([]byte(markdown)), r.junit.Commit(junit))
}

func (r reports) discard() error { return errors.Join(r.markdown.Discard(), r.junit.Discard()) }

package main

import (
	"errors"
	"fmt"

	"tunbench/bench/internal/gate"
)

// reports are the files that a gate writes.
type reports struct{ markdown, junit *gate.File }

func createReports(o gateOptions) (r reports, err error) {
	if o.markdown != "" && o.markdown == o.junit {
		return r, &usageError{fmt.Errorf("--markdown %s --junit %s: want two files", o.markdown, o.junit)}
	}
	if r.markdown, err = gate.CreateFile(o.markdown); err != nil {
		return r, err
	}
	if r.junit, err = gate.CreateFile(o.junit); err != nil {
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

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/gate"
	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// gateMerged says what the gates of many machines come to.
func (con *console) gateMerged(o gateOptions, flags *pflag.FlagSet, words []string) (err error) {
	if other := anyOf(flags, "merged", "markdown", "junit", "json"); other != "" || len(words) > 0 {
		return &usageError{errors.New("--merged reads what was measured: with no words, and no flags but --markdown, --junit and --json")}
	}
	file, err := results.ReadFile(o.merged)
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	if file.Merge == nil {
		return &usageError{fmt.Errorf("--merged %s: not a merged file: tunbench merge makes one, tunbench report shows this one", o.merged)}
	}
	together := analysis.FleetGateOf(file)
	if together == nil {
		return &usageError{fmt.Errorf("--merged %s: %w", o.merged, errNoGate)}
	}
	reports, err := createReports(o.markdown, o.junit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reports.Discard()) }()
	if o.json {
		for _, on := range together.On {
			if on.Gate != nil {
				err = errors.Join(err, results.Print(con.stdout, *on.Gate))
			}
		}
	} else {
		err = con.printTable(file)
	}
	if err != nil {
		return err
	}
	markdown, err := report.Table(file, report.Options{Markdown: true})
	if err != nil {
		return err
	}
	junit, err := gate.FleetJUnit(together)
	if err != nil {
		return err
	}
	if err := reports.CommitTexts(fmt.Sprintf("**tunbench gate: %s**\n\n%s", report.EscapeMarkdown(report.FleetGateHeadline(together)), markdown), junit); err != nil {
		return err
	}
	switch together.Verdict {
	case results.GateWorse:
		return fmt.Errorf("gate: %w", errRegression)
	case results.GateFailed:
		return fmt.Errorf("gate: the candidate %w", errCandidateFailed)
	case results.GateInconclusive:
		return fmt.Errorf("gate: %w", errInconclusive)
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"strings"

	"tunbench/results"
	"tunbench/results/report"
)

// reportAgainst prints a run as ratios of the scenarios with some words to all others.
func (con *console) reportAgainst(o oneMachine, paths []string, words string, markdown bool) error {
	if len(paths) > 1 {
		return &usageError{fmt.Errorf("%d files: --against prints one", len(paths))}
	}
	var base []results.Setting
	for word := range strings.FieldsSeq(words) {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return &usageError{fmt.Errorf("--against %q: want key=value words, such as dut=forwarder", words)}
		}
		base = append(base, results.Setting{Key: key, Value: value})
	}
	if len(base) == 0 {
		return &usageError{errors.New("--against: want key=value words, such as dut=forwarder")}
	}
	file, err := o.readOne(paths[0])
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	options := con.tableOptions()
	if markdown {
		options = report.Options{Markdown: true}
	}
	text, err := report.Against(file, base, options)
	if err != nil {
		return fmt.Errorf("report --against: %w", err)
	}
	return con.printText(text)
}

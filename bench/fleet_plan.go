package main

import (
	"fmt"
	"os"

	"tunbench/bench/internal/campaign"
)

// plannedText is a plan file as a fleet takes it.
type plannedText struct {
	text   []byte
	hash   string
	what   string // kind of measurement
	shards int    // machines that the file says it is for; 0 is not said
}

// readPlan reads a plan file, which other machines will read as it is.
func readPlan(path string) (p plannedText, err error) {
	if p.text, err = os.ReadFile(path); err != nil {
		return p, &usageError{fmt.Errorf("plan: %w", err)}
	}
	file, err := campaign.ParsePlan(p.text)
	if err != nil {
		return p, &usageError{fmt.Errorf("plan %s: %w", path, err)}
	}
	p.what, p.shards = file.Plan.Kind(), file.Shards
	p.hash, err = campaign.Hash(file.Plan)
	return p, err
}
